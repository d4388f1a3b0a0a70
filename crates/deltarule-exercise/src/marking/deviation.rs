//! The wrong rules in every variant that can make a difference in a part.

use deltarule::trace::Reduction;
use deltarule::{Activation, Loss, Network, Optimizer};

use super::edit::Edit;
use super::precision::{Rounded, Rounding};
use super::rule::WrongRule;
use crate::exercise::{Exercise, Mode, Part, Task};

/// A rule in one of its variants; layers count from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Deviation {
    OutputWeightsUpdatedFirst,
    UpdateSign,
    DeltaSign,
    GradientTransposed,
    WrongLayerOutput(GradientInput),
    WrongLayerWeights {
        layer: usize,
        transposed: bool,
    },
    WeightsNotTransposed,
    MissingOutputDerivative,
    MissingHiddenDerivative,
    DerivativeAtOutput(Scope),
    SigmoidDerivativeForOther(Scope, At),
    TanhDerivativeUnsquared(Scope),
    SoftmaxJacobianDiagonal,
    /// The loss or its delta, or both, times this.
    LossFactor {
        factor: f64,
        of: Factor,
    },
    MeanForSum(Divided),
    SumForMean(Divided),
    LearningRateMissing,
    BiasMissingInZ(Scope),
    BiasNotUpdated(Scope),
    BiasUpdatedWhenFrozen,
    BiasGradientTimesInput(Input),
    DeltaOfOtherLoss(OtherDelta),
    OnlineForBatch(Shown),
    BatchForOnline,
    /// The parameters that the part with this index ended with, or the initial ones.
    WrongStart(Option<usize>),
    LossBeforeForAfter,
    ActivationMissing(Scope),
    RoundedIntermediates(Rounding, Rounded),
    /// A formula changed in one place.
    Edit(Edit),
    /// A number of the exercise read as another.
    Given(GivenNumber, f64),
}

/// A number that an exercise gives; layers, units and examples are counted from 0, but for layers, which are from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GivenNumber {
    Weight { layer: usize, unit: usize, below: usize },
    Bias { layer: usize, unit: usize },
    Input { example: usize, input: usize },
    Target { example: usize, output: usize },
    LearningRate,
}

/// What stands in the gradient of the weights in place of the output of the layer below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GradientInput {
    /// Nothing: δ alone.
    Ones,
    /// The net input of the layer below.
    NetInput,
    /// The output of the layer itself.
    Own,
    /// The output of the layer with this number, 0 being the inputs.
    Layer(usize),
}

/// Which layers it happens in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    Hidden,
    Output,
    /// This layer alone.
    Only(usize),
}

/// Where the derivative of the sigmoid is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// x (1 − x) with the output of the layer.
    Output,
    /// σ(z) (1 − σ(z))
    NetInput,
}

impl Scope {
    pub(super) fn holds(self, layer: usize, depth: usize) -> bool {
        match self {
            Self::All => true,
            Self::Hidden => layer < depth,
            Self::Output => layer == depth,
            Self::Only(only) => layer == only,
        }
    }
}

/// What a factor is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Factor {
    Both,
    Loss,
    Delta,
}

/// What is divided by the number of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Divided {
    /// The loss and the gradients.
    LossAndGradients,
    /// The gradients, but not the loss.
    Gradients,
    /// The loss, but not the gradients.
    Loss,
    /// The deltas already, and so the gradients, and the loss.
    Deltas,
    /// The step, but not the gradients as they are shown.
    Step,
}

/// What the bias gradient is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The sum of all outputs of the layer below.
    Sum,
    /// Their mean.
    Mean,
    /// One of them, counted from 0.
    One(usize),
    /// The one with the unit's own number.
    SameUnit,
    /// The unit's own output.
    OwnOutput,
}

/// The output delta in place of the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherDelta {
    /// x − t, which belongs to the natural pairs.
    Difference,
    /// (x − t) f′ of each output on its own: the squared error's, with the diagonal only where outputs are coupled.
    DifferenceTimesSlope,
    /// That of this loss with the outputs as they are.
    Of(Loss),
}

/// What an answer shows as the gradient when updates were made one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The sum of the gradients.
    Sum,
    /// The gradient of the last example.
    Last,
}

impl Deviation {
    /// The rule it is a variant of.
    pub(super) fn rule(&self) -> WrongRule {
        match self {
            Self::OutputWeightsUpdatedFirst => WrongRule::OutputWeightsUpdatedFirst,
            Self::UpdateSign => WrongRule::UpdateSign,
            Self::DeltaSign => WrongRule::DeltaSign,
            Self::GradientTransposed => WrongRule::GradientTransposed,
            Self::WrongLayerOutput(_) => WrongRule::WrongLayerOutput,
            Self::WrongLayerWeights { .. } => WrongRule::WrongLayerWeights,
            Self::WeightsNotTransposed => WrongRule::WeightsNotTransposed,
            Self::MissingOutputDerivative => WrongRule::MissingOutputDerivative,
            Self::MissingHiddenDerivative => WrongRule::MissingHiddenDerivative,
            Self::DerivativeAtOutput(_) => WrongRule::DerivativeAtOutput,
            Self::SigmoidDerivativeForOther(..) => WrongRule::SigmoidDerivativeForOther,
            Self::TanhDerivativeUnsquared(_) => WrongRule::TanhDerivativeUnsquared,
            Self::SoftmaxJacobianDiagonal => WrongRule::SoftmaxJacobianDiagonal,
            Self::LossFactor { .. } => WrongRule::LossFactor,
            Self::MeanForSum(_) => WrongRule::MeanForSum,
            Self::SumForMean(_) => WrongRule::SumForMean,
            Self::LearningRateMissing => WrongRule::LearningRateMissing,
            Self::BiasMissingInZ(_) => WrongRule::BiasMissingInZ,
            Self::BiasNotUpdated(_) => WrongRule::BiasNotUpdated,
            Self::BiasUpdatedWhenFrozen => WrongRule::BiasUpdatedWhenFrozen,
            Self::BiasGradientTimesInput(_) => WrongRule::BiasGradientTimesInput,
            Self::DeltaOfOtherLoss(_) => WrongRule::DeltaOfOtherLoss,
            Self::OnlineForBatch(_) => WrongRule::OnlineForBatch,
            Self::BatchForOnline => WrongRule::BatchForOnline,
            Self::WrongStart(_) => WrongRule::WrongStart,
            Self::LossBeforeForAfter => WrongRule::LossBeforeForAfter,
            Self::ActivationMissing(_) => WrongRule::ActivationMissing,
            Self::RoundedIntermediates(..) => WrongRule::RoundedIntermediates,
            Self::Edit(edit) => edit.rule(),
            Self::Given(GivenNumber::LearningRate, _) => WrongRule::OtherLearningRate,
            Self::Given(..) => WrongRule::CopiedWrongly,
        }
    }

    /// Whether it changes how the whole part runs, and not the formula of a quantity.
    pub(super) fn is_structural(&self) -> bool {
        matches!(
            self,
            Self::OnlineForBatch(_)
                | Self::BatchForOnline
                | Self::WrongStart(_)
                | Self::RoundedIntermediates(..)
                | Self::Given(..)
        )
    }
}

/// Every deviation that may make a difference in a part, the likelier variants of a rule first; rounding apart.
pub(super) fn candidates(exercise: &Exercise, index: usize) -> Vec<Deviation> {
    let part = &exercise.parts[index];
    let network = &exercise.network;
    let mut all = Vec::new();
    starts(part, index, &mut all);
    forward(network, &mut all);
    if part.examples.iter().any(|example| example.t.is_some()) {
        loss(exercise, part, &mut all);
    }
    if matches!(part.task, Task::Gradient | Task::Update { .. }) {
        deltas(exercise, &mut all);
        gradients(network, &mut all);
    }
    if let Task::Update { optimizer, mode, .. } = part.task {
        updates(part, network, &optimizer, mode, &mut all);
    }
    all
}

fn starts(part: &Part, index: usize, all: &mut Vec<Deviation>) {
    let others = (0..index).rev().map(Some).chain([None]);
    all.extend(others.filter(|start| *start != part.start).map(Deviation::WrongStart));
}

fn forward(network: &Network<f64>, all: &mut Vec<Deviation>) {
    // Biases that begin at 0 need not stay there.
    all.extend(single_layers(network).map(Deviation::BiasMissingInZ));
    scopes(network, |_, activation| activation != Activation::Identity)
        .for_each(|scope| all.push(Deviation::ActivationMissing(scope)));
}

/// All layers, and each of them alone.
fn single_layers(network: &Network<f64>) -> impl Iterator<Item = Scope> {
    let depth = network.layers().len();
    let each = (1..=depth).filter(move |_| depth > 1);
    std::iter::once(Scope::All).chain(each.map(Scope::Only))
}

/// The scopes in which some layer fulfils a condition; all of them together are worth a try only if both kinds do.
fn scopes(
    network: &Network<f64>,
    condition: impl Fn(usize, Activation) -> bool,
) -> impl Iterator<Item = Scope> {
    let depth = network.layers().len();
    let holds = |scope: Scope| {
        let mut layers = network.layers().iter().enumerate();
        layers.any(|(l, layer)| scope.holds(l + 1, depth) && condition(l + 1, layer.activation()))
    };
    let (hidden, output) = (holds(Scope::Hidden), holds(Scope::Output));
    [(Scope::All, hidden && output), (Scope::Hidden, hidden), (Scope::Output, output)]
        .into_iter()
        .filter(|(_, useful)| *useful)
        .map(|(scope, _)| scope)
}

fn loss(exercise: &Exercise, part: &Part, all: &mut Vec<Deviation>) {
    let outputs = exercise.network.outputs() as f64;
    let mut factors = vec![2.0, 0.5];
    for factor in [1.0 / outputs, outputs, 2.0 / outputs, outputs / 2.0] {
        if factor != 1.0 && !factors.contains(&factor) {
            factors.push(factor);
        }
    }
    for factor in factors {
        for of in [Factor::Both, Factor::Delta, Factor::Loss] {
            all.push(Deviation::LossFactor { factor, of });
        }
    }
    let online = matches!(part.task, Task::Update { mode: Mode::Online, .. });
    if part.examples.len() > 1 && !online {
        match part.options.reduction {
            Reduction::Sum => {
                let all_kinds = [
                    Divided::LossAndGradients,
                    Divided::Gradients,
                    Divided::Loss,
                    Divided::Deltas,
                    Divided::Step,
                ];
                all.extend(all_kinds.map(Deviation::MeanForSum));
            }
            Reduction::Mean => {
                let all_kinds = [Divided::LossAndGradients, Divided::Gradients, Divided::Loss];
                all.extend(all_kinds.map(Deviation::SumForMean));
            }
        }
    }
}

fn deltas(exercise: &Exercise, all: &mut Vec<Deviation>) {
    let network = &exercise.network;
    let layers = network.layers();
    let depth = layers.len();
    all.push(Deviation::DeltaSign);
    all.push(Deviation::MissingOutputDerivative);
    all.push(Deviation::DeltaOfOtherLoss(OtherDelta::Difference));
    all.push(Deviation::DeltaOfOtherLoss(OtherDelta::DifferenceTimesSlope));
    // The gradients of the squared losses are those of one another but for a factor, which is a mistake of its own.
    let others: &[Loss] = if exercise.loss.is_squared() {
        &[Loss::AbsoluteError, Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Poisson]
    } else {
        &[
            Loss::SquaredError,
            Loss::CrossEntropy,
            Loss::BinaryCrossEntropy,
            Loss::AbsoluteError,
            Loss::SumSquaredError,
        ]
    };
    let output = network.output_activation();
    let admitted =
        others.iter().filter(|loss| **loss != exercise.loss && loss.admits(output).is_ok());
    all.extend(admitted.map(|loss| Deviation::DeltaOfOtherLoss(OtherDelta::Of(*loss))));
    if output == Activation::Softmax {
        all.push(Deviation::SoftmaxJacobianDiagonal);
    }
    scopes(network, |_, a| a != Activation::Identity)
        .for_each(|scope| all.push(Deviation::DerivativeAtOutput(scope)));
    // With softmax outputs x (1 − x) is the diagonal of the Jacobian, which has a name of its own.
    let other = |_, a| !matches!(a, Activation::Sigmoid | Activation::Softmax);
    for at in [At::Output, At::NetInput] {
        scopes(network, other)
            .for_each(|scope| all.push(Deviation::SigmoidDerivativeForOther(scope, at)));
    }
    scopes(network, |_, a| a == Activation::Tanh)
        .for_each(|scope| all.push(Deviation::TanhDerivativeUnsquared(scope)));
    if depth < 2 {
        return;
    }
    if layers[..depth - 1].iter().any(|layer| layer.activation() != Activation::Identity) {
        all.push(Deviation::MissingHiddenDerivative);
    }
    // (w^[l+1])ᵀ δ^[l+1] with another matrix where its shape allows it.
    let fits = |rows: usize, columns: usize, l: usize| {
        rows == layers[l].units() && columns == layers[l - 1].units()
    };
    if (1..depth).any(|l| layers[l].units() == layers[l].inputs()) {
        all.push(Deviation::WeightsNotTransposed);
    }
    for (k, layer) in layers.iter().enumerate() {
        let (units, inputs) = (layer.units(), layer.inputs());
        if (1..depth).any(|l| k != l && fits(units, inputs, l)) {
            all.push(Deviation::WrongLayerWeights { layer: k + 1, transposed: true });
        }
        if (1..depth).any(|l| k != l && fits(inputs, units, l)) {
            all.push(Deviation::WrongLayerWeights { layer: k + 1, transposed: false });
        }
    }
}

fn gradients(network: &Network<f64>, all: &mut Vec<Deviation>) {
    let layers = network.layers();
    if layers.iter().any(|layer| layer.units() == layer.inputs()) {
        all.push(Deviation::GradientTransposed);
    }
    all.push(Deviation::WrongLayerOutput(GradientInput::Ones));
    if layers.len() > 1 {
        all.push(Deviation::WrongLayerOutput(GradientInput::NetInput));
    }
    if layers.iter().any(|layer| layer.units() == layer.inputs()) {
        all.push(Deviation::WrongLayerOutput(GradientInput::Own));
    }
    let sizes = network.layer_sizes();
    for k in 0..sizes.len() {
        // The layer below layer l is l − 1; its own output is Own.
        if (1..sizes.len()).any(|l| k != l - 1 && k != l && sizes[k] == sizes[l - 1]) {
            all.push(Deviation::WrongLayerOutput(GradientInput::Layer(k)));
        }
    }
    all.extend([Input::Sum, Input::Mean].map(Deviation::BiasGradientTimesInput));
    let widest = layers.iter().map(|layer| layer.inputs()).max().unwrap_or(0);
    all.extend(
        (0..widest.min(MOST_INPUTS)).map(|j| Deviation::BiasGradientTimesInput(Input::One(j))),
    );
    all.push(Deviation::BiasGradientTimesInput(Input::SameUnit));
    all.push(Deviation::BiasGradientTimesInput(Input::OwnOutput));
}

/// The most inputs that are tried one by one as the factor of a bias gradient.
const MOST_INPUTS: usize = 8;

fn updates(
    part: &Part,
    network: &Network<f64>,
    optimizer: &Optimizer,
    mode: Mode,
    all: &mut Vec<Deviation>,
) {
    if network.layers().len() > 1 {
        all.push(Deviation::OutputWeightsUpdatedFirst);
    }
    all.push(Deviation::UpdateSign);
    all.push(Deviation::LossBeforeForAfter);
    if optimizer.get("learning_rate").is_some_and(|rate| rate != 1.0) {
        all.push(Deviation::LearningRateMissing);
    }
    if part.options.train_biases {
        all.extend(single_layers(network).map(Deviation::BiasNotUpdated));
    } else {
        all.push(Deviation::BiasUpdatedWhenFrozen);
    }
    if part.examples.len() > 1 {
        match mode {
            Mode::Batch => {
                all.extend([Shown::Sum, Shown::Last].map(Deviation::OnlineForBatch));
            }
            Mode::Online => all.push(Deviation::BatchForOnline),
        }
    }
}
