//! The wrong rules that marking knows.

use std::fmt;
use std::str::FromStr;

macro_rules! rules {
    ($(#[doc = $doc:literal] $name:ident = $id:literal,)*) => {
        /// A way to go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum WrongRule { $(#[doc = $doc] $name,)* }

        impl WrongRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The identifier, as files and options spell it.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What was done, in a line.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => $doc.trim_ascii(),)* }
            }
        }
    };
}

rules! {
    /// The weights of a layer were updated before the delta of the layer below was computed with them.
    OutputWeightsUpdatedFirst = "output_weights_updated_first",
    /// The step goes up the gradient.
    UpdateSign = "update_sign",
    /// δ has the other sign, and the update does not make up for it.
    DeltaSign = "delta_sign",
    /// x δᵀ for δ xᵀ.
    GradientTransposed = "gradient_transposed",
    /// The gradient of the weights with the output of another layer, or without one.
    WrongLayerOutput = "wrong_layer_output",
    /// The delta of a hidden layer with the weights of another layer.
    WrongLayerWeights = "wrong_layer_weights",
    /// w δ for wᵀ δ.
    WeightsNotTransposed = "weights_not_transposed",
    /// The delta of the outputs without f′.
    MissingOutputDerivative = "missing_output_derivative",
    /// The delta of a hidden layer without f′.
    MissingHiddenDerivative = "missing_hidden_derivative",
    /// f′(x) for f′(z).
    DerivativeAtOutput = "derivative_at_output",
    /// x (1 − x) for another activation.
    SigmoidDerivativeForOther = "sigmoid_derivative_for_other",
    /// 1 − tanh z for 1 − tanh² z.
    TanhDerivativeUnsquared = "tanh_derivative_unsquared",
    /// Only the diagonal of the softmax Jacobian.
    SoftmaxJacobianDiagonal = "softmax_jacobian_diagonal",
    /// A factor ½, 2, 1/n or n of the loss dropped or added.
    LossFactor = "loss_factor",
    /// The mean over the examples where the sum was asked for.
    MeanForSum = "mean_for_sum",
    /// The sum over the examples where the mean was asked for.
    SumForMean = "sum_for_mean",
    /// A step without η.
    LearningRateMissing = "learning_rate_missing",
    /// z = w x without b.
    BiasMissingInZ = "bias_missing_in_z",
    /// The biases stayed as they were.
    BiasNotUpdated = "bias_not_updated",
    /// The biases moved although they are frozen.
    BiasUpdatedWhenFrozen = "bias_updated_when_frozen",
    /// ∂E/∂b = δ x for δ.
    BiasGradientTimesInput = "bias_gradient_times_input",
    /// The output delta of another loss.
    DeltaOfOtherLoss = "delta_of_other_loss",
    /// An update after every example where a joint one was asked for.
    OnlineForBatch = "online_for_batch",
    /// A joint update where one after every example was asked for.
    BatchForOnline = "batch_for_online",
    /// The part began with other parameters than it says.
    WrongStart = "wrong_start",
    /// The loss before the update in place of the one after it.
    LossBeforeForAfter = "loss_before_for_after",
    /// x = z.
    ActivationMissing = "activation_missing",
    /// Earlier values rounded to fewer digits than the answer has.
    RoundedIntermediates = "rounded_intermediates",
    /// z from the net inputs of the layer below.
    NetInputForOutput = "net_input_for_output",
    /// z from the inputs of the network, in a layer above the first.
    InputsForOutput = "inputs_for_output",
    /// wᵀ x for w x.
    WeightsTransposedForward = "weights_transposed_forward",
    /// The bias subtracted.
    BiasSubtracted = "bias_subtracted",
    /// The bias more than once.
    BiasAddedTwice = "bias_added_twice",
    /// A minus sign that got lost.
    SignLost = "sign_lost",
    /// Another function in the place of the activation, or of the logarithm.
    OtherFunction = "other_function",
    /// The delta of a hidden layer without the weights.
    WeightsLeftOut = "weights_left_out",
    /// x − t sent back in the place of δ.
    ErrorForDelta = "error_for_delta",
    /// Gradients sent back in the place of w δ.
    SumOfGradients = "sum_of_gradients",
    /// Something else than f′(z), such as a part of it.
    DerivativeCutShort = "derivative_cut_short",
    /// The target of another output or example.
    OtherTarget = "other_target",
    /// What belongs to another unit.
    OtherUnit = "other_unit",
    /// A step by δ without x.
    StepWithoutInput = "step_without_input",
    /// The change in the place of the new value.
    ChangeForNewValue = "change_for_new_value",
    /// The parameters as they were before the update.
    NotUpdated = "not_updated",
    /// What the optimiser remembered left out.
    MomentumLeftOut = "momentum_left_out",
    /// Adam's moments without their correction, or with another than their own.
    CorrectionMissing = "correction_missing",
    /// Another learning rate than the exercise's.
    OtherLearningRate = "other_learning_rate",
    /// A number of the exercise copied wrongly.
    CopiedWrongly = "copied_wrongly",
    /// A formula changed in one place that has no name of its own.
    Edit = "edit",
    /// So few digits that the number says nothing.
    TooFewDigits = "too_few_digits",
    /// A quantity in another shape than it has.
    WrongShape = "wrong_shape",
    /// One entry wrong, everything else consistent.
    ArithmeticSlip = "arithmetic_slip",
}

impl fmt::Display for WrongRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for WrongRule {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.id() == id)
            .ok_or_else(|| format!("unknown rule {id:?}"))
    }
}
