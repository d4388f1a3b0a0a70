//! `cargo xtask dist`: builds and checks here what a release publishes, as far as one machine can.
//!
//! What it leaves in `target/dist` is what `.github/workflows/release.yml` hands on, from machines of every kind.

mod artefacts;
mod binary;
mod crates;
mod licenses;
mod python;
mod versions;

use crate::command::{self, cargo};
use crate::context::Context;
use crate::runner;
use crate::step::{Outcome, Step};

pub(crate) const HELP: &str = "\
Builds and checks what a release publishes, and leaves it in target/dist.

cargo xtask dist [--only STEP]… [--pdf]      every step, or only those named; with PDF in the command, as it is released
cargo xtask dist --list                      the steps
cargo xtask dist --tag TAG                   whether TAG may be published: Cargo.toml has its version, CHANGELOG.md its section
cargo xtask dist --crates                    the crates in the order in which they are published
cargo xtask dist --fixtures [--replace]      writes the model files of this version that the tests keep, if they are not there;
                                             again, with --replace";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Options {
    Help,
    List,
    Tag(String),
    Crates,
    Fixtures {
        /// Those that are there too.
        replace: bool,
    },
    Build {
        /// The names of the steps to run; all of them if there are none.
        only: Vec<String>,
        /// Whether the command is built with PDF.
        pdf: bool,
    },
}

/// The steps. Those that build wait for each other at cargo's lock.
const STEPS: &[Step] = &[
    Step {
        name: "versions",
        what: "version, repository and licence agree everywhere",
        needs: &[],
        run: versions_step,
    },
    Step {
        name: "maturin",
        what: "maturin, twine and cffconvert, installed where they are missing",
        needs: &[],
        run: python::tools,
    },
    Step {
        name: "citation",
        what: "CITATION.cff is valid",
        needs: &["maturin"],
        run: python::citation,
    },
    Step {
        name: binary::STEP,
        what: "the command, packed and tried out",
        needs: &["versions"],
        run: binary::plain,
    },
    Step {
        name: "wheel",
        what: "the wheel, in a clean environment",
        needs: &["versions", "maturin"],
        run: python::wheel,
    },
    Step {
        name: "sdist",
        what: "the sdist, built in a clean environment",
        // Both are built by maturin, which keeps the library of either in one place.
        needs: &["versions", "maturin", "wheel"],
        run: python::sdist,
    },
    Step {
        name: "twine",
        what: "what PyPI demands of both",
        needs: &["sdist"],
        run: python::descriptions,
    },
    Step {
        name: "crates",
        what: "each crate builds from what is published of it",
        needs: &["versions"],
        run: crates::step,
    },
];

/// The step that `--pdf` changes, with PDF.
const BINARY_WITH_PDF: Step = Step {
    name: binary::STEP,
    what: "the command with PDF, packed and tried out",
    needs: &["versions"],
    run: binary::with_pdf,
};

impl Options {
    pub(crate) fn parse<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut only, mut pdf) = (Vec::new(), false);
        let mut alone = None;
        let mut replace = false;
        while let Some(argument) = arguments.next() {
            match argument {
                "--help" | "-h" => return Ok(Self::Help),
                "--list" => alone = Some(Self::List),
                "--crates" => alone = Some(Self::Crates),
                "--fixtures" => alone = Some(Self::Fixtures { replace: false }),
                "--replace" => replace = true,
                "--tag" => {
                    alone =
                        Some(Self::Tag(arguments.next().ok_or("--tag needs a tag")?.to_string()));
                }
                "--pdf" => pdf = true,
                "--only" => only.push(step_name(arguments.next())?),
                other => return Err(format!("`dist` has no option {other}")),
            }
        }
        let builds = pdf || !only.is_empty();
        match (alone, replace) {
            (Some(Self::Fixtures { .. }), replace) if !builds => Ok(Self::Fixtures { replace }),
            (_, true) => Err("--replace belongs to --fixtures".into()),
            (Some(alone), false) if !builds => Ok(alone),
            (Some(_), _) => Err("--list, --tag, --crates and --fixtures stand alone".into()),
            (None, false) => Ok(Self::Build { only, pdf }),
        }
    }
}

fn step_name(name: Option<&str>) -> Result<String, String> {
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    match name {
        Some(name) if names.contains(&name) => Ok(name.to_string()),
        Some(name) => Err(format!("there is no step {name}; there are {}", names.join(", "))),
        None => Err("--only needs the name of a step".into()),
    }
}

/// Does what is asked; whether all went well.
pub(crate) fn run(context: &Context, options: &Options) -> bool {
    let result = match options {
        Options::Help => {
            println!("{HELP}");
            Ok(true)
        }
        Options::List => {
            for step in STEPS {
                println!("{:<10}  {}", step.name, step.what);
            }
            Ok(true)
        }
        Options::Tag(tag) => may_publish(context, tag),
        Options::Crates => crates::order(context).map(|names| {
            println!("{}", names.join("\n"));
            true
        }),
        Options::Fixtures { replace } => fixtures(context, *replace).map(|()| true),
        Options::Build { only, pdf } => Ok(build(context, only, *pdf)),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        false
    })
}

fn build(context: &Context, only: &[String], pdf: bool) -> bool {
    let mut chosen = runner::chosen(STEPS, only);
    for step in &mut chosen {
        if pdf && step.name == binary::STEP {
            *step = &BINARY_WITH_PDF;
        }
    }
    let passed = runner::run(context, &chosen);
    match artefacts::list(context) {
        Ok(list) => print!("{list}"),
        Err(error) => eprintln!("{error}"),
    }
    passed
}

fn versions_step(context: &Context) -> Outcome {
    let problems = versions::Files::read(&context.root).and_then(|files| {
        Ok([files.problems(None)?, versions::addresses(&context.root)?].concat())
    });
    match problems {
        Ok(problems) if problems.is_empty() => versions::version(context).into(),
        Ok(problems) => Outcome::Failed(problems.join("\n")),
        Err(error) => Outcome::Failed(error),
    }
}

fn may_publish(context: &Context, tag: &str) -> Result<bool, String> {
    let problems = versions::Files::read(&context.root)?.problems(Some(tag))?;
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    if problems.is_empty() {
        println!("{tag} can be published");
    }
    Ok(problems.is_empty())
}

/// The test that reads the model files writes them when it is told to.
fn fixtures(context: &Context, replace: bool) -> Result<(), String> {
    let mut test =
        cargo(context, &["test", "--package", "deltarule-tabular", "--test", "it", "versions"]);
    test.env("DELTARULE_FIXTURES", if replace { "replace" } else { "missing" });
    command::run(&mut test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace())
    }

    #[test]
    fn the_options_are_understood() {
        assert_eq!(parsed(""), Ok(Options::Build { only: vec![], pdf: false }));
        assert_eq!(
            parsed("--only wheel --pdf --only binary"),
            Ok(Options::Build { only: vec!["wheel".into(), "binary".into()], pdf: true })
        );
        assert_eq!(parsed("--tag v0.1.0"), Ok(Options::Tag("v0.1.0".into())));
        assert_eq!(parsed("--crates"), Ok(Options::Crates));
        assert_eq!(parsed("--fixtures"), Ok(Options::Fixtures { replace: false }));
        assert_eq!(parsed("--replace --fixtures"), Ok(Options::Fixtures { replace: true }));
        assert_eq!(parsed("--list"), Ok(Options::List));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(parsed("--replace").unwrap_err().contains("--fixtures"));
        assert!(parsed("--replace --crates").is_err());
        assert!(parsed("--tag").is_err());
        assert!(parsed("--tag v0.1.0 --pdf").is_err());
        assert!(parsed("--only wheels").unwrap_err().contains("there are versions, "));
        assert!(parsed("--upload").is_err());
    }
}
