//! What a fitted network makes of some rows, and its next step with them: the document around what the engine traces.

use deltarule::trace::{Quantity, Reduction, Trace, TraceOptions, Tracer};
use deltarule::{Loss, Network, Optimizer, OptimizerState};
use deltarule_document::{Document, Math, Prose, QuantityId};
use deltarule_exercise::{Step, Style, step_to_json};
use deltarule_worked::{StepNumbers, StepWriter, given, python};
use numpy::ndarray::{Array2, ArrayView1, ArrayView2};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{exception, value_error};

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
    words: Words,
}

/// The numbers of the rows, from 1.
fn numbered(trace: &Trace) -> Vec<usize> {
    (1..=trace.input.nrows()).collect()
}

impl Explanation {
    /// The forward pass of a network for the rows of x.
    pub(crate) fn of_rows(
        network: Network<f64>,
        loss: Loss,
        x: ArrayView2<'_, f64>,
        words: Words,
    ) -> PyResult<Self> {
        let trace = Trace::forward(&network, x).map_err(exception)?;
        let step = Step { examples: numbered(&trace), network, trace };
        let options = TraceOptions::default();
        Self { loss, t: None, step, options, words }.finished()
    }

    /// The next step with these rows as its batch.
    pub(crate) fn of_step(
        network: Network<f64>,
        loss: Loss,
        x: Array2<f64>,
        t: Array2<f64>,
        next: Next,
        words: Words,
    ) -> PyResult<Self> {
        let Next { optimizer, rate, l2, state } = next;
        let mut optimizer = optimizer.with_learning_rate(rate);
        if let Optimizer::Adam(o) = &mut optimizer {
            *o = o.at_step(state.step + 1);
        }
        let options = TraceOptions { reduction: Reduction::Mean, l2, train_biases: true };
        let mut tracer =
            Tracer::resume(network.clone(), loss, optimizer, options, state).map_err(exception)?;
        let trace = tracer.step(x.view(), t.view()).map_err(exception)?;
        let step = Step { examples: numbered(&trace), network, trace };
        Self { loss, t: Some(t), step, options, words }.finished()
    }

    /// Documents and JSON hold finite numbers only.
    fn finished(self) -> PyResult<Self> {
        let trace = &self.step.trace;
        let is_infinite = |quantity: Quantity| {
            trace.get(quantity).is_some_and(|of| of.value.iter().any(|v| !v.is_finite()))
        };
        if trace.quantities().into_iter().any(is_infinite) {
            return Err(value_error("a number of these rows is too large for double precision"));
        }
        Ok(self)
    }

    pub(crate) fn parameter_count(&self) -> usize {
        self.step.network.parameter_count()
    }

    pub(crate) fn json(&self) -> Value {
        let layers = self.step.network.layers();
        let names: Vec<&str> = layers.iter().map(|layer| layer.activation().name()).collect();
        let update = self.step.trace.update.as_ref();
        json!({
            "format": "deltarule-explanation/1",
            "title": self.words.title,
            "layers": self.step.network.layer_sizes(),
            "activations": names,
            "loss": self.loss.name(),
            "optimizer": update.map(|update| update.optimizer),
            "steps_before": update.map(|update| update.step - 1),
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
        if let (true, Some(update)) = (style.code, &self.step.trace.update) {
            document.code(python::optimizer(&update.optimizer, network.layers().len()));
            document.code(python::optimizer_state(update));
        }
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
