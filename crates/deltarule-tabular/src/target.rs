//! What is predicted: the classes of a column, or the numbers of one or several.

use deltarule::{Choice, Loss};
use serde::{Deserialize, Serialize};

use crate::chunk::{CellValue, Chunk};
use crate::error::{Error, Hint, Result};
use crate::label::{NumberLabel, by_size};
use crate::scan::{CLASS_LIMIT, ColumnSummary, ColumnType, TableSummary};
use crate::source::Source;

/// What kind of prediction is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskChoice {
    /// Text, booleans, and integers with at most 20 distinct values are classes; anything else is regression.
    #[default]
    Auto,
    /// Classes.
    Classification,
    /// Numbers.
    Regression,
}

impl Choice for TaskChoice {
    const WHAT: &'static str = "task";
    const CHOICES: &'static [Self] = &[Self::Auto, Self::Classification, Self::Regression];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classification => "classification",
            Self::Regression => "regression",
        }
    }
}

/// What kind of prediction a model makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Classes.
    Classification,
    /// Numbers.
    Regression,
}

impl TaskKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Regression => "regression",
        }
    }
}

/// Why classes or numbers are predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskReason {
    /// It was asked for.
    Asked,
    /// That is what the model, whose training goes on, was trained for.
    Model,
    /// There are several targets, and only numbers can be several.
    SeveralTargets,
    /// What the target's column holds.
    Column {
        /// The column.
        name: String,
        /// The type of its cells.
        kind: ColumnType,
        /// How many distinct values there are, if that decided.
        distinct: Option<Distinct>,
    },
}

/// How many distinct values a column of a [`TaskReason`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// So many: few enough to be classes.
    Few(usize),
    /// More than this: too many to be classes.
    MoreThan(usize),
}

/// What is predicted, fitted on the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The classes of a column.
    Classes {
        /// The column.
        column: String,
        /// Their labels: numbers by size, text by its characters.
        classes: Vec<String>,
        /// Whether the labels are numbers; codes such as 007 are text.
        numbers: bool,
    },
    /// The numbers of one or several columns.
    Numbers(Vec<NumberTarget>),
}

/// A column of numbers that is predicted, standardised for the network: (v − mean) / deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberTarget {
    /// The column.
    pub column: String,
    /// The mean of the training rows.
    pub mean: f64,
    /// The standard deviation of the training rows.
    pub deviation: f64,
}

/// More classes than this are refused: most likely the column is not what is meant.
const MAX_CLASSES: usize = 1000;

impl Target {
    /// The names of the target columns.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Classes { column, .. } => vec![column],
            Self::Numbers(targets) => targets.iter().map(|t| t.column.as_str()).collect(),
        }
    }

    /// Values per row of a table's targets: one class number, or the numbers.
    pub(crate) fn table_width(&self) -> usize {
        match self {
            Self::Classes { .. } => 1,
            Self::Numbers(targets) => targets.len(),
        }
    }

    /// What is trained with.
    pub(crate) fn loss(&self) -> Loss {
        match self {
            Self::Classes { .. } => Loss::CrossEntropy,
            Self::Numbers(_) => Loss::SquaredError,
        }
    }

    /// Where the target columns stand in a table with these columns.
    ///
    /// # Errors
    /// When one is missing.
    pub(crate) fn places(&self, source: &Source, names: &[String]) -> Result<Vec<usize>> {
        let place = |column: &str| {
            names.iter().position(|name| name == column).ok_or_else(|| {
                let message = format!("there is no target column {column:?}");
                Error::table(source.name(), message).hinting(source.header_hint(names))
            })
        };
        self.columns().into_iter().map(place).collect()
    }

    /// Classification or regression.
    pub fn task(&self) -> TaskKind {
        match self {
            Self::Classes { .. } => TaskKind::Classification,
            Self::Numbers(_) => TaskKind::Regression,
        }
    }

    /// Outputs of the network.
    pub fn width(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(targets) => targets.len(),
        }
    }

    /// Appends the target values of one row: the number of its class, or its numbers, not yet standardised.
    pub(crate) fn push_row(
        &self,
        source: &Source,
        chunk: &Chunk,
        row: usize,
        places: &[usize],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        let decimal_comma = source.decimal_comma();
        for (name, &place) in self.columns().into_iter().zip(places) {
            let cell = chunk.columns[place].cell(row);
            let fail = |message: String| {
                let line = source.line_of(chunk.first_row + row);
                Err(Error::cell(source.name(), line, Some(name), message))
            };
            match self {
                Self::Classes { classes, numbers, .. } => {
                    if cell == CellValue::Missing {
                        return fail("the target is missing".into());
                    }
                    // Text where training had numbers is a class that was not seen.
                    let label = label(cell, *numbers, decimal_comma)
                        .unwrap_or_else(|| cell.category().unwrap_or_default().into_owned());
                    match classes.iter().position(|class| *class == label) {
                        Some(class) => out.push(class as f64),
                        None => return fail(format!("class {label:?} was not seen in training")),
                    }
                }
                Self::Numbers(_) => match cell.number(decimal_comma) {
                    Some(value) if value.is_finite() => out.push(value),
                    Some(_) => {
                        let text = cell.category().unwrap_or_default();
                        return fail(format!("{text} is not a finite number"));
                    }
                    None if cell == CellValue::Missing => {
                        return fail("the target is missing".into());
                    }
                    None => {
                        let text = cell.category().unwrap_or_default();
                        return fail(format!("{text:?} is not a number"));
                    }
                },
            }
        }
        Ok(())
    }
}

/// The class label of a cell: numbers in their shortest form, so that 1 and 1.0 are one class, and whole ones with all of
/// their digits.
fn label(cell: CellValue<'_>, numbers: bool, decimal_comma: bool) -> Option<String> {
    if numbers {
        NumberLabel::new(cell, decimal_comma).map(|label| label.to_string())
    } else {
        match cell.boolean() {
            Some(value) => Some(value.to_string()),
            None => cell.category().map(Into::into),
        }
    }
}

/// What was chosen, before the rows are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetChoice {
    /// The places of the target columns in the table.
    pub(crate) places: Vec<usize>,
    /// What is predicted; means and deviations are still to be fitted.
    pub(crate) target: Target,
    /// Why the task is what it is.
    pub(crate) reason: TaskReason,
}

/// Decides what is predicted.
///
/// # Errors
/// When a column does not exist, has missing values, or does not go with the task.
pub(crate) fn choose(
    source: &Source,
    summary: &TableSummary,
    places: Vec<usize>,
    task: TaskChoice,
) -> Result<TargetChoice> {
    let columns = &summary.columns;
    for &place in &places {
        check_missing(source, &columns[place])?;
    }
    for (i, place) in places.iter().enumerate() {
        if places[..i].contains(place) {
            return Err(Error::data(format!("target {:?} is named twice", columns[*place].name)));
        }
    }
    let first = &columns[places[0]];
    let looks_like_classes = match first.kind {
        ColumnType::Category | ColumnType::Boolean => true,
        ColumnType::Integer => first.distinct <= CLASS_LIMIT,
        ColumnType::Number | ColumnType::Empty | ColumnType::Unread => false,
    };
    let classes = match task {
        TaskChoice::Classification => true,
        TaskChoice::Regression => false,
        TaskChoice::Auto => looks_like_classes && places.len() == 1,
    };
    let of_first =
        |distinct| TaskReason::Column { name: first.name.clone(), kind: first.kind, distinct };
    let reason = match (task, classes) {
        (TaskChoice::Auto, true) => of_first(Some(Distinct::Few(first.distinct))),
        (TaskChoice::Auto, false) if places.len() > 1 => TaskReason::SeveralTargets,
        (TaskChoice::Auto, false) if first.kind == ColumnType::Integer => {
            of_first(Some(Distinct::MoreThan(CLASS_LIMIT)))
        }
        (TaskChoice::Auto, false) => of_first(None),
        (TaskChoice::Classification | TaskChoice::Regression, _) => TaskReason::Asked,
    };
    let target = if classes {
        class_target(source, columns, &places)?
    } else {
        number_target(source, columns, &places)?
    };
    Ok(TargetChoice { places, target, reason })
}

fn check_missing(source: &Source, column: &ColumnSummary) -> Result<()> {
    match (column.missing, column.first_missing) {
        (0, _) | (_, None) => Ok(()),
        (count, Some(row)) => {
            let rows = if count == 1 { "row" } else { "rows" };
            let first =
                source.line_of(row).map_or(String::new(), |l| format!(", first in line {l}"));
            let name = &column.name;
            Err(Error::table(
                source.name(),
                format!(
                    "the target {name:?} is missing in {count} {rows}{first}; remove these rows"
                ),
            ))
        }
    }
}

fn class_target(source: &Source, columns: &[ColumnSummary], places: &[usize]) -> Result<Target> {
    let (file, decimal_comma) = (source.name(), source.decimal_comma());
    let [place] = places else {
        return Err(Error::data(
            "several targets can be predicted as numbers only; train a model for each",
        ));
    };
    let column = &columns[*place];
    let numbers = matches!(column.kind, ColumnType::Integer | ColumnType::Number) && !column.codes;
    let labels = column.categories.iter().map(|text| CellValue::Text(text));
    let mut classes: Vec<String> =
        labels.filter_map(|cell| label(cell, numbers, decimal_comma)).collect();
    if numbers {
        classes.sort_by(|a, b| by_size(a, b));
    } else {
        classes.sort();
    }
    classes.dedup();
    if classes.len() > MAX_CLASSES {
        return Err(Error::table(
            file,
            format!("{:?} has more than {MAX_CLASSES} classes", column.name),
        )
        .hinting(Hint::PredictNumbers));
    }
    if let [only] = &classes[..] {
        let message = format!(
            "the target {:?} has a single class, {only:?}: there is nothing to learn",
            column.name
        );
        return Err(Error::table(file, message));
    }
    Ok(Target::Classes { column: column.name.clone(), classes, numbers })
}

fn number_target(source: &Source, columns: &[ColumnSummary], places: &[usize]) -> Result<Target> {
    let file = source.name();
    let targets = places.iter().map(|&place| {
        let column = &columns[place];
        match (column.kind, column.first_text()) {
            (ColumnType::Integer | ColumnType::Number, _) => {
                Ok(NumberTarget { column: column.name.clone(), mean: 0.0, deviation: 1.0 })
            }
            (_, Some((row, text))) => Err(Error::cell(
                file,
                source.line_of(*row),
                Some(&column.name),
                format!("{text:?} is not a number, which regression needs"),
            )),
            (kind, None) => Err(Error::cell(
                file,
                None,
                Some(&column.name),
                format!("holds {}, and regression needs numbers", kind.holds()),
            )),
        }
    });
    Ok(Target::Numbers(targets.collect::<Result<_>>()?))
}
