//! Errors of tables with what can be done about them, in the words of the command: its flags.

use deltarule_tabular::{Error, Hint};

use crate::shell::typed;

/// The error, and which flag may help.
pub(crate) fn worded(error: &Error) -> String {
    let advice = match error.hint() {
        Some(Hint::HeaderMayBeData) => {
            "the first line holds only numbers: if it is data, say --no-header".to_string()
        }
        Some(Hint::Delimiter('\t')) => "try --delimiter tab".to_string(),
        Some(Hint::Delimiter(delimiter)) => format!("try --delimiter '{delimiter}'"),
        Some(Hint::Encoding) => "name the encoding, for example --encoding latin1".to_string(),
        Some(Hint::Categories { column }) => {
            let column = typed(column, "_-.");
            format!("leave it out with --drop {column}, or allow more with --categories")
        }
        Some(Hint::UnsupportedColumn { .. }) => {
            "leave it out of the training with --drop, or convert it".to_string()
        }
        Some(Hint::PredictNumbers) => "--task regression predicts numbers".to_string(),
        // The option is what is wrong, and nothing in the table.
        Some(Hint::ClassWeights) => {
            return "--class-weight balanced is for classification only".to_string();
        }
        Some(Hint::KeepHoldout) => {
            "leave --holdout out, or test on other rows with --test FILE".to_string()
        }
        Some(Hint::KeepSeed) => {
            "leave --seed out, or test on other rows with --test FILE".to_string()
        }
        Some(Hint::TestTable) => {
            "train on all of it with --test FILE, which names the rows to test on".to_string()
        }
        Some(_) | None => return error.to_string(),
    };
    format!("{error}; {advice}")
}
