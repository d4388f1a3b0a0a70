//! What a fitted network makes of some rows, and its next step with them: the document around what the engine traces.

use deltarule::trace::{Bounded, Reduction, Trace, TraceOptions, Tracer};
use deltarule::{Loss, Network, Optimizer, OptimizerState};
use deltarule_document::{Document, Math, Prose, QuantityId};
use deltarule_exercise::{Step, Style, step_to_json};
use deltarule_worked::{StepNumbers, StepWriter, WorkedUpdate, given, python};
use numpy::PyReadonlyArray2;
use numpy::ndarray::{Array2, ArrayView1};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{exception, value_error};
use crate::parameters::{PyParameters, activations};
use crate::worked::{Worked, WorkedKind};

/// As many outputs are named for a row, the largest first, where there are classes to choose from.
const NAMED: usize = 4;

/// As many rows get a line of their own at the end.
const ROWS: usize = 30;

/// What Python knows of the estimator.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Words {
    title: String,
    /// Said before the numbers, a paragraph each.
    notes: Vec<String>,
    /// What each output is.
    outputs: Vec<String>,
    /// What the estimator predicts for each row; nothing where the outputs are that.
    predictions: Vec<String>,
}

/// The optimiser of the next step, and what it remembers.
pub(crate) struct Next {
    pub(crate) optimizer: Optimizer,
    pub(crate) rate: f64,
    pub(crate) l2: f64,
    pub(crate) state: OptimizerState<f64>,
}

/// Rows that went through a network.
pub(crate) struct Explanation {
    loss: Loss,
    t: Option<Array2<f64>>,
    step: Step,
    options: TraceOptions,
    before: Option<OptimizerBefore>,
    words: Words,
}

/// The optimiser before the step.
struct OptimizerBefore {
    optimizer: Optimizer,
    steps: u64,
    state: Vec<(String, Vec<Bounded>, Vec<Bounded>)>,
    previous_loss: Option<f64>,
}

/// The forward pass of the network of these arrays for the rows of x, all of double precision.
#[pyfunction]
pub(crate) fn explain(
    py: Python<'_>,
    x: PyReadonlyArray2<'_, f64>,
    coefs_: &Bound<'_, PyAny>,
    intercepts_: &Bound<'_, PyAny>,
    activations: Vec<String>,
    loss: &str,
    words: &str,
) -> PyResult<Worked> {
    let activations = self::activations(&activations)?;
    let network = PyParameters::<f64>::extract(coefs_, intercepts_)?.network(py, &activations)?;
    let loss: Loss = loss.parse().map_err(exception)?;
    let words = serde_json::from_str(words).map_err(value_error)?;
    let trace = Trace::forward(&network, x.as_array()).map_err(exception)?;
    let step = Step { examples: numbered(&trace), network, trace, update: None, classes: None };
    let options = TraceOptions::default();
    Explanation { loss, t: None, step, options, before: None, words }.finished()
}

/// The numbers of the rows, from 1.
fn numbered(trace: &Trace) -> Vec<usize> {
    (1..=trace.input.nrows()).collect()
}

impl Explanation {
    /// The next step with these rows as its batch.
    pub(crate) fn of_step(
        network: Network<f64>,
        loss: Loss,
        x: Array2<f64>,
        t: Array2<f64>,
        next: Next,
        words: Words,
    ) -> PyResult<Worked> {
        let Next { optimizer, rate, l2, state } = next;
        let mut optimizer = optimizer.with_learning_rate(rate);
        if let Optimizer::Adam(o) = &mut optimizer {
            *o = o.at_step(state.step + 1);
        }
        let options = TraceOptions { reduction: Reduction::Mean, l2, train_biases: true };
        let previous_loss = state.previous_loss;
        let mut tracer =
            Tracer::resume(network.clone(), loss, optimizer, options, state).map_err(exception)?;
        let state = tracer.optimizer_state();
        let before = OptimizerBefore { optimizer, steps: tracer.steps(), state, previous_loss };
        let (trace, update) = tracer.step(x.view(), t.view()).map_err(exception)?;
        let examples = numbered(&trace);
        let step = Step { examples, network, trace, update: Some(update), classes: None };
        Self { loss, t: Some(t), step, options, before: Some(before), words }.finished()
    }

    /// Documents and JSON hold finite numbers only.
    fn finished(self) -> PyResult<Worked> {
        let (trace, update) = (&self.step.trace, &self.step.update);
        let backward = trace.backward.iter();
        let mut values = (trace.z.iter().chain(&trace.x))
            .chain(backward.flat_map(|b| b.grad_weights.iter().chain(&b.grad_biases)))
            .chain(update.iter().flat_map(|u| u.weights.iter().chain(&u.biases)));
        let losses = trace.total_loss.into_iter().chain(update.iter().map(|u| u.total_loss_after));
        if values.any(|of| of.value.iter().any(|v| !v.is_finite()))
            || losses.into_iter().any(|loss| !loss.is_finite())
        {
            return Err(value_error("a number of these rows is too large for double precision"));
        }
        Ok(WorkedKind::Explanation(Box::new(self)).into())
    }

    pub(crate) fn parameter_count(&self) -> usize {
        self.step.network.parameter_count()
    }

    pub(crate) fn json(&self) -> Value {
        let layers = self.step.network.layers();
        let names: Vec<&str> = layers.iter().map(|layer| layer.activation().name()).collect();
        json!({
            "format": "deltarule-explanation/1",
            "title": self.words.title,
            "layers": self.step.network.layer_sizes(),
            "activations": names,
            "loss": self.loss.name(),
            "optimizer": self.before.as_ref().map(|before| before.optimizer),
            "steps_before": self.before.as_ref().map(|before| before.steps),
            "step": step_to_json(&self.step),
        })
    }

    pub(crate) fn document(&self, style: &Style) -> Document {
        let mut document = Document::new(&self.words.title);
        let network = &self.step.network;
        for note in &self.words.notes {
            document.paragraph(Prose::text(note));
        }
        document.heading(1, "The network");
        if style.code {
            document.code(python::prelude(network, self.loss));
        }
        given::network(&mut document, style, network);
        let many = self.step.examples.len() > 1;
        given::conventions(&mut document, style, network, self.loss, self.t.is_some(), many);
        if style.code {
            document.code(python::parameters(network));
        }
        if let (true, Some(before)) = (style.code, &self.before) {
            document.code(python::optimizer(&before.optimizer, network.layers().len()));
            document.code(python::optimizer_state(&before.state, before.previous_loss));
        }
        let update = match (&self.before, &self.step.update) {
            (Some(before), Some(trace)) => Some(WorkedUpdate {
                optimizer: &before.optimizer,
                steps_before: before.steps,
                state_before: &before.state,
                trace,
            }),
            _ => None,
        };
        let numbers = StepNumbers {
            part: "rows",
            step: 1,
            examples: &self.step.examples,
            network,
            parameters_are_given: true,
            loss: self.loss,
            targets: self.t.as_ref().map(|t| t.view()),
            trace: &self.step.trace,
            options: self.options,
            update,
            classes: None,
        };
        document.heading(1, "What the network computes");
        StepWriter::new(&mut document, *style).step(&numbers, "the rows", 2);
        self.outcome(&mut document);
        document
    }

    /// The outputs in the words of the estimator.
    fn outcome(&self, document: &mut Document) {
        document.heading(1, "What it predicts");
        let Some(outputs) = self.step.trace.x.last() else { return };
        let layer = Some(self.step.trace.x.len());
        for (i, row) in outputs.value.rows().into_iter().enumerate().take(ROWS) {
            let mut prose = Prose::text(format!("Row {}: ", i + 1));
            let mut order: Vec<usize> = (0..row.len()).collect();
            if let Some(prediction) = self.words.predictions.get(i) {
                prose = prose.and_text(format!("{prediction}; "));
                largest_first(&mut order, row);
            }
            for (k, &output) in order.iter().enumerate() {
                let gap = if k > 0 { ", " } else { "" };
                let name = self.words.outputs.get(output).map_or("the output", String::as_str);
                let quantity = QuantityId::new("rows", 1, "x", layer);
                prose = prose.and_text(format!("{gap}{name} is ")).and_math(Math::number(
                    row[output],
                    output,
                    i,
                    quantity,
                ));
            }
            document.paragraph(prose.and_text("."));
        }
        let others = outputs.value.nrows().saturating_sub(ROWS);
        if others > 0 {
            document.paragraph(Prose::text(format!(
                "The other {others} rows are not written out here; the numbers of the step have their outputs too."
            )));
        }
    }
}

/// The places of the largest outputs.
fn largest_first(order: &mut Vec<usize>, row: ArrayView1<'_, f64>) {
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
    order.truncate(NAMED);
}
