//! `deltarule predict`

use std::io::Write;

use deltarule_files::AtomicFile;
use deltarule_tabular::{Source, TabularModel, Target, TaskKind};

use crate::args::PredictArguments;
use crate::failure::{Failure, Outcome, usage};

pub(crate) fn run(arguments: &PredictArguments) -> Outcome {
    let model = TabularModel::load(&arguments.model)?;
    if arguments.proba && model.target().task() == TaskKind::Regression {
        return Err(usage("--proba is for classification; this model predicts numbers"));
    }
    let read = arguments.read.over(&model.record().read);
    let source = Source::open(&arguments.data, &read)?;
    match &arguments.output {
        None => write(arguments, &model, &source, std::io::stdout().lock()),
        Some(path) => {
            let mut file = AtomicFile::create(path)?;
            write(arguments, &model, &source, &mut file)?;
            Ok(file.commit()?)
        }
    }
}

fn write(
    arguments: &PredictArguments,
    model: &TabularModel,
    source: &Source,
    out: impl Write,
) -> Outcome {
    let mut writer = csv::Writer::from_writer(out);
    // The table's own errors come before the first byte where they can, so the header waits for the first row.
    let mut header = Some(header(arguments, model));
    let mut failure = None;
    let result = model.predict(source, |prediction| {
        let mut write = || -> Result<(), csv::Error> {
            if let Some(header) = header.take() {
                writer.write_record(header)?;
            }
            if let Some(label) = prediction.label {
                writer.write_field(label)?;
            }
            if arguments.proba || prediction.label.is_none() {
                for value in prediction.values {
                    writer.write_field(value.to_string())?;
                }
            }
            writer.write_record(None::<&[u8]>)
        };
        write().map_err(|error| {
            failure = Some(error);
            stop()
        })
    });
    if let Some(error) = failure {
        return Err(csv_failure(error));
    }
    result?;
    writer.flush()?;
    Ok(())
}

fn header(arguments: &PredictArguments, model: &TabularModel) -> Vec<String> {
    match model.target() {
        Target::Classes { classes, .. } => {
            let mut names = vec!["prediction".to_string()];
            if arguments.proba {
                names.extend(classes.iter().map(|class| format!("p_{class}")));
            }
            names
        }
        Target::Numbers(targets) if targets.len() == 1 => vec!["prediction".into()],
        Target::Numbers(targets) => {
            targets.iter().map(|t| format!("prediction_{}", t.column)).collect()
        }
    }
}

/// An error that ends the prediction; what really happened is kept beside it.
fn stop() -> deltarule_tabular::Error {
    deltarule::Error::from(std::io::Error::other("writing failed")).into()
}

fn csv_failure(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => usage(format!("writing the predictions failed: {other:?}")),
    }
}
