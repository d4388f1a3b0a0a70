//! `deltarule new`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use deltarule_exercise::generate::{Generated, Recipe, RecipeOptions, generate, variant_seeds};
use deltarule_exercise::marking::Alike;
use deltarule_exercise::{MoodleOptions, Style, to_document, to_moodle};

use crate::args::{NewArguments, RecipeArguments, SheetArguments};
use crate::exercise::hinted;
use crate::failure::{Failure, Outcome, usage};
use crate::render::{self, DIGITS, DocumentFormat};

/// More variants are refused: nobody teaches so many, and each takes files.
const MAX_VARIANTS: usize = 1_000;
/// The significant digits that Moodle asks for, where no others are said.
const ASKED_DIGITS: usize = 4;
/// What variants in a directory are called.
const NAME: &str = "exercise";

pub(crate) fn run(arguments: &NewArguments) -> Outcome {
    let NewArguments { recipe: wanted, sheet } = arguments;
    let options = options(wanted);
    let recipe = options.recipe().map_err(|error| hinted(&error, error.hint()))?;
    let writing = Writing::new(sheet)?;
    let variants: Vec<Variant> = match sheet.count {
        None => vec![Variant { number: None, options, recipe }],
        Some(count) => variants(&options, &recipe, count),
    };
    // Everything is made before the first file is written.
    let made: Vec<Generated> = variants
        .iter()
        .map(|variant| generate(&variant.recipe).map_err(|error| hinted(&error, error.hint())))
        .collect::<Result<_, _>>()?;
    warn(&made);
    writing.directories()?;
    for (variant, generated) in variants.iter().zip(&made) {
        writing.exercise(variant, generated)?;
        writing.sheets(variant, generated)?;
    }
    writing.moodle(&recipe_title(&made, wanted), &made)
}

/// An exercise among others, or the only one.
struct Variant {
    /// Its number from 1, and how many digits numbers have.
    number: Option<(usize, usize)>,
    options: RecipeOptions,
    recipe: Recipe,
}

fn variants(options: &RecipeOptions, recipe: &Recipe, count: usize) -> Vec<Variant> {
    let width = count.to_string().len().max(2);
    let variant = |(i, seed): (usize, u64)| {
        let title = Some(format!("{}, variant {}", recipe.title(), i + 1));
        let options = RecipeOptions { seed, title: title.clone(), ..options.clone() };
        let recipe = Recipe { seed, title, ..recipe.clone() };
        Variant { number: Some((i + 1, width)), options, recipe }
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

/// What was typed.
fn options(wanted: &RecipeArguments) -> RecipeOptions {
    RecipeOptions {
        layers: wanted.layers.clone(),
        activation: wanted.activation,
        output_activation: wanted.output_activation,
        loss: wanted.loss,
        parts: wanted.parts.clone(),
        start: wanted.start,
        examples: wanted.examples,
        optimizer: wanted.optimizer,
        learning_rate: wanted.learning_rate,
        momentum: wanted.momentum,
        reduction: wanted.reduction,
        mode: wanted.mode,
        epochs: wanted.epochs,
        train_biases: wanted.train_biases,
        biases: !wanted.no_biases,
        l2: wanted.l2,
        saturated: wanted.saturated,
        dead_unit: wanted.dead_unit,
        digits: wanted.digits,
        title: wanted.title.clone(),
        seed: wanted.seed,
    }
}

/// Where things are written.
struct Writing<'a> {
    sheet: &'a SheetArguments,
    /// Where sheets go, in which format, and the ending of their files.
    sheets: Vec<(&'a Path, DocumentFormat, &'static str)>,
}

impl<'a> Writing<'a> {
    fn new(sheet: &'a SheetArguments) -> Result<Self, Failure> {
        let formats = [
            (&sheet.markdown, DocumentFormat::Markdown, "md"),
            (&sheet.latex, DocumentFormat::Latex, "tex"),
            (&sheet.pdf, DocumentFormat::Pdf, "pdf"),
        ];
        let sheets = formats
            .into_iter()
            .filter_map(|(path, format, ending)| Some((path.as_deref()?, format, ending)))
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
        let sheets = self.sheets.iter().map(|(path, ..)| *path);
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
        let paths = self.sheets.iter().map(|(path, ..)| *path).chain(self.sheet.output.as_deref());
        for path in paths.filter(|path| ends_as_directory(path)) {
            std::fs::create_dir_all(path)
                .map_err(|error| usage(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// The exercise file: to where it was asked for, else to standard output, where nothing else was asked for.
    fn exercise(&self, variant: &Variant, made: &Generated) -> Outcome {
        let text = made.to_file(&variant.options);
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
        for &(path, format, ending) in &self.sheets {
            let path = numbered(path, ending, variant);
            for (path, blank) in [(path.clone(), true), (solutions(&path), false)] {
                let style = Style {
                    notation: self.sheet.notation.unwrap_or_default(),
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
            notation: self.sheet.notation.unwrap_or_default(),
        };
        let xml = to_moodle(&solutions, &options);
        render::to_output(Some(path), |out| out.write_all(xml.as_bytes()))?;
        wrote(path);
        Ok(())
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Arguments, Command};

    /// The help of the command says what the library does when nothing is said.
    #[test]
    fn the_defaults_in_the_help_are_those_of_the_library() {
        let Ok(Arguments { command: Command::New(arguments) }) =
            Arguments::try_parse_from(["deltarule", "new"])
        else {
            panic!("new needs no options")
        };
        assert_eq!(options(&arguments.recipe), RecipeOptions::default());
    }
}
