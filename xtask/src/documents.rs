//! Documents as the command writes them: what the steps that look at documents look at.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::context::Context;
use crate::folder::{empty, files};
use crate::step::Outcome;

/// A document: its name, and what is asked of the command.
pub(crate) type Asked = (&'static str, &'static [&'static str]);

/// Exercises of every kind.
const GALLERY: &str = "crates/deltarule-exercise/tests/gallery";

/// An answer with a mistake, marked.
const MARKING: Asked = (
    "check-published",
    &[
        "check",
        "oracle/values/marking/exercises/published-without-biases-2-2-1.toml",
        "oracle/values/marking/answers/published/without-biases-2-2-1.toml",
    ],
);

/// What LaTeX compiles beside the solutions of the gallery.
const DOCUMENTS: &[Asked] = &[
    ("solve-1", &["solve", "1"]),
    ("solve-2", &["solve", "2"]),
    ("solve-3", &["solve", "3"]),
    ("solve-3-digits", &["solve", "3", "--digits", "17"]),
    ("solve-3-blank", &["solve", "3", "--blank"]),
    ("formulas", &["formulas"]),
    ("compare-3", &["compare", "3"]),
    MARKING,
];

/// What the browser shows beside those of the gallery.
const PAGES: &[Asked] = &[
    ("solve-1", &["solve", "1"]),
    ("solve-2", &["solve", "2"]),
    ("solve-3", &["solve", "3"]),
    ("solve-2-examples", &["solve", "2", "--batch", "examples", "--notation", "standard"]),
    ("solve-3-blank", &["solve", "3", "--blank"]),
    ("compare-3", &["compare", "3"]),
    ("formulas", &["formulas"]),
    MARKING,
];

/// What runs as a notebook beside those of the gallery.
const NOTEBOOKS: &[Asked] = &[
    ("solve-1", &["solve", "1"]),
    ("solve-2", &["solve", "2"]),
    ("solve-3", &["solve", "3"]),
    ("solve-2-examples", &["solve", "2", "--batch", "examples"]),
    ("solve-3-examples", &["solve", "3", "--batch", "examples"]),
    ("solve-2-digits", &["solve", "2", "--digits", "12"]),
    ("compare-3", &["compare", "3"]),
    ("explain-default-step", &["explain", MODELS[2].0, "iris", "--rows", "1,2", "--step"]),
];

/// Models, each with what trains it: small ones for classes and for numbers, of which the second has columns of numbers and a
/// category, and one as the command trains it on its own, whose layers are wider than what documents show.
const MODELS: &[(&str, &[&str])] = &[
    ("target/models/classes.safetensors", &["iris", "--hidden", "5,3", "--epochs", "20"]),
    (
        "target/models/numbers.safetensors",
        &["iris", "--target", "sepal_length", "--hidden", "4", "--epochs", "20"],
    ),
    ("target/models/default.safetensors", &["iris"]),
];
/// What these models explain.
const EXPLANATIONS: &[Asked] = &[
    ("explain-classes", &["explain", MODELS[0].0, "iris", "--rows", "3"]),
    ("explain-classes-step", &["explain", MODELS[0].0, "iris", "--rows", "3,60,120", "--step"]),
    ("explain-numbers", &["explain", MODELS[1].0, "iris", "--rows", "3,60"]),
    ("explain-numbers-step", &["explain", MODELS[1].0, "iris", "--rows", "120", "--step"]),
];

/// A step that looks at documents: the ending of their files, its folder under `target/`, and what it wants beside what two
/// models explain and the solutions of the gallery.
struct Reader {
    ending: &'static str,
    folder: &'static str,
    asked: &'static [Asked],
}

const READERS: [Reader; 3] = [
    Reader { ending: "tex", folder: "latex", asked: DOCUMENTS },
    Reader { ending: "html", folder: "browser", asked: PAGES },
    Reader { ending: "ipynb", folder: "notebooks", asked: NOTEBOOKS },
];

/// Trains models and writes every document of every reader.
pub(crate) fn step(context: &Context) -> Outcome {
    let written = context.build().and_then(|build| {
        train(context, &build.command)?;
        let counts = READERS.iter().map(|reader| write(context, &build.command, reader));
        counts.sum::<Result<usize, String>>()
    });
    written.map(|count| format!("{count} files")).into()
}

/// The documents that a step looks at.
pub(crate) fn written(context: &Context, ending: &str) -> Result<Vec<PathBuf>, String> {
    let reader = READERS.iter().find(|reader| reader.ending == ending);
    let folder = reader.ok_or_else(|| format!("nobody reads .{ending}"))?.folder;
    files(&context.root.join("target").join(folder), ending)
}

/// Lets the command write what a step looks at into an empty folder; how many files.
fn write(context: &Context, program: &Path, reader: &Reader) -> Result<usize, String> {
    let folder = context.root.join("target").join(reader.folder);
    empty(&folder)?;
    let mut count = 0;
    let mut deltarule = |name: &str, arguments: &[&str]| {
        let output = folder.join(format!("{name}.{}", reader.ending));
        let mut command = Command::new(program);
        command.current_dir(&context.root).args(arguments).arg("--output").arg(&output);
        count += 1;
        // A marking that finds a mistake says so by its exit code.
        let good: &[i32] = if arguments.first() == Some(&"check") { &[0, 1] } else { &[0] };
        context.ends("documents", &mut command, good)
    };
    for (name, arguments) in reader.asked.iter().chain(EXPLANATIONS) {
        deltarule(name, arguments)?;
    }
    for path in files(&context.root.join(GALLERY), "toml")? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        deltarule(&format!("gallery-{name}"), &["solve", &path.to_string_lossy()])?;
    }
    Ok(count)
}

/// Trains the models that explain themselves.
fn train(context: &Context, program: &Path) -> Result<(), String> {
    empty(&context.root.join("target/models"))?;
    for (path, arguments) in MODELS {
        let mut command = Command::new(program);
        command.current_dir(&context.root);
        command.arg("train").args(*arguments).args(["--quiet", "--output", path]);
        context.run("documents", &mut command)?;
    }
    Ok(())
}
