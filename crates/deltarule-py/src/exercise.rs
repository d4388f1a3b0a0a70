//! `Exercise`: from a text to what can be solved, compared and marked.

use deltarule::{Activation, Loss};
use deltarule_exercise::generate::{RecipeOptions, exercise_file};
use deltarule_exercise::marking::{
    AnswerFormat, Answers, MarkWeights, MarkingOptions, grade, mark, template,
};
use deltarule_exercise::{Diagnostic, Exercise, ExerciseHint, compare, sheet, solve};
use pyo3::prelude::*;

use crate::failure::{exception, value_error};
use crate::worked::{MarkedAnswer, Worked, WorkedKind};

/// The width of the excerpts in messages.
const WIDTH: usize = 100;

/// What the quantities are worth: z=10,x=30, or the same as pairs.
#[derive(FromPyObject)]
enum MarksGiven {
    Text(String),
    Families(Vec<(String, f64)>),
}

/// An exercise, checked.
#[pyclass(module = "deltarule._core", name = "Exercise", frozen)]
pub(crate) struct PyExercise {
    exercise: Exercise,
    /// What messages call it.
    name: String,
}

fn located(diagnostic: Diagnostic) -> PyErr {
    let diagnostic = match diagnostic.hint().and_then(worded) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    value_error(diagnostic.render(WIDTH).trim_end())
}

/// An error of the library, and what Python has for it.
fn hinted(error: impl std::fmt::Display, hint: Option<&ExerciseHint>) -> PyErr {
    match hint.and_then(worded) {
        Some(words) => value_error(format!("{error}: {words}")),
        None => value_error(error),
    }
}

/// What can be done, with the names of the Python package.
fn worded(hint: &ExerciseHint) -> Option<String> {
    Some(match hint {
        ExerciseHint::Template { csv } => {
            let format = if *csv { "\"csv\"" } else { "" };
            format!("`Exercise.template({format})` makes a file to fill in")
        }
        ExerciseHint::NeedsUpdate { option } => {
            format!("leave {option}= out, or ask for \"update\" in parts=")
        }
        ExerciseHint::NeedsGradient { option } => {
            format!("leave {option}= out, or ask for \"gradient\" or \"update\" in parts=")
        }
        ExerciseHint::NeedsMomentum => {
            "leave momentum= out, or say optimizer=\"momentum\" or \"nesterov\"".to_string()
        }
        // What later libraries add goes without words until this package has some.
        _ => return None,
    })
}

#[pymethods]
impl PyExercise {
    #[new]
    fn new(text: &str, name: String) -> PyResult<Self> {
        let exercise = Exercise::parse(text, &name);
        Ok(Self { exercise: exercise.map_err(located)?, name })
    }

    /// The text of the sheet's exercise with this number.
    #[staticmethod]
    fn sheet(number: usize) -> Option<&'static str> {
        sheet(number)
    }

    /// The text of the exercise that these options make, an object in JSON.
    #[staticmethod]
    fn made(py: Python<'_>, options: &str) -> PyResult<String> {
        let value = serde_json::from_str(options).map_err(value_error)?;
        let options =
            RecipeOptions::from_json(&value).map_err(|error| hinted(&error, error.hint()))?;
        py.detach(|| exercise_file(&options)).map_err(|error| hinted(&error, error.hint()))
    }

    /// The TOML of an object in JSON.
    #[staticmethod]
    fn toml(json: &str) -> PyResult<String> {
        let value: serde_json::Value = serde_json::from_str(json).map_err(value_error)?;
        toml::to_string(&value).map_err(value_error)
    }

    #[getter]
    fn title(&self) -> &str {
        &self.exercise.title
    }

    #[getter]
    fn layers(&self) -> Vec<usize> {
        self.exercise.network.layer_sizes()
    }

    #[getter]
    fn activations(&self) -> Vec<&'static str> {
        self.exercise.network.layers().iter().map(|layer| layer.activation().name()).collect()
    }

    #[getter]
    fn loss(&self) -> &'static str {
        self.exercise.loss.name()
    }

    /// Everything that the file may leave out, said.
    fn to_toml(&self) -> String {
        self.exercise.to_toml()
    }

    /// A file of answers to fill in: toml or csv.
    fn template(&self, format: &str) -> PyResult<String> {
        let format = match format {
            "csv" => AnswerFormat::Csv,
            "toml" => AnswerFormat::Toml,
            other => return Err(value_error(format!("there is no format {other:?}"))),
        };
        template(&self.exercise, format).map_err(|problem| self.problem(problem))
    }

    fn solve(&self, py: Python<'_>) -> PyResult<Worked> {
        let solution = py.detach(|| solve(&self.exercise)).map_err(|error| self.problem(error))?;
        Ok(WorkedKind::Solution(Box::new(solution)).into())
    }

    fn compare(
        &self,
        py: Python<'_>,
        losses: Vec<String>,
        outputs: Vec<String>,
    ) -> PyResult<Worked> {
        let losses: Vec<Loss> =
            losses.iter().map(|name| name.parse().map_err(exception)).collect::<PyResult<_>>()?;
        let outputs: Vec<Activation> =
            outputs.iter().map(|name| name.parse().map_err(exception)).collect::<PyResult<_>>()?;
        let comparison = py
            .detach(|| compare(&self.exercise, &losses, &outputs))
            .map_err(|error| self.problem(error))?;
        let parameters = self.exercise.network.parameter_count();
        Ok(WorkedKind::Comparison(Box::new(comparison), parameters).into())
    }

    /// Marks an answer; `name` says its format where it has an ending.
    fn check(
        &self,
        py: Python<'_>,
        text: &str,
        name: &str,
        marks: Option<MarksGiven>,
        absolute: f64,
        relative: f64,
    ) -> PyResult<Worked> {
        let weights = match marks {
            None => MarkWeights::default(),
            Some(MarksGiven::Text(text)) => MarkWeights::parse(&text, &self.exercise)
                .map_err(|problem| value_error(format!("marks {text}: {problem}")))?,
            Some(MarksGiven::Families(given)) => MarkWeights::new(given, &self.exercise)
                .map_err(|problem| value_error(format!("marks: {problem}")))?,
        };
        let format = AnswerFormat::of_ending(name).unwrap_or_else(|| AnswerFormat::guess(text));
        let answers = Answers::parse(&self.exercise, text, name, format).map_err(located)?;
        let options = MarkingOptions { absolute, relative };
        let marking = py
            .detach(|| mark(&self.exercise, &answers, &options))
            .map_err(|error| self.problem(error))?;
        let grading = grade(&marking, &weights);
        let exercise = self.exercise.clone();
        Ok(WorkedKind::Marking(Box::new(MarkedAnswer { exercise, marking, grading })).into())
    }
}

impl PyExercise {
    fn problem(&self, error: impl std::fmt::Display) -> PyErr {
        value_error(format!("{}: {error}", self.name))
    }
}
