//! One type of the rules that there are, and a loop of each in the kernels.

/// Makes the type, and `each_rule!`, from the list of the rules.
macro_rules! rules {
    ($d:tt $($(#[doc = $doc:literal])+ $name:ident($step:ident),)+) => {
        /// The rule of one step.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) enum UpdateRule {
            $($(#[doc = $doc])+ $name($step),)+
        }

        $(impl From<$step> for UpdateRule {
            fn from(step: $step) -> Self {
                Self::$name(step)
            }
        })+

        /// The same text for each rule, compiled without a choice inside.
        macro_rules! each_rule {
            ($d rule:expr, $d step:ident => $d code:expr) => {
                match $d rule {
                    $(UpdateRule::$name($d step) => $d code,)+
                }
            };
        }
        pub(crate) use each_rule;
    };
}
pub(super) use rules;
