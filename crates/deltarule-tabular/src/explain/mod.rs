//! A trained model explains itself: for rows of a table, how they were prepared, what the network made of them, and what
//! the outcome hangs on.

mod next_step;
mod outcome;
mod preparation;
mod rows;
mod sensitivity;

use deltarule::Network;
use deltarule::trace::{Reduction, Trace, TraceOptions, Tracer};
use deltarule_document::{Document, QuantityId};
use deltarule_worked::{StepNumbers, StepWriter, Style, given, python};

use crate::error::{Error, Result};
use crate::model::TabularModel;
use crate::source::Source;
use rows::{ChosenRows, no_targets};

/// What to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainOptions {
    /// The rows, 1 being the first below the header.
    pub rows: Vec<usize>,
    /// Whether to add the update that training on these rows would make next.
    pub step: bool,
    /// How the document is written.
    pub style: Style,
}

/// Explains what a model makes of rows of a table.
///
/// # Errors
/// When a row is not there, when the table does not fit the model, and with `step` when the rows have no targets or the
/// optimiser has no single step to show.
///
/// # Example
///
/// ```
/// use deltarule_tabular::{ExplainOptions, FitOptions, NoProgress, ReadOptions, Source, explain, fit};
///
/// let iris = Source::open("iris", &ReadOptions::default())?;
/// let options = FitOptions { epochs: Some(20), hidden: vec![4], ..FitOptions::default() };
/// let model = fit(&iris, None, &options, 1, &mut NoProgress)?.model;
/// let rows = ExplainOptions { rows: vec![3], step: false, style: Default::default() };
/// let document = explain(&model, &iris, &rows)?;
/// assert!(document.title.contains("row 3"));
/// # Ok::<(), deltarule_tabular::Error>(())
/// ```
pub fn explain(
    model: &TabularModel,
    source: &Source,
    options: &ExplainOptions,
) -> Result<Document> {
    let rows = model.rows(source, &options.rows, options.step)?;
    let state = model.training();
    let network = match &state {
        Some(state) if options.step => with_parameters(&model.network(), &state.parameters),
        _ => model.network(),
    };
    let loss = model.target().loss();
    let reduction = Reduction::Mean;
    let l2 = model.record().options.penalty();
    let trace_options = TraceOptions { reduction, l2, train_biases: true };
    let numbers: Vec<String> = options.rows.iter().map(usize::to_string).collect();
    let word = if numbers.len() == 1 { "row" } else { "rows" };
    let title =
        format!("What the model makes of {word} {} of {}", numbers.join(", "), source.name());
    let mut document = Document::new(title);
    let page = ModelPage { model, options, rows: &rows, network: &network };
    page.preparation(&mut document);
    page.network(&mut document);

    let trace = if options.step {
        let state = state.as_ref().ok_or_else(|| {
            Error::data("the model was saved without the state of its training, so there is no next step to show")
        })?;
        let t = rows.t.as_ref().ok_or_else(no_targets)?;
        let optimizer = page.scheduled(state);
        let state = state.optimizer_state.clone();
        Tracer::resume(network.clone(), loss, optimizer, trace_options, state)?
            .step(rows.x.view(), t.view())?
    } else {
        match &rows.t {
            Some(t) => Trace::loss(&network, loss, rows.x.view(), t.view(), reduction)?,
            None => Trace::forward(&network, rows.x.view())?,
        }
    };
    if options.step {
        page.step_words(&mut document, state.as_ref());
    }
    if options.style.code {
        document.code(python::parameters(&network));
    }
    if let (true, Some(update)) = (options.style.code, &trace.update) {
        document.code(python::optimizer(&update.optimizer, network.layers().len()));
        document.code(python::optimizer_state(update));
    }
    let step = StepNumbers {
        part: "rows",
        step: 1,
        examples: &options.rows,
        network: &network,
        parameters_are_given: true,
        loss,
        targets: rows.t.as_ref().map(|t| t.view()),
        trace: &trace,
        options: trace_options,
    };
    document.heading(1, "What the network computes");
    StepWriter::new(&mut document, options.style).step(&step, "the rows", 2);
    page.outcome(&mut document, &trace);
    page.sensitivity(&mut document, &trace);
    Ok(document)
}

fn with_parameters(network: &Network<f64>, parameters: &[f64]) -> Network<f64> {
    let mut network = network.clone();
    network.parameters_mut().copy_from_slice(parameters);
    network
}

struct ModelPage<'a> {
    model: &'a TabularModel,
    options: &'a ExplainOptions,
    rows: &'a ChosenRows,
    network: &'a Network<f64>,
}

impl ModelPage<'_> {
    fn quantity(&self, name: &str) -> QuantityId {
        QuantityId::new("rows", 1, name, None)
    }

    fn network(&self, document: &mut Document) {
        document.heading(1, "The network");
        let loss = self.model.target().loss();
        if self.options.style.code {
            document.code(python::prelude(self.network, loss));
        }
        given::network(document, &self.options.style, self.network);
        given::conventions(
            document,
            &self.options.style,
            self.network,
            loss,
            self.options.step,
            self.options.rows.len() > 1,
        );
        if self.model.precision() == "f32" {
            document.paragraph(
                "The model was trained with numbers of single precision; here it computes with double precision, so that the last \
                 digits can differ from those of `predict`.",
            );
        }
    }
}
