//! A trained model explains itself: for rows of a table, how they were prepared, what the network made of them, and what
//! the outcome hangs on.

use deltarule::trace::{Reduction, Trace, TraceOptions, Tracer};
use deltarule::{LearningRate, Network, Optimizer, OptimizerState, TrainingState};
use deltarule_document::{Block, Document, Math, Prose, Quantity, Table};
use deltarule_worked::{StepNumbers, Style, Update, Writer, given, python};
use ndarray::{Array2, ArrayView2};

use crate::chunk::{Cell, Chunk};
use crate::error::{Error, Result};
use crate::fit::loss_of;
use crate::matrix::network_targets;
use crate::model::{AnyNetwork, TabularModel};
use crate::preparation::{Encoding, InputColumn};
use crate::source::Source;
use crate::target::Target;

/// More columns than this are left out of a row's table.
const COLUMNS: usize = 30;
/// The inputs that an output is most sensitive to, this many.
const SENSITIVE: usize = 8;

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

/// The chosen rows of a table.
struct Rows {
    /// What stands in the cells of the columns that the network sees.
    cells: Vec<Vec<String>>,
    /// The inputs of the network, a row each.
    x: Array2<f64>,
    /// The targets in the network's units, where the table has them.
    t: Option<Array2<f64>>,
}

/// The cells of a row, its inputs and its targets.
type FoundRow = (Vec<String>, Vec<f64>, Vec<f64>);

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
    let loss = loss_of(model.target());
    let reduction = Reduction::Mean;
    let l2 = model.record().options.l2;
    let trace_options = TraceOptions { reduction, l2, train_biases: true };
    let numbers: Vec<String> = options.rows.iter().map(usize::to_string).collect();
    let word = if numbers.len() == 1 { "row" } else { "rows" };
    let title =
        format!("What the model makes of {word} {} of {}", numbers.join(", "), source.name());
    let mut document = Document::new(title);
    let page = Page { model, options, rows: &rows, network: &network };
    page.preparation(&mut document);
    page.network(&mut document);

    let mut tracer = None;
    let (trace, update) = if options.step {
        let state = state.as_ref().ok_or_else(|| {
            Error::data("the model was saved without the state of its training, so there is no next step to show")
        })?;
        let t = rows.t.as_ref().ok_or_else(no_targets)?;
        let optimizer = page.scheduled(state);
        let mut next = Tracer::resume(
            network.clone(),
            loss,
            optimizer,
            trace_options,
            state.optimizer_state.clone(),
        )?;
        let before = (next.steps(), next.optimizer_state(), optimizer);
        let (trace, update) = next.step(rows.x.view(), t.view())?;
        tracer = Some(before);
        (trace, Some(update))
    } else {
        let trace = match &rows.t {
            Some(t) => Trace::loss(&network, loss, rows.x.view(), t.view(), reduction)?,
            None => Trace::forward(&network, rows.x.view())?,
        };
        (trace, None)
    };
    if options.step {
        page.step_words(&mut document, state.as_ref());
    }
    if options.style.code {
        document.code(python::parameters(&network));
    }
    if let (true, Some((_, before, optimizer))) = (options.style.code, &tracer) {
        let previous_loss = state.as_ref().and_then(|state| state.optimizer_state.previous_loss);
        document.code(python::optimizer(optimizer, network.layers().len()));
        document.code(python::optimizer_state(before, previous_loss));
    }
    let update = match (&tracer, &update) {
        (Some((steps_before, state_before, optimizer)), Some(trace)) => {
            let steps_before = *steps_before;
            Some(Update { optimizer, steps_before, state_before, trace })
        }
        _ => None,
    };
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
        update,
        classes: None,
    };
    document.heading(1, "What the network computes");
    Writer::new(&mut document, options.style).step(&step, "the rows", 2);
    page.outcome(&mut document, &trace);
    page.sensitivity(&mut document, &trace);
    Ok(document)
}

fn no_targets() -> Error {
    Error::data("a step needs the targets of the rows, and the table has no target column")
}

fn with_parameters(network: &Network<f64>, parameters: &[f64]) -> Network<f64> {
    let mut network = network.clone();
    network.parameters_mut().copy_from_slice(parameters);
    network
}

impl TabularModel {
    /// Reads the chosen rows.
    fn rows(&self, source: &Source, wanted: &[usize], targets: bool) -> Result<Rows> {
        let names = source.columns()?;
        let places = self.preparation().places(source, &names)?;
        let columns = self.target().columns();
        let target_places: Option<Vec<usize>> =
            columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
        if targets && target_places.is_none() {
            return Err(no_targets());
        }
        let read = [&places[..], target_places.as_deref().unwrap_or_default()].concat();
        let width = self.preparation().width();
        let mut found: Vec<Option<FoundRow>> = vec![None; wanted.len()];
        let mut first = 0;
        source.for_each_chunk(&names, &read, |chunk| {
            for (slot, number) in found.iter_mut().zip(wanted) {
                let Some(row) = number.checked_sub(first + 1).filter(|row| *row < chunk.rows)
                else {
                    continue;
                };
                let one = chunk.row(row);
                let cells = places.iter().map(|place| text(one.columns[*place].cell(0))).collect();
                let mut x = Vec::new();
                self.inputs(source, &one, &places, &mut x)?;
                let mut t = Vec::new();
                if let Some(places) = &target_places {
                    self.target().push_row(source, &one, 0, places, &mut t)?;
                }
                *slot = Some((cells, x, t));
            }
            first += chunk.rows;
            Ok(())
        })?;
        let (mut cells, mut x, mut t) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, number) in found.into_iter().zip(wanted) {
            let Some((row_cells, row_x, row_t)) = slot else {
                return Err(Error::table(
                    source.name(),
                    format!(
                        "there is no row {number}: the table has {first} rows below its header"
                    ),
                ));
            };
            cells.push(row_cells);
            x.extend(row_x);
            t.extend(row_t);
        }
        let x = Array2::from_shape_vec((wanted.len(), width), x)
            .map_err(|e| Error::data(format!("inputs of a wrong shape: {e}")))?;
        let t = target_places.map(|_| network_targets::<f64>(self.target(), &t));
        Ok(Rows { cells, x, t })
    }

    /// The inputs as the network gets them, in its own precision.
    fn inputs(
        &self,
        source: &Source,
        chunk: &Chunk,
        places: &[usize],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        match &self.network {
            AnyNetwork::F64(_) => self.preparation().transform(source, chunk, places, out),
            AnyNetwork::F32(_) => {
                let mut single: Vec<f32> = Vec::new();
                self.preparation().transform(source, chunk, places, &mut single)?;
                out.extend(single.into_iter().map(f64::from));
                Ok(())
            }
        }
    }

    /// Where the training stopped, in double precision.
    fn training(&self) -> Option<TrainingState<f64>> {
        match &self.network {
            AnyNetwork::F64(file) => file.training.clone(),
            AnyNetwork::F32(file) => {
                let state = file.training.as_ref()?;
                let wide = |values: &Vec<f32>| values.iter().copied().map(f64::from).collect();
                Some(TrainingState {
                    parameters: wide(&state.parameters),
                    optimizer: state.optimizer,
                    optimizer_state: OptimizerState {
                        step: state.optimizer_state.step,
                        previous_loss: state.optimizer_state.previous_loss,
                        vectors: state.optimizer_state.vectors.iter().map(wide).collect(),
                        lbfgs: None,
                    },
                    progress: state.progress.clone(),
                    best_parameters: state.best_parameters.as_ref().map(wide),
                })
            }
        }
    }
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing => "missing".into(),
        Cell::Text(text) => text.into(),
        Cell::Number(number) => number.to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Boolean(value) => value.to_string(),
    }
}

struct Page<'a> {
    model: &'a TabularModel,
    options: &'a ExplainOptions,
    rows: &'a Rows,
    network: &'a Network<f64>,
}

impl Page<'_> {
    fn quantity(&self, name: &str) -> Quantity {
        Quantity::new("rows", 1, name, None)
    }

    /// How each row became inputs of the network.
    fn preparation(&self, document: &mut Document) {
        document.heading(1, "How the rows were prepared");
        document.paragraph(
            "A number $v$ becomes (v − mean) / deviation, with the mean and the standard deviation of the training rows; a missing \
             one is replaced by their median first. A category becomes one input per value, 1 for the value of the row and 0 for \
             the others.",
        );
        let columns = &self.model.preparation().columns;
        for (i, number) in self.options.rows.iter().enumerate() {
            if self.options.rows.len() > 1 {
                document.heading(2, Prose::text(format!("Row {number}")));
            }
            let mut rows = Vec::new();
            let mut input = 0;
            for (column, cell) in columns.iter().zip(&self.rows.cells[i]).take(COLUMNS) {
                rows.extend(self.prepared(column, cell, i, input));
                input += column.encoding.width();
            }
            let header = ["column", "in the table", "how", "input"].map(Prose::text).to_vec();
            document.blocks.push(Block::Table(Table { header, rows }));
            if columns.len() > COLUMNS {
                document.paragraph(Prose::text(format!(
                    "The other {} columns are prepared likewise.",
                    columns.len() - COLUMNS
                )));
            }
        }
    }

    /// The lines of one column in the table of a row.
    fn prepared(
        &self,
        column: &InputColumn,
        cell: &str,
        row: usize,
        input: usize,
    ) -> Vec<Vec<Prose>> {
        let number = |name: &str, value: f64| Math::number(value, input, row, self.quantity(name));
        let value = |input: usize| {
            let quantity = Quantity::new("rows", 1, "x", Some(0));
            Prose::default().and_math(Math::number(self.rows.x[[row, input]], input, row, quantity))
        };
        let name = || Prose::text(&column.name);
        match &column.encoding {
            Encoding::Number { offset, mean, deviation, median, indicator, .. } => {
                let how = if cell == "missing" {
                    Prose::text("missing, so the median ")
                        .and_math(number("median", offset + median))
                } else {
                    Prose::default()
                }
                .and_text(if cell == "missing" { "; (v − " } else { "(v − " })
                .and_math(number("mean", offset + mean))
                .and_text(") / ")
                .and_math(number("deviation", *deviation));
                let mut lines = vec![vec![name(), Prose::text(cell), how, value(input)]];
                if *indicator {
                    let title = Prose::text(format!("{} (missing)", column.name));
                    let how = Prose::text("1 where it is missing");
                    lines.push(vec![title, Prose::text(""), how, value(input + 1)]);
                }
                lines
            }
            Encoding::Category { values, missing } => {
                let hit = (0..values.len() + usize::from(*missing))
                    .find(|i| self.rows.x[[row, input + i]] == 1.0);
                let (how, at) = match hit {
                    Some(i) => (
                        format!("1 at input {} of {}, else 0", i + 1, column.encoding.width()),
                        Some(input + i),
                    ),
                    None => ("not seen in training: all its inputs are 0".to_string(), None),
                };
                let last = at.map_or(Prose::text("0"), value);
                vec![vec![name(), Prose::text(cell), Prose::text(how), last]]
            }
        }
    }

    fn network(&self, document: &mut Document) {
        document.heading(1, "The network");
        let loss = loss_of(self.model.target());
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

    /// The optimiser with the learning rate of the next epoch.
    fn scheduled(&self, state: &TrainingState<f64>) -> Optimizer {
        let record = self.model.record();
        let schedule = LearningRate::from(record.options.schedule);
        let epoch = state.progress.epoch;
        let planned = record.options.epochs_for(record.training_rows).max(epoch);
        let rate = |base: f64| schedule.rate(base, epoch, planned, &state.progress.schedule);
        let mut optimizer = state.optimizer;
        match &mut optimizer {
            Optimizer::Sgd(o) => o.learning_rate = rate(o.learning_rate),
            Optimizer::Adam(o) => o.learning_rate = rate(o.learning_rate),
            Optimizer::AdamW(o) => o.learning_rate = rate(o.learning_rate),
            Optimizer::Rprop(_) | Optimizer::Lbfgs(_) => {}
        }
        optimizer
    }

    fn step_words(&self, document: &mut Document, state: Option<&TrainingState<f64>>) {
        let options = &self.model.record().options;
        let title = deltarule_worked::optimizer(&match state {
            Some(state) => state.optimizer,
            None => return,
        })
        .title;
        document.heading(1, "The next step");
        document.paragraph(Prose::text(format!(
            "What follows is the update that training would make next if these rows were its batch: {title}, going on with what it \
             remembers from the training. Losses and gradients are averaged over the rows."
        )));
        if self.model.network().parameters() != self.network.parameters() {
            document.paragraph(Prose::text(
                "Early stopping kept the parameters of the best epoch. Training would go on from those of its last epoch, which \
                 are used here.",
            ));
        }
        let mut left_out = Vec::new();
        if options.dropout > 0.0 {
            left_out.push("dropout");
        }
        if options.balanced {
            left_out.push("the weights of the classes");
        }
        if !left_out.is_empty() {
            document.paragraph(Prose::text(format!(
                "Left out here, though the training had it: {}.",
                left_out.join(" and ")
            )));
        }
    }

    /// The outputs in the words of the table.
    fn outcome(&self, document: &mut Document, trace: &Trace) {
        document.heading(1, "What it says");
        let Some(outputs) = trace.x.last() else { return };
        let last = Some(trace.x.len());
        for (i, number) in self.options.rows.iter().enumerate() {
            let row = outputs.value.row(i);
            let prose = match self.model.target() {
                Target::Classes { column, classes, .. } => {
                    let mut order: Vec<usize> = (0..classes.len()).collect();
                    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
                    let mut prose = Prose::text(format!(
                        "Row {number}: {column} is {} with probability ",
                        classes[order[0]]
                    ));
                    for (k, class) in order.iter().take(4).enumerate() {
                        if k > 0 {
                            prose = prose.and_text(format!(", {} with ", classes[*class]));
                        }
                        let quantity = Quantity::new("rows", 1, "x", last);
                        prose = prose.and_math(Math::number(row[*class], *class, i, quantity));
                    }
                    // What the table says stands beside it: a wrong answer should not look like a right one.
                    let told = self
                        .rows
                        .t
                        .as_ref()
                        .and_then(|t| (0..classes.len()).find(|c| t[[i, *c]] == 1.0));
                    prose.and_text(match told {
                        Some(class) if class == order[0] => ", as the table says.".to_string(),
                        Some(class) => {
                            format!("; the table says {}: the model is wrong here.", classes[class])
                        }
                        None => ".".into(),
                    })
                }
                Target::Numbers(targets) => {
                    let mut prose = Prose::text(format!("Row {number}: "));
                    for (k, target) in targets.iter().enumerate() {
                        let gap = if k > 0 { ", " } else { "" };
                        let value = row[k] * target.deviation + target.mean;
                        let quantity = Quantity::new("rows", 1, "prediction", None);
                        prose = prose
                            .and_text(format!("{gap}{} is ", target.column))
                            .and_math(Math::number(value, k, i, quantity));
                        if let Some(t) = &self.rows.t {
                            let told = t[[i, k]] * target.deviation + target.mean;
                            let quantity = Quantity::new("rows", 1, "target", None);
                            prose = prose
                                .and_text(" (the table says ")
                                .and_math(Math::number(told, k, i, quantity))
                                .and_text(")");
                        }
                    }
                    prose.and_text(
                        "; the output times the deviation of the training rows plus their mean.",
                    )
                }
            };
            document.paragraph(prose);
        }
    }

    /// Which inputs the outcome hangs on.
    fn sensitivity(&self, document: &mut Document, trace: &Trace) {
        document.heading(1, "What the outcome hangs on");
        let what = match self.model.target() {
            Target::Classes { .. } => "probability of the predicted class",
            Target::Numbers(_) => "predicted number",
        };
        document.paragraph(Prose::text(format!(
            "The derivative of the {what} with respect to each input, in the units of the column: how much it would change, to first \
             order, if the column were one unit larger, and if it were one standard deviation of the training rows larger. For a \
             category, how much it would change if the value held. Those that change most are first. It holds near this row only.",
        )));
        let inputs = self.inputs();
        let names = self.model.preparation().feature_names();
        for (i, number) in self.options.rows.iter().enumerate() {
            for (output, title, scale) in self.outputs(trace, i) {
                let slopes = trace.sensitivity(self.network, output);
                let row: ArrayView2<'_, f64> = slopes.slice(ndarray::s![i..=i, ..]);
                let mut order: Vec<usize> = (0..row.ncols()).collect();
                let size = |j: &usize| row[[0, *j]].abs();
                order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
                let rows = order
                    .iter()
                    .take(SENSITIVE)
                    .map(|&j| {
                        let slope = row[[0, j]] * scale;
                        let cell = |name: &str, value: f64| {
                            Prose::default().and_math(Math::number(
                                value,
                                j,
                                i,
                                self.quantity(name),
                            ))
                        };
                        vec![
                            Prose::text(&names[j]),
                            match inputs[j] {
                                Some(deviation) => cell("sensitivity_per_unit", slope / deviation),
                                None => Prose::text("–"),
                            },
                            cell("sensitivity", slope),
                        ]
                    })
                    .collect();
                document.paragraph(Prose::text(format!("Row {number}, {title}:")));
                let header = ["column", "per unit", "per deviation, or if it held"]
                    .map(Prose::text)
                    .to_vec();
                document.blocks.push(Block::Table(Table { header, rows }));
            }
        }
    }

    /// The deviation that each input of the network was divided by, where it is a number.
    fn inputs(&self) -> Vec<Option<f64>> {
        let mut inputs = Vec::new();
        for column in &self.model.preparation().columns {
            match &column.encoding {
                Encoding::Number { deviation, indicator, .. } => {
                    inputs.push(Some(*deviation));
                    inputs.extend(indicator.then_some(None));
                }
                Encoding::Category { .. } => {
                    inputs.extend(std::iter::repeat_n(None, column.encoding.width()));
                }
            }
        }
        inputs
    }

    /// The outputs that are looked at for a row: which, what they are called, and what one unit of them is in the table.
    fn outputs(&self, trace: &Trace, row: usize) -> Vec<(usize, String, f64)> {
        let Some(outputs) = trace.x.last() else { return Vec::new() };
        match self.model.target() {
            Target::Classes { classes, .. } => {
                let best = deltarule::metrics::argmax(outputs.value.row(row));
                vec![(best, format!("probability of {}", classes[best]), 1.0)]
            }
            Target::Numbers(targets) => targets
                .iter()
                .enumerate()
                .map(|(k, target)| (k, target.column.clone(), target.deviation))
                .collect(),
        }
    }
}
