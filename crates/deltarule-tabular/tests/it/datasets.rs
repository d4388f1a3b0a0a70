//! A data set is read once, and then trained on in any way: what comes out is what a table with those rows alone would give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deltarule::{Float, Network};
use deltarule_tabular::{
    Dataset, Evaluation, Examples, FitOptions, FloatType, Hint, NoProgress, Preparation,
    ReadOptions, RowSets, Source, TabularModel, Target, TaskChoice, Trained, baseline, fit, resume,
    score, train, train_on,
};

fn fixture(name: &str) -> Source {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    Source::open(&path, &ReadOptions::default()).unwrap()
}

fn table(csv: &str) -> Source {
    Source::from_bytes("table", csv.as_bytes().to_vec(), &ReadOptions::default()).unwrap()
}

fn quick() -> FitOptions {
    FitOptions { epochs: Some(2), hidden: vec![5], ..FitOptions::default() }
}

/// What a training and its scores gave by way of a data set.
struct Steps<T> {
    target: Target,
    preparation: Preparation,
    unseen: Examples<T>,
    trained: Trained<T>,
    train: Evaluation,
    test: Evaluation,
    baseline: Evaluation,
}

fn steps<T: Float>(dataset: &Dataset<'_>, rows: &RowSets, options: &FitOptions) -> Steps<T> {
    let target = Target::fit(dataset, &rows.training).unwrap();
    let preparation = Preparation::fit::<T>(dataset, &rows.training).unwrap();
    let seen: Examples<T> = preparation.transform(dataset, &rows.training).unwrap();
    let unseen: Examples<T> = preparation.transform(dataset, &rows.test).unwrap();
    let trained = train(seen.view(), &target, options, 1, &mut NoProgress).unwrap();
    Steps {
        train: score(&trained.network, &target, seen.view()).unwrap(),
        test: score(&trained.network, &target, unseen.view()).unwrap(),
        baseline: baseline(&target, seen.view(), unseen.view()).unwrap(),
        target,
        preparation,
        unseen,
        trained,
    }
}

fn bits(network: &Network<f64>) -> Vec<u64> {
    network.parameters().iter().map(|parameter| parameter.to_bits()).collect()
}

/// The inputs that a model sees for a table, row by row.
fn inputs(model: &TabularModel, source: &Source) -> Vec<u64> {
    let mut all = Vec::new();
    model
        .inputs(source, |x| {
            all.extend(x.iter().map(|value| value.to_bits()));
            Ok(())
        })
        .unwrap();
    all
}

/// More rows than a chunk has, and columns that are kept in every way: numbers of few and of many values, whole ones that f64
/// rounds among them, truth values, categories, gaps, a column that is always the same and one that is empty.
fn every_kind() -> String {
    let mut csv = "few,many,long,truth,colour,gaps,same,none,y,z\n".to_string();
    for i in 0_u64..9000 {
        let colour = ["red", " green ", "blue", "", "TRUE"][(i * i % 5) as usize];
        let gap = if i % 7 == 3 { "?".to_string() } else { (i % 1300).to_string() };
        csv += &format!(
            "{}.50,{}e-3,{},{},{colour},{gap},5,,{},{}\n",
            i % 11,
            i * 7919 % 8999,
            9_007_199_254_740_992 + i,
            ["true", "False", "NA"][(i % 3) as usize],
            ["a", "b", "b"][(i / 2 % 3) as usize],
            i * 31 % 4001,
        );
    }
    csv
}

#[track_caller]
fn same_as_fit<T: Float>(source: &Source, options: &FitOptions) {
    let fitted = fit(source, None, options, 1, &mut NoProgress).unwrap();
    let dataset = Dataset::read(source, options).unwrap();
    let rows = dataset.hold_out(options.holdout, options.seed).unwrap();
    let steps = steps::<T>(&dataset, &rows, options);
    let (model, record) = (&fitted.model, fitted.model.record());
    assert_eq!(*model.preparation(), steps.preparation);
    assert_eq!(*model.target(), steps.target);
    assert_eq!(bits(&model.network()), bits(&steps.trained.network.cast()));
    assert_eq!((&record.train, &record.baseline), (&steps.train.scores, &steps.baseline.scores));
    assert_eq!(record.test.as_ref(), Some(&steps.test.scores));
    assert_eq!(fitted.evaluation, steps.test);
    assert_eq!((record.training_rows, record.test_rows), (rows.training.len(), rows.test.len()));
    assert_eq!(fitted.history.epochs, steps.trained.history.epochs);
    // What prediction makes of the rows is what the data set makes of them.
    let all = inputs(model, source);
    let width = steps.preparation.width();
    let unseen: Vec<u64> = steps.unseen.view().x().iter().map(|v| v.to_f64().to_bits()).collect();
    let expected = rows.test.iter().flat_map(|row| &all[row * width..(row + 1) * width]);
    assert!(unseen.iter().eq(expected));
}

#[test]
fn the_steps_one_by_one_give_what_fit_gives() {
    let text = every_kind();
    let dropping = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let classes =
        FitOptions { targets: dropping(&["y"]), drop: dropping(&["few", "z"]), ..quick() };
    let numbers = FitOptions { targets: dropping(&["z", "few"]), ..quick() };
    let double = FitOptions { precision: FloatType::F64, early_stopping: true, ..quick() };
    same_as_fit::<f32>(&table("a,b,y\n1,2,x\n2,?,z\n3,5,x\n4,2,z\n5,?,x\n6,1,z\n"), &quick());
    same_as_fit::<f32>(&table(&text), &classes);
    same_as_fit::<f32>(&table(&text), &numbers);
    same_as_fit::<f64>(&table(&text), &FitOptions { precision: FloatType::F64, ..numbers });
    let iris = Source::open("iris", &ReadOptions::default()).unwrap();
    same_as_fit::<f64>(&iris, &double);
    let target = FitOptions { targets: dropping(&["target"]), ..quick() };
    for name in ["every.csv", "every-zstd.parquet", "types.parquet"] {
        same_as_fit::<f32>(&fixture(name), &target);
    }
}

/// Folds are a loop over sets of rows. The rows of a fold stand in an order of their own, which is that of the table that is
/// written with them alone.
#[test]
fn a_fold_is_the_model_of_a_table_that_holds_only_its_rows() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/iris.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let (header, lines) = text.split_once('\n').unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let only = |rows: &[usize]| {
        let rows: Vec<&str> = rows.iter().map(|row| lines[*row]).collect();
        table(&format!("{header}\n{}\n", rows.join("\n")))
    };
    let source = table(&text);
    let options = FitOptions { epochs: Some(5), holdout: 0.0, ..FitOptions::default() };
    let dataset = Dataset::read(&source, &options).unwrap();
    for fold in 0..3 {
        let order = (0..150).map(|place| place * 37 % 150);
        let (test, training): (Vec<usize>, _) = order.partition(|row| row % 3 == fold);
        assert_eq!((training.len(), test.len()), (100, 50));
        let rows = RowSets { training, test };
        let fold = steps::<f32>(&dataset, &rows, &options);
        let (training, test) = (only(&rows.training), only(&rows.test));
        let alone = fit(&training, None, &options, 1, &mut NoProgress).unwrap();
        let model = &alone.model;
        assert_eq!(*model.preparation(), fold.preparation);
        assert_eq!(*model.target(), fold.target);
        assert_eq!(bits(&model.network()), bits(&fold.trained.network.cast()));
        assert_eq!(alone.evaluation, fold.train);
        assert_eq!(model.evaluate(&test).unwrap(), fold.test);
        let unseen = fold.unseen.view();
        let x: Vec<u64> = unseen.x().iter().map(|value| f64::from(*value).to_bits()).collect();
        assert_eq!(x, inputs(model, &test));
    }
}

/// A search is a loop over options on one data set, and an ensemble a vector of networks on one preparation.
#[test]
fn a_search_and_an_ensemble_are_loops() {
    let source = Source::open("iris", &ReadOptions::default()).unwrap();
    let options = quick();
    let dataset = Dataset::read(&source, &options).unwrap();
    let rows = dataset.hold_out(options.holdout, options.seed).unwrap();
    let target = Target::fit(&dataset, &rows.training).unwrap();
    let preparation = Preparation::fit::<f32>(&dataset, &rows.training).unwrap();
    let seen: Examples<f32> = preparation.transform(&dataset, &rows.training).unwrap();
    let unseen: Examples<f32> = preparation.transform(&dataset, &rows.test).unwrap();
    let trials: Vec<FitOptions> = [vec![], vec![3], vec![8, 4]]
        .into_iter()
        .map(|hidden| FitOptions { hidden, epochs: Some(20), ..options.clone() })
        .collect();
    let search = |options: &FitOptions| {
        let trained = train(seen.view(), &target, options, 1, &mut NoProgress).unwrap();
        score(&trained.network, &target, unseen.view()).unwrap()
    };
    for options in &trials {
        let fitted = fit(&source, None, options, 1, &mut NoProgress).unwrap();
        assert_eq!(fitted.evaluation, search(options));
    }
    let members: Vec<Network<f32>> = (0..3)
        .map(|seed| {
            let options = FitOptions { seed, ..trials[1].clone() };
            train(seen.view(), &target, &options, 1, &mut NoProgress).unwrap().network
        })
        .collect();
    let mut mean = members[0].predict(unseen.view().x()).unwrap();
    for member in &members[1..] {
        mean += &member.predict(unseen.view().x()).unwrap();
    }
    let right = mean
        .rows()
        .into_iter()
        .zip(unseen.view().t())
        .filter(|(outputs, class)| deltarule::metrics::class_of(*outputs) == **class as usize);
    assert!(right.count() > 15, "of 30");
    assert!(members.windows(2).all(|pair| pair[0] != pair[1]));
}

/// A training that goes on gives what a longer one gives, on a table as on a data set.
#[test]
fn a_training_goes_on_from_its_state() {
    let source = Source::open("iris", &ReadOptions::default()).unwrap();
    let options = quick();
    let twice = FitOptions { epochs: Some(4), ..options.clone() };
    let dataset = Dataset::read(&source, &options).unwrap();
    let rows = dataset.hold_out(options.holdout, options.seed).unwrap();
    let Steps { target, preparation, trained, .. } = steps::<f32>(&dataset, &rows, &options);
    let seen: Examples<f32> = preparation.transform(&dataset, &rows.training).unwrap();
    let start = (trained.network, trained.state);
    let on = train_on(start, seen.view(), &target, &options, 1, &mut NoProgress).unwrap();
    let at_once = steps::<f32>(&dataset, &rows, &twice).trained;
    assert_eq!(on.network, at_once.network);
    let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    let model = resume(model, &source, None, &options, 1, &mut NoProgress).unwrap().model;
    assert_eq!(bits(&model.network()), bits(&at_once.network.cast()));
}

/// A data set reads its table once; a training reads it twice, and its first rows once more.
#[test]
fn how_often_a_table_is_read() {
    let rows: String =
        (0..20_000).map(|i| format!("{},{}\n", i % 1777, ["a", "b"][i % 2])).collect();
    let chunks = Arc::new(AtomicUsize::new(0));
    let counter = chunks.clone();
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    let source = table(&format!("x,y\n{rows}")).stop_when(count);
    let dataset = Dataset::read(&source, &quick()).unwrap();
    let sets = dataset.hold_out(0.2, 0).unwrap();
    steps::<f32>(&dataset, &sets, &quick());
    assert_eq!(chunks.swap(0, Ordering::Relaxed), 5);
    fit(&source, None, &quick(), 1, &mut NoProgress).unwrap();
    assert_eq!(chunks.swap(0, Ordering::Relaxed), 5 + 1 + 5);
}

/// What was read first no longer holds then. A table with fewer rows made it panic.
#[test]
fn a_table_that_changes_while_it_is_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    let csv = |rows: usize| {
        let rows = (0..rows).map(|i| format!("{i},{}\n", ["a", "b"][i % 2]));
        "x,y\n".to_string() + &rows.collect::<String>()
    };
    for rows in [39, 41, 9000] {
        std::fs::write(&path, csv(40)).unwrap();
        let (chunks, file) = (AtomicUsize::new(0), path.clone());
        let second = move || {
            if chunks.fetch_add(1, Ordering::Relaxed) == 1 {
                std::fs::write(&file, csv(rows)).unwrap();
            }
            false
        };
        let source = Source::open(path.to_str().unwrap(), &ReadOptions::default()).unwrap();
        let error = fit(&source.stop_when(second), None, &quick(), 1, &mut NoProgress).unwrap_err();
        assert!(error.to_string().contains("the table changed while it was read"), "{error}");
    }
}

/// A row that is named twice counts twice, in the preparation as in the training.
#[test]
fn a_row_may_be_named_twice() {
    let source = table("a,y\n1,0.5\n2,1.5\n4,2.5\n8,3.5\n");
    let twice = table("a,y\n1,0.5\n1,0.5\n8,3.5\n");
    let options = FitOptions { holdout: 0.0, ..quick() };
    let dataset = Dataset::read(&source, &options).unwrap();
    let rows = RowSets { training: vec![0, 0, 3], test: vec![3] };
    let steps = steps::<f32>(&dataset, &rows, &options);
    let model = fit(&twice, None, &options, 1, &mut NoProgress).unwrap().model;
    // The offset is a median of rows, of which each counts once; the sum is what matters.
    assert_eq!(*model.target(), steps.target);
    let mean = |preparation: &Preparation| {
        let deltarule_tabular::Encoding::Number { offset, mean, deviation, .. } =
            preparation.columns[0].encoding
        else {
            panic!("not a number")
        };
        ((offset + mean) as f32, deviation as f32)
    };
    assert_eq!(mean(model.preparation()), mean(&steps.preparation));
}

/// Two classes that f64 would merge, written in more ways than texts are kept of.
#[test]
fn whole_numbers_that_f64_rounds_stay_distinct_classes_however_they_are_written() {
    let mut csv = "x,y\n".to_string();
    for i in 0..1400 {
        let class = 9_007_199_254_740_992_u64 + i as u64 % 2;
        csv += &format!("{},{class}.{}\n", i % 13, "0".repeat(1 + i / 2));
    }
    let source = table(&csv);
    let options = FitOptions { task: TaskChoice::Classification, ..quick() };
    let dataset = Dataset::read(&source, &options).unwrap();
    let Target::Classes { classes, .. } = dataset.target() else { panic!("not classes") };
    assert_eq!(*classes, ["9007199254740992", "9007199254740993"]);
    let rows: Vec<usize> = (0..1400).collect();
    let examples: Examples<f32> =
        Preparation::fit::<f32>(&dataset, &rows).unwrap().transform(&dataset, &rows).unwrap();
    assert!(rows.iter().zip(examples.view().t()).all(|(row, class)| (row % 2) as f64 == *class));
    same_as_fit::<f32>(&source, &options);
}

#[test]
fn what_cannot_be_done_with_a_data_set_is_refused() {
    let mut csv = "free,kept,left,y\n".to_string();
    (0..1500).for_each(|i| csv += &format!("text {i},{i},{i},{}\n", i % 2));
    let source = table(&csv);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let dataset =
        Dataset::read(&source, &FitOptions { drop: names(&["left"]), ..quick() }).unwrap();
    let error = Preparation::fit::<f32>(&dataset, &[0, 1]).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::Categories { column: "free".into() }), "{error}");
    let other = FitOptions { drop: names(&["free"]), ..quick() };
    let other = Dataset::read(&source, &other).unwrap();
    let preparation = Preparation::fit::<f32>(&other, &[0, 1, 2, 3]).unwrap();
    let error = preparation.transform::<f32>(&dataset, &[0]).unwrap_err().to_string();
    assert_eq!(error, "table: column \"left\" is a target or was left out when the table was read");
    let target = FitOptions { targets: names(&["free"]), categories: 1500, ..quick() };
    let target = Dataset::read(&source, &FitOptions { task: TaskChoice::Auto, ..target });
    assert!(target.unwrap_err().to_string().contains("more than 1000 classes"));
    let target = FitOptions { targets: names(&["kept"]), drop: names(&["free"]), ..quick() };
    let target = Dataset::read(&source, &target).unwrap();
    let error = preparation.transform::<f32>(&target, &[0]).unwrap_err().to_string();
    assert_eq!(error, "table: column \"kept\" is a target or was left out when the table was read");
    for (rows, expected) in [
        (&[][..], "table: no rows of the table are named"),
        (&[0, 1500], "table: there is no row 1500, the first being 0: the table has 1500 rows"),
    ] {
        assert_eq!(Preparation::fit::<f32>(&other, rows).unwrap_err().to_string(), expected);
        assert_eq!(Target::fit(&other, rows).unwrap_err().to_string(), expected);
        let transformed = preparation.transform::<f32>(&other, rows);
        assert_eq!(transformed.unwrap_err().to_string(), expected);
    }
    let error = Preparation::fit::<f32>(&other, &[7]).unwrap_err().to_string();
    assert_eq!(error, "table: no column is left to learn from: all are constant or dropped");
    let examples: Examples<f32> = preparation.transform(&other, &[5, 3]).unwrap();
    assert_eq!((examples.rows(), examples.view().t()), (2, &[1.0, 1.0][..]));
    let error = examples.weighted(vec![1.0]).unwrap_err().to_string();
    assert_eq!(error, "there are 1 weights for 2 rows");
    let error = other.hold_out(1.5, 0).unwrap_err().to_string();
    assert_eq!(error, "holdout is 1.5, allowed: at least 0 and below 1");
}
