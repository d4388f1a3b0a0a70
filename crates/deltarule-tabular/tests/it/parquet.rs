//! Parquet files that pyarrow wrote (`fixtures/make.py`): types that need care, every compression, both versions of pages.

use deltarule_tabular::{
    ColumnType, DropReason, FitOptions, Hint, NoProgress, ReadOptions, Source, Target, fit, scan,
};

fn open(name: &str) -> Source {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    Source::open(&path, &ReadOptions::default()).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The same model, to the byte, comes of a table in every way in which Parquet can hold it, and of the same table as text.
#[test]
fn every_type_compression_and_version_gives_the_model_of_the_text() {
    let options =
        FitOptions { epochs: Some(2), targets: names(&["target"]), ..FitOptions::default() };
    let model = |name: &str| {
        let model = fit(&open(name), None, &options, 1, &mut NoProgress).unwrap().model;
        let mut bytes = Vec::new();
        model.write(&mut bytes).unwrap();
        (model, bytes)
    };
    let (text, expected) = model("every.csv");
    // The whole numbers of 25 digits are all the same in double precision, and left out.
    assert_eq!(text.preparation().columns.len(), 19);
    for compression in ["none", "snappy", "gzip", "zstd", "lz4"] {
        let name = format!("every-{compression}.parquet");
        assert!(model(&name).1 == expected, "{name}");
        assert_eq!(
            scan(&open(&name), 256).unwrap().columns.len(),
            scan(&open("every.csv"), 256).unwrap().columns.len()
        );
        let (mut from_text, mut from_parquet) = (Vec::new(), Vec::new());
        for (source, all) in [(open("every.csv"), &mut from_text), (open(&name), &mut from_parquet)]
        {
            let take = |inputs: ndarray::ArrayView2<'_, f64>| {
                all.extend(inputs.iter().map(|v| v.to_bits()));
                Ok(())
            };
            text.inputs(&source, take).unwrap();
        }
        assert_eq!(from_text, from_parquet, "{name}");
    }
}

/// Bytes were changed in them, and the crate that reads them panics.
#[test]
fn a_damaged_file_is_an_error_whatever_the_reader_makes_of_it() {
    for damage in ["length", "dictionary", "offset"] {
        let name = format!("damaged-{damage}.parquet");
        let error = scan(&open(&name), 256).unwrap_err().to_string();
        assert!(error.contains(&name) && error.contains("damaged"), "{error}");
    }
}

/// They went through f64, which merged them.
#[test]
fn large_integers_stay_distinct_as_labels() {
    for (labels, expected) in [
        ("signed", ["1152921504606846976", "1152921504606846977"]),
        ("unsigned", ["18446744073709551614", "18446744073709551615"]),
        ("decimal", ["12345678901234567890123", "12345678901234567890124"]),
    ] {
        let source = open("labels.parquet");
        let others = ["signed", "unsigned", "decimal"].into_iter().filter(|name| *name != labels);
        let options = FitOptions {
            epochs: Some(1),
            targets: names(&[labels]),
            drop: others.map(String::from).collect(),
            ..FitOptions::default()
        };
        let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
        let Target::Classes { classes, .. } = model.target() else { panic!("not classes") };
        assert_eq!(*classes, expected);
        assert_eq!(model.evaluate(&source).unwrap().rows, 40);
    }
}

/// A column that was asked to be left out was refused all the same, with the hint to leave it out.
#[test]
fn a_type_that_is_not_supported_is_an_error_only_where_it_is_used() {
    let with = open("days.parquet");
    let error = scan(&with, 256).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::UnsupportedColumn { column: "day".into() }));
    assert!(error.to_string().contains("column \"day\""), "{error}");
    let options = FitOptions { epochs: Some(1), drop: names(&["day"]), ..FitOptions::default() };
    let model = fit(&with, None, &options, 1, &mut NoProgress).unwrap().model;
    let dropped: Vec<(&str, DropReason)> = model
        .preparation()
        .dropped
        .iter()
        .map(|column| (column.name.as_str(), column.why))
        .collect();
    assert_eq!(dropped, [("day", DropReason::Asked), ("none", DropReason::Empty)]);
    model.evaluate(&with).unwrap();
    let numbers: String = (0..40).map(|i| format!("{0},{0}\n", i % 2)).collect();
    let without = format!("y,a\n{numbers}");
    let without = Source::spool("t", without.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(scan(&without, 256).unwrap().columns[0].kind, ColumnType::Integer);
    assert_eq!(model.evaluate(&without).unwrap(), model.evaluate(&with).unwrap());
}

/// Parquet has whole numbers for them; read as such, the nanoseconds of one program would be the microseconds of another.
#[test]
fn durations_are_refused_and_whole_numbers_are_not() {
    let source = open("durations.parquet");
    for (unit, name) in [("s", "s"), ("ms", "ms"), ("us", "µs"), ("ns", "ns")] {
        let others = ["s", "ms", "us", "ns"].into_iter().filter(|other| *other != unit);
        let options =
            FitOptions { drop: others.map(String::from).collect(), ..FitOptions::default() };
        let error = fit(&source, None, &options, 1, &mut NoProgress).unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::UnsupportedColumn { column: unit.into() }));
        assert!(error.to_string().contains(&format!("type Duration({name}) ")), "{error}");
    }
    let options = FitOptions {
        epochs: Some(1),
        drop: names(&["s", "ms", "us", "ns"]),
        ..FitOptions::default()
    };
    let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    assert_eq!(model.preparation().columns[0].name, "count");
}
