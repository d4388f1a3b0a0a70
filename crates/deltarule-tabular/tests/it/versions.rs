//! Model files of every version: they are read, predict what they predicted when they were written, and can be trained
//! further.
//!
//! `fixtures/models/0.1` has what version 0.1 wrote, and so on; the README there says how the files are made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deltarule::{
    Activation, Adam, AdamW, AnyModelFile, EarlyStopping, Float, Lbfgs, Loss, ModelFile, Network,
    Optimizer, Rprop, Sgd, Trainer, TrainingState,
};
use deltarule_tabular::{
    FitOptions, FloatType, NoProgress, ReadOptions, Source, TabularModel, Target, fit, resume,
};
use ndarray::Array2;

/// Says that the files of this version are to be written: `missing` for a version that has none, `replace` for all.
const WRITE: &str = "DELTARULE_FIXTURES";
const TABLE: &str = "table.csv";
/// What begins the name of a file with a network alone.
const NETWORK: &str = "network-";
/// Inputs and outputs of these networks.
const INPUTS: usize = 3;
const OUTPUTS: usize = 2;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

/// The folder of this version, which has a number for each minor version.
fn current() -> PathBuf {
    folder().join(concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR")))
}

/// Numbers, integers, truth values and categories with missing cells, two numbers and a class to predict.
fn table() -> String {
    let mut csv = "weight,count,fresh,colour,price,age,kind\n".to_string();
    for i in 0..60_i32 {
        let or_missing = |missing: bool, cell: String| if missing { String::new() } else { cell };
        let weight = or_missing(i % 11 == 4, format!("{}.{}", 3 + i * 7 % 19, i * 3 % 10));
        let count = or_missing(i % 13 == 6, (i * 5 % 17 - 4).to_string());
        let fresh = or_missing(i % 9 == 2, (i % 3 == 0).to_string());
        let colours = ["red", "\"green, dark\"", "blau", "très pâle"];
        let colour = or_missing(i % 10 == 7, colours[(i * i % 7 % 4) as usize].to_string());
        let price = format!("{}.5", 20 + i * 7 % 19 + i * 5 % 17);
        let age = 1000 * (i * 3 % 10) - 40 * i;
        let kind = ["apple", "pear", "Quitte süß"][(i * 7 % 19 / 7) as usize];
        csv += &format!("{weight},{count},{fresh},{colour},{price},{age},{kind}\n");
    }
    csv
}

/// A row per example: a header, the inputs if they are not in a table, and what the model says. Numbers are written such that
/// different bits are different text.
fn csv(header: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut csv = format!("{header}\n");
    for row in rows {
        csv += &row.join(",");
        csv.push('\n');
    }
    csv
}

/// What a model of a table predicts.
fn predictions(model: &TabularModel, table: &Source) -> String {
    let header = match model.target() {
        Target::Classes { classes, .. } => format!("prediction,{}", classes.join(",")),
        Target::Numbers(numbers) => {
            numbers.iter().map(|t| t.column.as_str()).collect::<Vec<_>>().join(",")
        }
    };
    let mut rows = Vec::new();
    model
        .predict(table, |prediction| {
            let label = prediction.label.map(str::to_string);
            rows.push(
                label.into_iter().chain(prediction.values.iter().map(f64::to_string)).collect(),
            );
            Ok(())
        })
        .unwrap();
    csv(&header, rows)
}

/// What a network makes of these inputs.
fn outputs<T: Float>(network: &Network<T>, inputs: &Array2<f64>) -> String {
    let x = inputs.mapv(T::from_f64);
    let outputs = network.predict(x.view()).unwrap();
    let rows = inputs.rows().into_iter().zip(outputs.rows());
    csv(
        "x1,x2,x3,first,second",
        rows.map(|(x, y)| {
            x.iter().copied().chain(y.iter().map(|v| v.to_f64())).map(|v| v.to_string()).collect()
        }),
    )
}

/// The inputs that were written beside the outputs.
fn inputs(csv: &str) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = csv
        .lines()
        .skip(1)
        .map(|row| row.split(',').take(INPUTS).map(|cell| cell.parse().unwrap()).collect())
        .collect();
    Array2::from_shape_vec((rows.len(), INPUTS), rows.concat()).unwrap()
}

fn targets<T: Float>(examples: usize) -> Array2<T> {
    Array2::from_shape_fn((examples, OUTPUTS), |(i, j)| {
        if (i / 3) % OUTPUTS == j { T::ONE } else { T::ZERO }
    })
}

/// A network with the state of a training that is not over: best and last parameters, and what the optimiser remembers.
fn trained<T: Float>(optimizer: Optimizer, inputs: &Array2<f64>) -> ModelFile<T> {
    let mut network = Network::<T>::builder(INPUTS)
        .layer(4, Activation::Gelu)
        .layer(3, Activation::Tanh)
        .layer(OUTPUTS, Activation::Softmax)
        .build()
        .unwrap();
    let mut state = TrainingState::new(&network, optimizer);
    let x = inputs.mapv(T::from_f64);
    Trainer::new(Loss::CrossEntropy)
        .optimizer(optimizer)
        .epochs(4)
        .hold_out(0.3, true)
        .early_stopping(EarlyStopping::default())
        .resume(&mut network, &mut state, x.view(), targets(x.nrows()).view())
        .unwrap();
    ModelFile { training: Some(state), ..ModelFile::new(network) }
}

/// Every file of this version, by its name.
fn made() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([(TABLE.to_string(), table().into_bytes())]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(TABLE);
    std::fs::write(&path, table()).unwrap();
    let table = Source::open(&path.display().to_string(), &ReadOptions::default()).unwrap();
    let plain = FitOptions {
        hidden: vec![5, 4],
        activation: Activation::Tanh,
        epochs: Some(60),
        ..FitOptions::default()
    };
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    let models = [
        ("classes", FitOptions { targets: names(&["kind"]), ..plain.clone() }),
        ("numbers", FitOptions { targets: names(&["price", "age"]), ..plain.clone() }),
        (
            "numbers-f64",
            FitOptions {
                targets: names(&["age"]),
                drop: names(&["price"]),
                precision: FloatType::F64,
                early_stopping: true,
                ..plain
            },
        ),
    ];
    for (name, options) in models {
        let model = fit(&table, None, &options, 1, &mut NoProgress).unwrap().model;
        let mut bytes = Vec::new();
        model.write(&mut bytes).unwrap();
        files.insert(format!("{name}.safetensors"), bytes);
        files.insert(format!("{name}.csv"), predictions(&model, &table).into_bytes());
    }
    let inputs = Array2::from_shape_fn((20, INPUTS), |(i, j)| ((i * 5 + j * 3) % 11) as f64 / 8.0);
    // Both number types, and every kind of memory that an optimiser has.
    keep(
        &mut files,
        "sgd",
        &trained::<f32>(Sgd { momentum: 0.9, ..Sgd::default() }.into(), &inputs),
        &inputs,
    );
    keep(&mut files, "adam", &trained::<f32>(Adam::default().into(), &inputs), &inputs);
    keep(&mut files, "adamw", &trained::<f64>(AdamW::default().into(), &inputs), &inputs);
    keep(&mut files, "rprop", &trained::<f32>(Rprop::default().into(), &inputs), &inputs);
    keep(&mut files, "lbfgs", &trained::<f64>(Lbfgs::default().into(), &inputs), &inputs);
    files
}

fn keep<T: Float>(
    files: &mut BTreeMap<String, Vec<u8>>,
    name: &str,
    file: &ModelFile<T>,
    inputs: &Array2<f64>,
) {
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    files.insert(format!("{NETWORK}{name}.safetensors"), bytes);
    files.insert(format!("{NETWORK}{name}.csv"), outputs(&file.network, inputs).into_bytes());
}

/// Writes what was asked for into the folder of this version; those of other versions are never written again.
fn write() {
    let wanted = match std::env::var(WRITE).as_deref() {
        Ok("missing") => !current().exists(),
        Ok("replace") => true,
        Ok(other) => panic!("{WRITE} is missing or replace, not {other}"),
        Err(_) => false,
    };
    if !wanted {
        return;
    }
    if current().exists() {
        std::fs::remove_dir_all(current()).unwrap();
    }
    std::fs::create_dir_all(current()).unwrap();
    for (name, bytes) in made() {
        std::fs::write(current().join(name), bytes).unwrap();
    }
}

/// Compares one file with the predictions beside it and trains it further.
fn check(path: &Path) {
    let name = path.display();
    let expected = std::fs::read_to_string(path.with_extension("csv")).unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    if stem.starts_with(NETWORK) {
        let inputs = inputs(&expected);
        match AnyModelFile::read(std::fs::File::open(path).unwrap()) {
            Ok(AnyModelFile::F32(file)) => check_network(path, file, &inputs, &expected),
            Ok(AnyModelFile::F64(file)) => check_network(path, file, &inputs, &expected),
            Err(error) => panic!("{name}: {error}"),
        }
        return;
    }
    let model = TabularModel::load(path).unwrap_or_else(|error| panic!("{error}"));
    let table = path.with_file_name(TABLE).display().to_string();
    let table = model.open(&table).unwrap();
    assert_eq!(predictions(&model, &table), expected, "{name}");
    let (before, options) = (model.record().epochs, model.record().options.clone());
    let options = FitOptions { epochs: Some(2), ..options };
    let further = resume(model.clone(), &table, None, &options, 1, &mut NoProgress)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(further.model.record().epochs > before, "{name}");
    assert_ne!(further.model.record(), model.record(), "{name}");
    assert_ne!(further.history.epochs, [], "{name}");
}

fn check_network<T: Float>(path: &Path, file: ModelFile<T>, inputs: &Array2<f64>, expected: &str) {
    let name = path.display();
    assert_eq!(outputs(&file.network, inputs), expected, "{name}");
    let (mut network, mut state) = (file.network, file.training.unwrap());
    let parameters = state.parameters.clone();
    assert!(state.best_parameters.is_some() && state.progress.epoch == 4, "{name}");
    let x = inputs.mapv(T::from_f64);
    Trainer::new(Loss::CrossEntropy)
        .optimizer(state.optimizer)
        .epochs(1)
        .hold_out(0.3, true)
        .early_stopping(EarlyStopping::default())
        .resume(&mut network, &mut state, x.view(), targets(x.nrows()).view())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(state.progress.epoch, 5, "{name}");
    assert_ne!(state.parameters, parameters, "{name}");
}

#[test]
fn models_of_every_version_predict_what_they_did() {
    write();
    assert!(
        current().is_dir(),
        "{} is not there; `cargo xtask dist --fixtures` writes it",
        current().display()
    );
    let kept: Vec<String> = made().into_keys().collect();
    let mut versions = 0;
    for version in std::fs::read_dir(folder()).unwrap() {
        let version = version.unwrap().path();
        if !version.is_dir() {
            continue;
        }
        versions += 1;
        let mut names: Vec<String> = std::fs::read_dir(&version)
            .unwrap()
            .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        if version == current() {
            assert_eq!(names, kept, "the files of this version are those that it makes");
        }
        for name in names.iter().filter(|name| name.ends_with(".safetensors")) {
            check(&version.join(name));
        }
    }
    assert!(versions > 0);
}
