//! `deltarule new`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Activation, Adam, AdamW, Loss, Optimizer, Rprop, Sgd};
use deltarule_exercise::generate::{
    Feature, Generated, Recipe, StartFrom, generate, variant_seeds,
};
use deltarule_exercise::marking::Alike;
use deltarule_exercise::{Mode, MoodleOptions, Style, Task, to_document, to_moodle};

use crate::args::{
    ModeName, NewArguments, RecipeArguments, ReductionName, SheetArguments, StartName, TaskName,
};
use crate::failure::{Failure, Outcome};
use crate::render::{self, DIGITS, Format};
use crate::solve::notation;
use crate::usage;

/// More variants are refused: nobody teaches so many, and each takes files.
const MAX_VARIANTS: usize = 1_000;
/// The significant digits that Moodle asks for, where no others are said.
const ASKED_DIGITS: usize = 4;
/// What variants in a directory are called.
const NAME: &str = "exercise";

pub(crate) fn run(arguments: &NewArguments) -> Outcome {
    let NewArguments { recipe: wanted, sheet } = arguments;
    let recipe = recipe(wanted)?;
    let writing = Writing::new(sheet)?;
    let variants: Vec<Variant> = match sheet.count {
        None => vec![Variant { number: None, recipe }],
        Some(count) => variants(&recipe, count),
    };
    // Everything is made before the first file is written.
    let made: Vec<Generated> = variants
        .iter()
        .map(|variant| generate(&variant.recipe).map_err(|error| usage(error.to_string())))
        .collect::<Result<_, _>>()?;
    warn(&made);
    writing.directories()?;
    for (variant, generated) in variants.iter().zip(&made) {
        writing.exercise(wanted, variant, generated)?;
        writing.sheets(variant, generated)?;
    }
    writing.moodle(&recipe_title(&made, wanted), &made)
}

/// The file of the exercise that a recipe makes.
pub(crate) fn exercise(wanted: &RecipeArguments) -> Result<String, Failure> {
    let recipe = recipe(wanted)?;
    let made = generate(&recipe).map_err(|error| usage(error.to_string()))?;
    let variant = Variant { number: None, recipe };
    Ok(text(wanted, &variant, &made))
}

fn text(wanted: &RecipeArguments, variant: &Variant, made: &Generated) -> String {
    format!("{}\n{}", head(wanted, variant, made), made.exercise.to_toml())
}

/// An exercise among others, or the only one.
struct Variant {
    /// Its number from 1, and how many digits numbers have.
    number: Option<(usize, usize)>,
    recipe: Recipe,
}

fn variants(recipe: &Recipe, count: usize) -> Vec<Variant> {
    let width = count.to_string().len().max(2);
    let variant = |(i, seed): (usize, u64)| {
        let mut recipe = Recipe { seed, ..recipe.clone() };
        recipe.title = Some(format!("{}, variant {}", recipe.title(), i + 1));
        Variant { number: Some((i + 1, width)), recipe }
    };
    variant_seeds(recipe.seed, count).into_iter().enumerate().map(variant).collect()
}

/// The category of the questions: the title without the number of a variant.
fn recipe_title(made: &[Generated], wanted: &RecipeArguments) -> String {
    wanted.title.clone().unwrap_or_else(|| {
        let title = made.first().map_or("", |generated| generated.exercise.title.as_str());
        title.rsplit_once(", variant ").map_or(title, |(title, _)| title).to_string()
    })
}

fn recipe(wanted: &RecipeArguments) -> Result<Recipe, Failure> {
    let outputs = wanted.layers.last().copied().unwrap_or(0);
    let optimizer = optimizer(wanted)?;
    let remembers = !optimizer.state_names().is_empty();
    let mode = match wanted.mode {
        ModeName::Batch => Mode::Batch,
        ModeName::Online => Mode::Online,
    };
    let epochs = wanted.epochs.unwrap_or(if remembers { 2 } else { 1 });
    let names: &[TaskName] = match (wanted.parts.as_slice(), outputs) {
        ([], 1) => &[TaskName::Update],
        ([], _) => &[TaskName::Update, TaskName::Classify],
        (parts, _) => parts,
    };
    let task = |name: &TaskName| match name {
        TaskName::Forward => Task::Forward,
        TaskName::Gradient => Task::Gradient,
        TaskName::Update => Task::Update { optimizer, mode, epochs },
        TaskName::Classify => Task::Classify,
    };
    unused_options(wanted, names)?;
    Ok(Recipe {
        title: wanted.title.clone(),
        layers: wanted.layers.clone(),
        activation: wanted.activation,
        output_activation: wanted.output_activation.unwrap_or(partner(wanted)),
        loss: wanted.loss,
        tasks: names.iter().map(task).collect(),
        start: match wanted.start {
            StartName::Trained => StartFrom::Trained,
            StartName::Initial => StartFrom::Initial,
        },
        examples: wanted.examples,
        options: TraceOptions {
            reduction: match wanted.reduction {
                ReductionName::Sum => Reduction::Sum,
                ReductionName::Mean => Reduction::Mean,
            },
            l2: wanted.l2,
            train_biases: wanted.train_biases,
        },
        biases: !wanted.no_biases,
        digits: wanted.digits,
        feature: match (wanted.saturated, wanted.dead_unit) {
            (true, _) => Some(Feature::Saturated),
            (_, true) => Some(Feature::DeadUnit),
            (false, false) => None,
        },
        seed: wanted.seed,
    })
}

/// The outputs that go with the loss, where nothing is said about them.
fn partner(wanted: &RecipeArguments) -> Activation {
    match wanted.loss {
        Loss::CrossEntropy => Activation::Softmax,
        Loss::BinaryCrossEntropy => Activation::Sigmoid,
        Loss::Poisson => Activation::Exp,
        _ => wanted.activation,
    }
}

/// An option that would change nothing is a misunderstanding, and is named.
fn unused_options(wanted: &RecipeArguments, parts: &[TaskName]) -> Outcome {
    let updates = parts.contains(&TaskName::Update);
    let gradients = updates || parts.contains(&TaskName::Gradient);
    let for_updates = [
        ("--optimizer", wanted.optimizer != "sgd"),
        ("--learning-rate", wanted.learning_rate.is_some()),
        ("--mode", wanted.mode != ModeName::Batch),
        ("--epochs", wanted.epochs.is_some()),
    ];
    if let Some((option, _)) = for_updates.iter().find(|(_, given)| *given && !updates) {
        return Err(usage(format!("{option} is for updates, and --parts has none")));
    }
    let for_gradients = [("--l2", wanted.l2 != 0.0), ("--train-biases", !wanted.train_biases)];
    if let Some((option, _)) = for_gradients.iter().find(|(_, given)| *given && !gradients) {
        return Err(usage(format!("{option} is for gradients and updates, and --parts has none")));
    }
    Ok(())
}

fn optimizer(wanted: &RecipeArguments) -> Result<Optimizer, Failure> {
    let name = wanted.optimizer.as_str();
    if wanted.momentum.is_some() && !matches!(name, "momentum" | "nesterov") {
        return Err(usage(format!(
            "--momentum is for --optimizer momentum and nesterov; {name} has none"
        )));
    }
    let rate = |default: f64| wanted.learning_rate.unwrap_or(default);
    let momentum = wanted.momentum.unwrap_or(0.9);
    Ok(match name {
        "momentum" | "nesterov" => {
            Sgd { learning_rate: rate(0.2), momentum, nesterov: name == "nesterov" }.into()
        }
        "adam" => Adam { learning_rate: rate(0.1), ..Adam::default() }.into(),
        "adamw" => AdamW { learning_rate: rate(0.1), ..AdamW::default() }.into(),
        "rprop" => Rprop { initial_step: rate(0.1), ..Rprop::default() }.into(),
        _ => Sgd { learning_rate: rate(0.5), ..Sgd::default() }.into(),
    })
}

/// Where things are written.
struct Writing<'a> {
    sheet: &'a SheetArguments,
    sheets: Vec<(&'a Path, Format)>,
}

impl<'a> Writing<'a> {
    fn new(sheet: &'a SheetArguments) -> Result<Self, Failure> {
        let formats = [
            (&sheet.markdown, Format::Markdown),
            (&sheet.latex, Format::Latex),
            (&sheet.pdf, Format::Pdf),
        ];
        let sheets: Vec<(&Path, Format)> = formats
            .into_iter()
            .filter_map(|(path, format)| Some((path.as_deref()?, format)))
            .collect();
        let writing = Self { sheet, sheets };
        if let Some(count) = sheet.count {
            if count > MAX_VARIANTS {
                return Err(usage(format!(
                    "--count {count}: at most {MAX_VARIANTS} variants in one go"
                )));
            }
            if !writing.writes_files() {
                return Err(usage(
                    "--count makes a file per variant: name them with -o NAME.toml, or a directory with -o DIRECTORY",
                ));
            }
        }
        writing.different_places()?;
        let documents = !writing.sheets.is_empty() || sheet.moodle.is_some();
        if sheet.notation.is_some() && !documents {
            return Err(usage(
                "--notation is for sheets and questions: --markdown, --latex, --pdf or --moodle",
            ));
        }
        if sheet.pdf.is_some() {
            render::can_write_pdf()?;
        }
        Ok(writing)
    }

    /// Two files in one place would leave one of them.
    fn different_places(&self) -> Outcome {
        let sheets = self.sheets.iter().map(|(path, _)| *path);
        let others = [self.sheet.output.as_deref(), self.sheet.moodle.as_deref()];
        let files = sheets.chain(others.into_iter().flatten());
        // A directory holds all of them.
        let files: Vec<&Path> =
            files.filter(|path| !path.is_dir() && !ends_as_directory(path)).collect();
        match files.iter().enumerate().find(|(i, path)| files[..*i].contains(path)) {
            None => Ok(()),
            Some((_, path)) => Err(usage(format!(
                "{} is named for two files: each needs a name of its own",
                path.display()
            ))),
        }
    }

    fn writes_files(&self) -> bool {
        self.sheet.output.is_some() || self.sheet.moodle.is_some() || !self.sheets.is_empty()
    }

    /// Makes the directories that were named as such and do not exist.
    fn directories(&self) -> Outcome {
        let paths = self.sheets.iter().map(|(path, _)| *path).chain(self.sheet.output.as_deref());
        for path in paths.filter(|path| ends_as_directory(path)) {
            std::fs::create_dir_all(path)
                .map_err(|error| usage(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// The exercise file: to where it was asked for, else to standard output, where nothing else was asked for.
    fn exercise(&self, wanted: &RecipeArguments, variant: &Variant, made: &Generated) -> Outcome {
        let text = text(wanted, variant, made);
        match &self.sheet.output {
            Some(path) => {
                let path = numbered(path, "toml", variant);
                render::to_output(Some(&path), |out| out.write_all(text.as_bytes()))?;
                wrote(&path);
                Ok(())
            }
            None if self.writes_files() => Ok(()),
            None => render::to_output(None, |out| out.write_all(text.as_bytes())),
        }
    }

    /// The sheets to fill in, and their solutions.
    fn sheets(&self, variant: &Variant, made: &Generated) -> Outcome {
        // Whoever looks for a slip sees at least as many digits as were asked for.
        let digits = made.exercise.digits.unwrap_or(DIGITS).max(DIGITS);
        for &(path, format) in &self.sheets {
            let path = numbered(path, ending(format), variant);
            for (path, blank) in [(path.clone(), true), (solutions(&path), false)] {
                let style = Style {
                    notation: notation(self.sheet.notation),
                    blank,
                    digits,
                    ..Style::default()
                };
                let document = to_document(&made.solution, &style);
                render::write(&document, format, Some(digits), Some(&path))?;
                wrote(&path);
            }
        }
        Ok(())
    }

    /// All variants in one file.
    fn moodle(&self, category: &str, made: &[Generated]) -> Outcome {
        let Some(path) = &self.sheet.moodle else { return Ok(()) };
        let solutions: Vec<_> = made.iter().map(|generated| generated.solution.clone()).collect();
        let options = MoodleOptions {
            category: category.to_string(),
            digits: ASKED_DIGITS,
            notation: notation(self.sheet.notation),
        };
        let xml = to_moodle(&solutions, &options);
        render::to_output(Some(path), |out| out.write_all(xml.as_bytes()))?;
        wrote(path);
        Ok(())
    }
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Latex => "tex",
        Format::Pdf => "pdf",
        _ => "md",
    }
}

/// The path of a variant: NAME-01.toml for NAME.toml, exercise-01.toml in a directory. Without variants a directory gets
/// exercise.toml.
fn numbered(path: &Path, ending: &str, variant: &Variant) -> PathBuf {
    let path = if path.is_dir() || ends_as_directory(path) {
        path.join(NAME).with_extension(ending)
    } else {
        path.to_path_buf()
    };
    match variant.number {
        None => path,
        Some((number, width)) => with_suffix(&path, &format!("-{number:0width$}")),
    }
}

fn ends_as_directory(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator)
}

fn solutions(path: &Path) -> PathBuf {
    with_suffix(path, "-solutions")
}

/// The same path with something before the ending.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push(suffix);
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// What made the file, and which mistakes it cannot tell apart.
fn head(wanted: &RecipeArguments, variant: &Variant, made: &Generated) -> String {
    let mut text = format!("# Made by: {}\n", command(wanted, &variant.recipe));
    for pair in &made.alike {
        let _ = writeln!(text, "# Give the same answer: {pair}");
    }
    text
}

/// The command that makes this exercise again.
fn command(wanted: &RecipeArguments, recipe: &Recipe) -> String {
    let mut words = vec!["deltarule new".to_string()];
    let names = |values: Vec<String>| values.join(",");
    words.push(format!("--layers {}", names(wanted.layers.iter().map(usize::to_string).collect())));
    words.push(format!("--activation {}", wanted.activation));
    if let Some(activation) = wanted.output_activation {
        words.push(format!("--output-activation {activation}"));
    }
    words.push(format!("--loss {}", wanted.loss));
    words.push(format!("--optimizer {}", wanted.optimizer));
    words.push(format!("--examples {}", wanted.examples));
    if !wanted.parts.is_empty() {
        let parts = wanted.parts.iter().map(|part| format!("{part:?}").to_lowercase()).collect();
        words.push(format!("--parts {}", names(parts)));
    }
    let numbers = [("learning-rate", wanted.learning_rate), ("momentum", wanted.momentum)];
    words.extend(numbers.iter().filter_map(|(name, v)| v.map(|v| format!("--{name} {v}"))));
    words.extend(wanted.epochs.map(|epochs| format!("--epochs {epochs}")));
    words.extend(wanted.digits.map(|digits| format!("--digits {digits}")));
    if wanted.l2 != 0.0 {
        words.push(format!("--l2 {}", wanted.l2));
    }
    let flags = [
        ("--start initial", wanted.start == StartName::Initial),
        ("--reduction mean", wanted.reduction == ReductionName::Mean),
        ("--mode online", wanted.mode == ModeName::Online),
        ("--train-biases false", !wanted.train_biases),
        ("--no-biases", wanted.no_biases),
        ("--saturated", wanted.saturated),
        ("--dead-unit", wanted.dead_unit),
    ];
    words.extend(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| (*flag).to_string()));
    words.push(format!("--seed {}", recipe.seed));
    words.extend(recipe.title.as_ref().map(|title| format!("--title {}", quoted(title))));
    words.join(" ")
}

/// A word as a shell reads it, in one line.
fn quoted(word: &str) -> String {
    let word: String = word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Mistakes that give the same answer, said where whoever makes the exercise reads it: each pair once, whatever the number of
/// variants.
fn warn(made: &[Generated]) {
    let mut pairs: Vec<(Alike, usize)> = Vec::new();
    for pair in made.iter().flat_map(|generated| &generated.alike) {
        match pairs.iter_mut().find(|(known, _)| known == pair) {
            Some((_, count)) => *count += 1,
            None => pairs.push((*pair, 1)),
        }
    }
    for (pair, count) in pairs {
        let of = match made.len() {
            1 => String::new(),
            all => format!(" in {count} of {all} variants"),
        };
        say(&format!("These mistakes give the same answer{of}: {pair}"));
    }
}

fn wrote(path: &Path) {
    say(&format!("Wrote {}", path.display()));
}

/// Remarks go to standard error: standard output is for the exercise.
fn say(text: &str) {
    // Nothing can be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
