//! Writes steps one after the other into a document, and refers to what it has already written.

use deltarule::trace::Trace;
use deltarule::{Loss, Optimizer};
use deltarule_document::{Document, Math, Prose};
use ndarray::Array2;

use crate::forward::Known;
use crate::said::Said;
use crate::step::{BatchLayout, Context, StepNumbers, Style};

/// Steps with more examples than this are not searched for examples that an earlier step had.
const COMPARED: usize = 50;

/// Writes worked steps into a document.
#[derive(Debug)]
pub struct StepWriter<'d> {
    document: &'d mut Document,
    style: Style,
    /// Whether the formulas of the backward pass have been derived already.
    derived: bool,
    earlier: Vec<EarlierForward>,
    said: Said,
}

/// A forward pass that a later one may repeat.
#[derive(Clone, Debug)]
struct EarlierForward {
    step: String,
    input: Array2<f64>,
    /// z and x of each layer.
    layers: Vec<(Array2<f64>, Array2<f64>)>,
    backward: Option<EarlierDeltas>,
    same_document: bool,
}

/// What the deltas of a step came from, and what they are.
#[derive(Clone, Debug)]
struct EarlierDeltas {
    loss: Loss,
    targets: Array2<f64>,
    deltas: Vec<Array2<f64>>,
}

impl EarlierDeltas {
    fn of(numbers: &StepNumbers<'_>) -> Option<Self> {
        let deltas = &numbers.trace.backward.as_ref()?.delta;
        Some(Self {
            loss: numbers.loss,
            targets: numbers.targets?.to_owned(),
            deltas: deltas.iter().map(|delta| delta.value.clone()).collect(),
        })
    }

    /// Whether an example, here in this row and in the earlier step in that one, has the same targets and deltas.
    fn agrees(&self, here: usize, earlier: &Self, there: usize) -> bool {
        self.loss == earlier.loss
            && self.targets.row(here) == earlier.targets.row(there)
            && self.deltas.len() == earlier.deltas.len()
            && self.deltas.iter().zip(&earlier.deltas).all(|(a, b)| a.row(here) == b.row(there))
    }
}

impl EarlierForward {
    fn of(step: String, trace: &Trace, same_document: bool) -> Self {
        let layers = trace.z.iter().zip(&trace.x);
        Self {
            step,
            input: trace.input.clone(),
            layers: layers.map(|(z, x)| (z.value.clone(), x.value.clone())).collect(),
            backward: None,
            same_document,
        }
    }

    /// Whether z and x of every layer are the same for an example, here in this row and there in that one.
    fn computes_alike(&self, trace: &Trace, here: usize, there: usize) -> bool {
        let layers = trace.z.iter().zip(&trace.x);
        self.layers.len() == trace.z.len()
            && self.layers.iter().zip(layers).all(|((z, x), (own_z, own_x))| {
                z.row(there) == own_z.value.row(here) && x.row(there) == own_x.value.row(here)
            })
    }
}

impl<'d> StepWriter<'d> {
    /// A writer at the end of a document.
    pub fn new(document: &'d mut Document, style: Style) -> Self {
        Self { document, style, derived: false, earlier: Vec::new(), said: Said::default() }
    }

    /// The document so far.
    pub fn document(&mut self) -> &mut Document {
        self.document
    }

    /// A step of another document that readers know, such as the sheet's exercise before this one; `step` is what it is
    /// called: "part b of exercise 2".
    pub fn knows(&mut self, step: &str, trace: &Trace) {
        self.earlier.push(EarlierForward::of(step.into(), trace, false));
    }

    /// Writes a step: forward pass, loss, backward pass, update, class, as far as the step has them. `name` is what later
    /// steps call it, and `level` the level of its headings.
    pub fn step<'n>(&mut self, numbers: &'n StepNumbers<'n>, name: &str, level: u8) {
        let backward = EarlierDeltas::of(numbers);
        let known = self.known(numbers.trace);
        let known_deltas = backward.as_ref().and_then(|own| self.known_deltas(numbers.trace, own));
        let style = self.style;
        let single = style.batch == BatchLayout::Examples && numbers.examples.len() > 1;
        let mut context =
            Context { style, numbers, document: &mut *self.document, level, column: None };
        context.before();
        if single {
            context.examples_one_by_one(known.as_ref(), known_deltas.as_ref(), &mut self.derived);
        } else {
            context.forward(known.as_ref());
            context.loss();
            if numbers.trace.backward.is_some() {
                if !self.derived {
                    context.derivation();
                    self.derived = true;
                }
                context.deltas(known_deltas.as_ref());
                context.gradients();
            }
        }
        if let Some(update) = &numbers.trace.update {
            context.update(update);
        }
        if let Some(classes) = &numbers.trace.classes {
            context.classification(classes);
        }
        if !style.blank {
            let remarks = self.said.new_ones(numbers.part, numbers.step, context.remarks());
            if !remarks.is_empty() {
                context.heading("What to notice");
                context.document.list(remarks);
                self.said.stand_in(context.document.blocks.len() - 1);
            }
        }
        // Once for a part: the later steps are computed in the same way.
        if numbers.step == 1 {
            context.check();
        }
        let earlier = EarlierForward::of(name.into(), numbers.trace, true);
        self.earlier.push(EarlierForward { backward, ..earlier });
    }

    /// Ends a part of this many steps: remarks that hold for later steps too say for which.
    pub fn end_part(&mut self, steps: usize) {
        self.said.end_part(self.document, steps);
    }

    /// What earlier steps already computed of this one: the step that agrees with it furthest.
    fn known(&self, trace: &Trace) -> Option<Known> {
        let whole = self.earlier.iter().rev().filter_map(|earlier| {
            if earlier.input != trace.input {
                return None;
            }
            let (net_inputs, outputs) = agreement(earlier, |l| {
                let (z, x) = &earlier.layers[l];
                (*z == trace.z.get(l)?.value, *x == trace.x.get(l)?.value).into()
            });
            (net_inputs > 0).then(|| Known {
                step: earlier.step.clone(),
                net_inputs,
                outputs,
                columns: Vec::new(),
                single: trace.input.nrows() == 1,
                same_document: earlier.same_document,
            })
        });
        let best = whole.max_by_key(|known| (known.net_inputs, known.outputs, known.same_document));
        best.or_else(|| self.known_columns(trace))
    }

    /// The examples whose deltas an earlier step of this document worked out: the step that has most of them.
    fn known_deltas(&self, trace: &Trace, own: &EarlierDeltas) -> Option<Known> {
        let rows = trace.input.nrows();
        let mut best: Option<Known> = None;
        for earlier in self.earlier.iter().rev() {
            let Some(backward) = &earlier.backward else { continue };
            if rows > COMPARED || earlier.input.nrows() > COMPARED {
                continue;
            }
            let same = |here: usize, there: usize| {
                earlier.input.row(there) == trace.input.row(here)
                    && earlier.computes_alike(trace, here, there)
                    && own.agrees(here, backward, there)
            };
            let place = |here| (0..earlier.input.nrows()).find(|there| same(here, *there));
            let found: Vec<(usize, usize)> =
                (0..rows).filter_map(|here| Some((here + 1, place(here)? + 1))).collect();
            if found.is_empty() || best.as_ref().is_some_and(|b| b.columns.len() >= found.len()) {
                continue;
            }
            best = Some(Known {
                step: earlier.step.clone(),
                net_inputs: trace.z.len(),
                outputs: trace.z.len(),
                columns: found,
                single: earlier.input.nrows() == 1,
                same_document: true,
            });
        }
        // All of them, each in its place: no columns need to be named.
        best.map(|mut known| {
            let whole = known.columns.iter().all(|(here, there)| here == there);
            if whole && known.columns.len() == rows && (rows > 1 || known.single) {
                known.columns.clear();
            }
            known
        })
    }

    /// Some columns that an earlier step computed: the step that has most of them.
    fn known_columns(&self, trace: &Trace) -> Option<Known> {
        if trace.input.nrows() > COMPARED {
            return None;
        }
        let mut best: Option<Known> = None;
        for earlier in self.earlier.iter().rev().filter(|e| e.input.nrows() <= COMPARED) {
            let mut found: Option<Known> = None;
            for (here, row) in trace.input.rows().into_iter().enumerate() {
                let Some(there) = earlier.input.rows().into_iter().position(|old| old == row)
                else {
                    continue;
                };
                let (net_inputs, outputs) = agreement(earlier, |l| {
                    let (z, x) = &earlier.layers[l];
                    let same_z = z.row(there) == trace.z.get(l)?.value.row(here);
                    let same_x = x.row(there) == trace.x.get(l)?.value.row(here);
                    Some((same_z, same_x))
                });
                if net_inputs == 0 {
                    continue;
                }
                let known = found.get_or_insert_with(|| Known {
                    step: earlier.step.clone(),
                    net_inputs,
                    outputs,
                    columns: Vec::new(),
                    single: earlier.input.nrows() == 1,
                    same_document: earlier.same_document,
                });
                known.columns.push((here + 1, there + 1));
                known.net_inputs = known.net_inputs.min(net_inputs);
                known.outputs = known.outputs.min(outputs);
            }
            let covers = |found: &Known| {
                best.as_ref().is_none_or(|best| found.columns.len() > best.columns.len())
            };
            if found.as_ref().is_some_and(covers) {
                best = found;
            }
        }
        best
    }
}

/// Up to which layer z and x are the same.
fn agreement(
    earlier: &EarlierForward,
    same: impl Fn(usize) -> Option<(bool, bool)>,
) -> (usize, usize) {
    let (mut net_inputs, mut outputs) = (0, 0);
    for l in 0..earlier.layers.len() {
        let Some((same_z, same_x)) = same(l) else { break };
        if !same_z {
            break;
        }
        net_inputs = l + 1;
        if !same_x {
            break;
        }
        outputs = l + 1;
    }
    (net_inputs, outputs)
}

impl Known {
    /// What is known of one example, where the examples are shown one after the other.
    fn of_column(&self, column: usize) -> Option<Self> {
        let known =
            self.columns.is_empty() || self.columns.iter().any(|(here, _)| *here == column + 1);
        known.then(|| Self { columns: Vec::new(), ..self.clone() })
    }
}

impl Context<'_, '_> {
    /// The examples of the step, and what a notebook needs before it.
    fn before(&mut self) {
        let numbers = self.numbers;
        let inputs = self.turned("x", Some(0), numbers.trace.input.view());
        let equation = self.formula("x^[0]").equals(Math::Matrix(inputs));
        let mut code = format!("x0 = {}.T", crate::python::array(numbers.trace.input.view()));
        if let Some(t) = numbers.targets {
            code += &format!("\nt = {}.T", crate::python::array(t));
        }
        let names = self.parameter_names().join(", ");
        code += &format!("\nbefore = ({names})");
        code += match numbers.options.reduction {
            deltarule::trace::Reduction::Sum => "\nreduce = np.sum",
            deltarule::trace::Reduction::Mean => "\nreduce = np.mean",
        };
        code += &format!("\nl2 = {:?}", numbers.options.l2);
        self.equation(equation, code, "x0");
        let Some(update) = &numbers.trace.update else { return };
        if let (true, Optimizer::Rprop(_)) = (self.style.code, update.optimizer) {
            self.document.code(format!(
                "objective = loss_of({names}) + penalty({names})\nrose = objective > previous_objective\nprevious_objective = objective"
            ));
        }
    }

    /// One example after the other, and the sum at the end.
    fn examples_one_by_one(
        &mut self,
        known: Option<&Known>,
        known_deltas: Option<&Known>,
        derived: &mut bool,
    ) {
        let level = self.level;
        let backward = self.numbers.trace.backward.is_some();
        if backward && !*derived {
            self.derivation();
            *derived = true;
        }
        for column in 0..self.examples() {
            let example = self.numbers.examples[column];
            self.document.heading(level, Prose::text(format!("Example {example}")));
            (self.level, self.column) = (level + 1, Some(column));
            if self.style.code {
                self.document.code(format!("x0_{example} = x0[:, [{column}]]"));
            }
            self.forward(known.and_then(|known| known.of_column(column)).as_ref());
            self.loss();
            if backward {
                self.deltas(known_deltas.and_then(|known| known.of_column(column)).as_ref());
                self.contribution(column);
            }
            (self.level, self.column) = (level, None);
        }
        if self.numbers.trace.loss.is_some() {
            self.heading("Loss: the total");
            self.total_loss();
        }
        if backward {
            self.sum_of_contributions();
        }
    }
}
