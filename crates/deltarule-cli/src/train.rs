//! `deltarule train`

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deltarule::{EpochRecord, Schedule, StopReason};
use deltarule_document::wrap_text;
use deltarule_files::AtomicFile;
use deltarule_tabular::{
    ClassWeight, ColumnType, Distinct, DropReason, ErrorKind, FitOptions, FitProgress, Fitted,
    ReadOptions, Source, TabularModel, TaskKind, TaskReason, Understanding, fit, resume,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::args::{ClassWeightArgument, TrainArguments};
use crate::failure::{Failure, Outcome, emit, usage};
use crate::{shell, table};

pub(crate) fn run(arguments: &TrainArguments) -> Outcome {
    let output = arguments.output.clone().unwrap_or_else(|| default_output(&arguments.data));
    // A place that cannot be written is better known before the training than after it.
    drop(AtomicFile::create_whole(&output)?);
    let earlier = arguments.resume.as_deref().map(TabularModel::load).transpose()?;
    let read = match &earlier {
        Some(model) => arguments.read.over(&model.record().read),
        None => arguments.read.over(&ReadOptions::default()),
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    let open = |data: &str| -> Result<Source, Failure> {
        let flag = interrupted.clone();
        Ok(Source::open(data, &read)?.stop_when(move || flag.load(Ordering::Relaxed)))
    };
    let source = open(&arguments.data)?;
    let test = arguments.test.as_deref().map(open).transpose()?;
    let options = options(arguments, earlier.as_ref())?;
    let threads = match arguments.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let flag = interrupted.clone();
    // Without a handler Ctrl-C ends the program at once, which is no reason not to train.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    let talks = !arguments.json && !arguments.quiet;
    let mut watch = ProgressDisplay::new(&source, talks, arguments.quiet, interrupted.clone());
    let start = Instant::now();
    let fitted = match earlier {
        Some(model) => resume(model, &source, test.as_ref(), &options, threads, &mut watch),
        None => fit(&source, test.as_ref(), &options, threads, &mut watch),
    };
    watch.bar.finish_and_clear();
    if let Some(failure) = watch.failure.take() {
        return Err(failure);
    }
    let fitted = match fitted {
        Err(error) if matches!(error.kind(), ErrorKind::Stopped) => {
            return Err(Failure::Interrupted(
                "interrupted while the table was read; nothing was written".into(),
            ));
        }
        fitted => fitted?,
    };
    let seconds = start.elapsed().as_secs_f64();
    let stopped =
        interrupted.load(Ordering::SeqCst) && fitted.history.stopped == StopReason::Callback;
    if stopped && fitted.history.epochs.is_empty() {
        return Err(Failure::Interrupted(
            "interrupted before the first epoch was done; nothing was written".into(),
        ));
    }
    let replaced = output.exists();
    fitted.model.save(&output)?;
    if arguments.json {
        emit(&format!("{:#}\n", report(&fitted, &watch, &output, seconds)))?;
    } else if talks {
        emit(&text(arguments, &fitted, &output, replaced, seconds))?;
    }
    if stopped {
        let kept = match fitted.history.best_epoch {
            Some(best) => format!("the model of epoch {best}, the best so far,"),
            None => {
                let part = if watch.inside_epoch { " and a part of the next" } else { "" };
                format!("the model after epoch {}{part}", fitted.history.epochs.len())
            }
        };
        return Err(Failure::Interrupted(format!(
            "interrupted; {kept} is in {}",
            output.display()
        )));
    }
    Ok(())
}

/// The data's stem with `.safetensors`, in the current directory.
fn default_output(data: &str) -> PathBuf {
    if data == "-" {
        return "model.safetensors".into();
    }
    let name = Path::new(data).file_name().map_or(data.into(), |n| n.to_string_lossy());
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    format!("{stem}.safetensors").into()
}

/// The options of the earlier run or the defaults, and over them what was typed.
fn options(
    arguments: &TrainArguments,
    earlier: Option<&TabularModel>,
) -> Result<FitOptions, Failure> {
    let mut options = match earlier {
        Some(model) => {
            // The epochs of the earlier run are done; how many more is said anew.
            FitOptions {
                epochs: None,
                targets: model.target().columns().into_iter().map(String::from).collect(),
                ..model.record().options.clone()
            }
        }
        None => FitOptions {
            targets: arguments.target.clone(),
            drop: arguments.drop.clone(),
            ..FitOptions::default()
        },
    };
    let a = arguments;
    if let Some(hidden) = &a.hidden {
        options.hidden = hidden.0.clone();
    }
    options.holdout = a.holdout.unwrap_or(options.holdout);
    options.activation = a.activation.unwrap_or(options.activation);
    options.optimizer = a.optimizer.over(options.optimizer).map_err(usage)?;
    options.schedule = a.schedule.unwrap_or(options.schedule);
    options.epochs = a.epochs.or(options.epochs);
    options.batch_size = a.batch_size.or(options.batch_size);
    options.l2 = a.l2.or(options.l2);
    options.dropout = a.dropout.unwrap_or(options.dropout);
    options.early_stopping |= a.early_stopping;
    options.patience = a.patience.unwrap_or(options.patience);
    options.seed = a.seed.unwrap_or(options.seed);
    options.categories = a.categories.unwrap_or(options.categories);
    if let Some(weight) = a.class_weight {
        options.class_weight = match weight {
            ClassWeightArgument::None => ClassWeight::None,
            ClassWeightArgument::Balanced => ClassWeight::Balanced,
        };
    }
    options.precision = a.precision.unwrap_or(options.precision);
    options.task = a.task.unwrap_or(options.task);
    Ok(options)
}

/// Prints what was understood, moves the bar, and listens for Ctrl-C.
struct ProgressDisplay {
    name: String,
    talks: bool,
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    rows: usize,
    features: usize,
    inputs: usize,
    steps_done: u64,
    /// Whether the last step was not the last of its epoch.
    inside_epoch: bool,
    loss: Option<f64>,
    /// What went wrong while printing; the training ends then.
    failure: Option<Failure>,
}

impl ProgressDisplay {
    fn new(source: &Source, talks: bool, quiet: bool, interrupted: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::hidden();
        if !quiet && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_style(style("  {spinner} {msg}"));
        bar.set_message(format!("reading {}", source.name()));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            name: source.name().to_string(),
            talks,
            bar,
            interrupted,
            rows: 0,
            features: 0,
            inputs: 0,
            steps_done: 0,
            inside_epoch: false,
            loss: None,
            failure: None,
        }
    }

    fn control(&self) -> ControlFlow<()> {
        if self.failure.is_some() || self.interrupted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl FitProgress for ProgressDisplay {
    fn begin(&mut self, understanding: &Understanding<'_>) {
        let u = understanding;
        self.rows = u.summary.rows;
        let asked = u.preparation.dropped.iter().filter(|d| d.why == DropReason::Asked).count();
        self.features = u.summary.columns.len() - u.target.columns().len() - asked;
        self.inputs = u.preparation.width();
        let steps = u.training_rows.div_ceil(u.batch_size.max(1));
        self.bar.disable_steady_tick();
        self.bar.set_style(style("  {bar:30} epoch {msg}, {eta} left"));
        self.bar.set_message("1");
        // The time left is that of the epochs; reading is over.
        self.bar.reset();
        self.bar.set_length((u.epochs as u64).saturating_mul(steps as u64));
        if self.talks {
            // The bar steps aside, so that the two do not mix on a terminal.
            self.failure = self.bar.suspend(|| emit(&understood(&self.name, u))).err();
        }
    }

    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.loss = Some(record.loss);
        self.control()
    }

    fn step(&mut self, done: usize, of: usize) -> ControlFlow<()> {
        self.steps_done += 1;
        self.inside_epoch = done < of;
        // With early stopping fewer rows are trained on than planned; the bar follows the epochs.
        self.bar.set_position(self.steps_done);
        if done == of || done.is_multiple_of(64) {
            let epoch = self.steps_done.div_ceil(of as u64);
            let loss = self.loss.map_or(String::new(), |loss| format!(", loss {loss:.4}"));
            self.bar.set_message(format!("{epoch}{loss}"));
        }
        self.control()
    }
}

/// A style from a template, which is a constant of this file; the plain bar would do as well.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What the program made of the table and of the options.
fn understood(name: &str, u: &Understanding<'_>) -> String {
    let mut text =
        format!("{name}: {} rows, {} columns\n", u.summary.rows, u.summary.columns.len());
    let targets = u.target.columns();
    if u.summary.columns.len() <= 30 {
        for column in &u.summary.columns {
            let mut what = column.kind.name().to_string();
            if column.kind == ColumnType::Category {
                what += &format!(", {} values", column.distinct);
            }
            if column.missing > 0 {
                what += &format!(", {} missing", column.missing);
            }
            if targets.contains(&column.name.as_str()) {
                what += "  ← target";
            }
            text += &format!("  {:20} {what}\n", table::name(&column.name));
        }
    } else {
        for kind in [
            ColumnType::Integer,
            ColumnType::Number,
            ColumnType::Boolean,
            ColumnType::Category,
            ColumnType::Empty,
            ColumnType::Unread,
        ] {
            let count = u.summary.columns.iter().filter(|c| c.kind == kind).count();
            if count > 0 {
                text += &format!("  {count} of type {}\n", kind.name());
            }
        }
        text += &format!("  target: {}\n", targets.join(", "));
    }
    if u.summary.columns.iter().any(|c| c.missing > 0) {
        text += "  missing are empty cells, ?, NA, nan and null\n";
    }
    if u.numeric_header {
        let note = "the first line, which holds only numbers, was taken for the names of the columns; --no-header reads it \
                    as data";
        text += &wrap_text(&format!("Note: {note}"), 80, 2);
    }
    text += &table::dropped(u.preparation);
    text += &wrap_text(
        &format!("Task: {}, because {}", u.target.task().name(), because(u.reason)),
        80,
        2,
    );
    let sizes: Vec<String> = u.layers.iter().map(usize::to_string).collect();
    let kinds: Vec<&str> = u.activations.iter().map(|a| a.name()).collect();
    let (sizes, kinds) = (sizes.join("-"), kinds.join(", "));
    text += &wrap_text(&format!("Network: {sizes} ({kinds}), {} parameters", u.parameters), 80, 2);
    let (optimizer, l2) = (table::optimizer(&u.options.optimizer), u.options.penalty());
    let schedule = match u.options.schedule {
        Schedule::Constant => String::new(),
        schedule => format!(", schedule {schedule}"),
    };
    let penalty = if l2 == 0.0 { String::new() } else { format!(", l2 {l2}") };
    text += &wrap_text(&format!("Optimizer: {optimizer}{schedule}{penalty}"), 80, 2);
    let testing = u.test_rows.map_or(String::new(), |rows| format!("; testing: {rows} rows"));
    text += &format!(
        "Training: {} rows in batches of {}, {} epochs{testing}\n",
        u.training_rows, u.batch_size, u.epochs
    );
    text
}

/// Why the task is what it is, and how it could be another.
fn because(reason: &TaskReason) -> String {
    match reason {
        TaskReason::Asked => "it was asked for with --task".into(),
        TaskReason::Model => "that is what the model was trained for".into(),
        TaskReason::SeveralTargets => "several targets are numbers".into(),
        TaskReason::Column { name, kind, distinct } => {
            let holds = format!("{name:?} holds {}", kind.holds());
            match distinct {
                None => holds,
                Some(Distinct::Few(count)) => {
                    // There is no other way to take what is no number.
                    let is_integer = *kind == ColumnType::Integer;
                    let otherwise =
                        if is_integer { "; --task regression would predict numbers" } else { "" };
                    format!("{holds} with {count} distinct values{otherwise}")
                }
                Some(Distinct::MoreThan(limit)) => format!(
                    "{holds} with more than {limit} distinct values; --task classification would predict classes"
                ),
            }
        }
    }
}

fn report(
    fitted: &Fitted,
    watch: &ProgressDisplay,
    output: &Path,
    seconds: f64,
) -> serde_json::Value {
    let (record, target) = (fitted.model.record(), fitted.model.target());
    let mut object = json!({
        "task": target.task(),
        "target": target.columns(),
        "n_rows": watch.rows,
        "n_features": watch.features,
        "n_inputs": watch.inputs,
        "n_train": record.training_rows,
        "n_test": record.test_rows,
        "epochs": fitted.history.epochs.len(),
        "best_epoch": fitted.history.best_epoch,
        "stopped": fitted.history.stopped,
        "seconds": seconds,
        "model": output,
        "seed": record.options.seed,
        "train": record.train,
        "baseline": record.baseline,
    });
    if let Some(test) = &record.test {
        object["test"] = json!(test);
    }
    object
}

fn text(
    arguments: &TrainArguments,
    fitted: &Fitted,
    output: &Path,
    replaced: bool,
    seconds: f64,
) -> String {
    let (record, target) = (fitted.model.record(), fitted.model.target());
    let history = &fitted.history;
    let mut text = format!("Trained {} epochs in {seconds:.1} s", history.epochs.len());
    if let Some(last) = history.epochs.last() {
        text += &format!(", loss {}", table::rounded(last.loss));
    }
    text += match history.stopped {
        StopReason::EarlyStopping => "; stopped early",
        StopReason::Converged => "; converged",
        StopReason::LineSearch => "; no better point was found",
        StopReason::Epochs | StopReason::Callback | StopReason::NonFinite => "",
    };
    if let Some(best) = history.best_epoch {
        text += &format!("; kept epoch {best}");
    }
    text += "\n\n";
    let baseline = match target.task() {
        TaskKind::Regression => "mean",
        TaskKind::Classification => "majority",
    };
    let mut columns = vec![("training", &record.train)];
    if let Some(test) = &record.test {
        columns.push(("test", test));
    }
    columns.push((baseline, &record.baseline));
    text += &table::scores(&columns);
    if let Some(confusion) = &fitted.evaluation.confusion {
        let matrix = table::confusion(confusion, target);
        if !matrix.is_empty() {
            let rows = if record.test.is_some() { "test" } else { "training" };
            text += &format!("\nOn the {rows} rows:\n{matrix}");
        }
    }
    let verb = if replaced { "Replaced" } else { "Wrote" };
    text += &format!("\n{verb} {}\n", output.display());
    let data = if arguments.data == "-" { "DATA" } else { &arguments.data };
    let output = typed(&output.display().to_string());
    text += &format!("Next: deltarule predict {output} {}\n", typed(data));
    text
}

/// A file's name as it is typed in a shell.
fn typed(name: &str) -> String {
    shell::typed(name, if cfg!(windows) { r"_-./+:@%=,\" } else { "_-./+:@%=," })
}
