//! Reading tables: formats, types, encodings, and the preparation against scikit-learn.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deltarule_tabular::{
    ClassWeight, ColumnType, DropReason, Encoding, ErrorKind, ExplainOptions, FitOptions,
    FloatType, Hint, NoProgress, ReadOptions, Record, Source, TabularModel, Target, explain, fit,
    fit_weighted, resume, scan,
};
use serde_json::Value;

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn kinds(source: &Source) -> Vec<(String, ColumnType, usize)> {
    let summary = scan(source, 256).unwrap();
    summary.columns.into_iter().map(|c| (c.name, c.kind, c.missing)).collect()
}

/// Options that train on every row, as scikit-learn's fixture does.
fn all_rows() -> FitOptions {
    FitOptions { holdout: 0.0, epochs: Some(1), precision: FloatType::F64, ..FitOptions::default() }
}

#[test]
fn parquet_types() {
    let source = Source::open(&fixture("types.parquet"), &ReadOptions::default()).unwrap();
    let expected = [
        ("int_null", ColumnType::Integer, 9),
        ("float32", ColumnType::Number, 0),
        ("float64", ColumnType::Number, 6),
        ("boolean", ColumnType::Boolean, 5),
        ("dictionary", ColumnType::Category, 0),
        ("large_text", ColumnType::Category, 1),
        ("decimal", ColumnType::Integer, 1),
        ("target", ColumnType::Category, 0),
    ];
    for ((name, kind, missing), expected) in kinds(&source).iter().zip(expected) {
        assert_eq!((name.as_str(), *kind, *missing), expected);
    }
    let dates = Source::open(&fixture("dates.parquet"), &ReadOptions::default()).unwrap();
    let error = scan(&dates, 256).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::UnsupportedColumn { column: "when".into() }), "{error}");
    assert!(error.to_string().contains("column \"when\""), "{error}");
}

#[test]
fn preparation_is_that_of_scikit_learn() {
    let json = std::fs::read_to_string(fixture("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&json).unwrap();
    let source = Source::open(&fixture("types.parquet"), &ReadOptions::default()).unwrap();
    let model = fit(&source, None, &all_rows(), 1, &mut NoProgress).unwrap().model;
    let mut compared = 0;
    for column in &model.preparation().columns {
        let Some(expected) = expected.get(&column.name) else { continue };
        let Encoding::Number { offset, mean, deviation, median, indicator, .. } = column.encoding
        else {
            panic!("{} is not a number", column.name)
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} {b}");
        close(offset + median, expected["median"].as_f64().unwrap());
        let missing = expected["missing"].as_array().unwrap();
        assert_eq!(indicator, missing.contains(&Value::Bool(true)), "{}", column.name);
        // What pyarrow reads; what is null or NaN is missing.
        let raw: Vec<Option<f64>> =
            expected["raw"].as_array().unwrap().iter().map(Value::as_f64).collect();
        let values = expected["values"].as_array().unwrap();
        assert_eq!((raw.len(), missing.len()), (values.len(), values.len()));
        for ((raw, missing), value) in raw.into_iter().zip(missing).zip(values) {
            assert_eq!(Value::Bool(raw.is_none()), *missing, "{}", column.name);
            let filled = raw.unwrap_or(offset + median);
            close((filled - offset - mean) / deviation, value.as_f64().unwrap());
        }
        compared += 1;
    }
    assert_eq!(compared, 4);
    // What training saw is what prediction sees: the matrix is prepared in two ways.
    assert_eq!(model.evaluate(&source).unwrap().scores, model.record().train);
    let names = model.preparation().feature_names();
    for expected in
        ["int_null (missing)", "boolean (missing)", "dictionary=blue", "large_text (missing)"]
    {
        assert!(names.iter().any(|n| n == expected), "{names:?}");
    }
}

#[test]
fn every_spelling_of_missing_and_of_truth() {
    let directory = tempfile::tempdir().unwrap();
    let csv = "n,b,t,y\n1,true,x,1.5\n,False,?,2\n?,TRUE, ,3\nNA,,nan,1\nnan,NULL,na,2\nnull,true,y,2\n 7 ,false,x,0\n";
    let path = write(directory.path(), "t.csv", csv.as_bytes());
    let source = Source::open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(
        kinds(&source),
        [
            ("n".into(), ColumnType::Integer, 5),
            ("b".into(), ColumnType::Boolean, 2),
            ("t".into(), ColumnType::Category, 4),
            ("y".into(), ColumnType::Number, 0),
        ]
    );
}

#[test]
fn quotes_line_breaks_carriage_returns_and_a_byte_order_mark() {
    let directory = tempfile::tempdir().unwrap();
    let csv = "\u{feff}a,\"b, with comma\",y\r\n1,\"two\r\nlines\",x\r\n2,\"he said \"\"no\"\"\",z\r\n3,plain,oops,x\r\n";
    let path = write(directory.path(), "t.csv", csv.as_bytes());
    let error = scan(&Source::open(&path, &ReadOptions::default()).unwrap(), 9).unwrap_err();
    assert!(error.to_string().contains("has 4 cells"), "{error}");
    let good = csv.replace("3,plain,oops,x", "3,plain,x");
    let path = write(directory.path(), "t.csv", good.as_bytes());
    let summary = scan(&Source::open(&path, &ReadOptions::default()).unwrap(), 9).unwrap();
    assert_eq!(summary.columns[0].name, "a");
    assert_eq!(summary.columns[1].name, "b, with comma");
    assert_eq!(summary.columns[1].categories, ["he said \"no\"", "plain", "two\r\nlines"]);
    // The line of a cell counts the line break inside the quotes before it.
    let infinite = good.replace("\r\n3,plain", "\r\ninf,plain");
    let path = write(directory.path(), "t.csv", infinite.as_bytes());
    let error = scan(&Source::open(&path, &ReadOptions::default()).unwrap(), 9).unwrap_err();
    assert!(error.to_string().contains("line 5, column \"a\""), "{error}");
}

#[test]
fn encodings_decimal_commas_tabs_and_gzip() {
    let directory = tempfile::tempdir().unwrap();
    let latin = write(directory.path(), "l.csv", b"a,y\n1,caf\xe9\n2,tea\n");
    let read = |encoding: &str| ReadOptions { encoding: encoding.into(), ..ReadOptions::default() };
    let summary = scan(&Source::open(&latin, &read("latin1")).unwrap(), 9).unwrap();
    assert_eq!(summary.columns[1].categories, ["café", "tea"]);
    let utf16: Vec<u8> =
        "\u{feff}a,y\n1,ä\n2,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = write(directory.path(), "w.csv", &utf16);
    let summary = scan(&Source::open(&wide, &read("utf-16le")).unwrap(), 9).unwrap();
    assert_eq!(summary.columns[1].categories, ["b", "ä"]);

    let tsv = write(directory.path(), "t.tsv", b"a\ty\n1,5\t2\n-0,25\t3\n");
    let comma = ReadOptions { decimal_comma: true, ..ReadOptions::default() };
    assert_eq!(kinds(&Source::open(&tsv, &comma).unwrap())[0].1, ColumnType::Number);
    assert_eq!(
        kinds(&Source::open(&tsv, &ReadOptions::default()).unwrap())[0].1,
        ColumnType::Category
    );

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"a,y\n1,x\n2,z\n").unwrap();
    let path = write(directory.path(), "t.csv.gz", &gzip.finish().unwrap());
    assert_eq!(scan(&Source::open(&path, &ReadOptions::default()).unwrap(), 9).unwrap().rows, 2);
    let cut = write(directory.path(), "cut.csv.gz", &std::fs::read(&path).unwrap()[..20]);
    assert!(scan(&Source::open(&cut, &ReadOptions::default()).unwrap(), 9).is_err());
}

#[test]
fn a_stream_is_read_as_the_file_would_be() {
    let options = ReadOptions::default();
    let parquet = std::fs::read(fixture("types.parquet")).unwrap();
    let streamed = Source::spool("standard input", parquet.as_slice(), &options).unwrap();
    let file = Source::open(&fixture("types.parquet"), &options).unwrap();
    assert_eq!(kinds(&streamed), kinds(&file));
}

#[test]
fn preparation_sees_training_rows_only() {
    let directory = tempfile::tempdir().unwrap();
    let rows = |colors: &[&str], first: usize| -> String {
        let mut csv = "number,color,same,y\n".to_string();
        for i in first..first + 40 {
            csv += &format!("{},{},5,{}\n", i * i, colors[i % colors.len()], i % 2);
        }
        csv
    };
    let train = write(directory.path(), "train.csv", rows(&["red", "blue"], 0).as_bytes());
    let test = write(directory.path(), "test.csv", rows(&["red", "green"], 100).as_bytes());
    let open = |path: &str| Source::open(path, &ReadOptions::default()).unwrap();
    let with_test =
        fit(&open(&train), Some(&open(&test)), &all_rows(), 1, &mut NoProgress).unwrap();
    let alone = fit(&open(&train), None, &all_rows(), 1, &mut NoProgress).unwrap();
    assert_eq!(with_test.model.preparation(), alone.model.preparation());
    assert_eq!(alone.model.preparation().dropped[0].name, "same");
    assert_eq!(alone.model.preparation().dropped[0].why, DropReason::Constant);
    // Green, never seen, is all zeros and no error.
    let mut rows = 0;
    alone
        .model
        .predict(&open(&test), |_| {
            rows += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, 40);
}

#[test]
fn the_hold_out_keeps_the_shares_of_the_classes_and_follows_the_seed() {
    let source = Source::open("iris", &ReadOptions::default()).unwrap();
    let run = |seed: u64| {
        let options = FitOptions { seed, epochs: Some(1), ..FitOptions::default() };
        fit(&source, None, &options, 1, &mut NoProgress).unwrap()
    };
    let first = run(0);
    let confusion = first.evaluation.confusion.as_ref().unwrap();
    for class in 0..3 {
        assert_eq!(confusion.counts.row(class).sum(), 10);
    }
    assert_eq!(first.model, run(0).model);
    assert_ne!(first.model.network(), run(1).model.network());
}

#[test]
fn a_saved_model_predicts_as_before_and_writes_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m.safetensors");
    for (data, precision) in [("iris", FloatType::F32), ("digits", FloatType::F64)] {
        let source = Source::open(data, &ReadOptions::default()).unwrap();
        let options = FitOptions { precision, epochs: Some(3), ..FitOptions::default() };
        let model = fit(&source, None, &options, 2, &mut NoProgress).unwrap().model;
        model.save(&path).unwrap();
        let loaded = TabularModel::load(&path).unwrap();
        assert_eq!(model, loaded);
        let predictions = |model: &TabularModel| {
            let mut all = Vec::new();
            model
                .predict(&source, |row| {
                    all.extend_from_slice(row.values);
                    Ok(())
                })
                .unwrap();
            all
        };
        assert_eq!(predictions(&model), predictions(&loaded));
        let mut bytes = Vec::new();
        loaded.write(&mut bytes).unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap());
    }
}

#[test]
fn classes_are_sorted_as_numbers_or_as_text() {
    let directory = tempfile::tempdir().unwrap();
    let mut csv = "x,number,word\n".to_string();
    for i in 0..60 {
        csv += &format!("{i},{},{}\n", [10, 9, 100][i % 3], ["b", "B", "a"][i % 3]);
    }
    let path = write(directory.path(), "t.csv", csv.as_bytes());
    let source = Source::open(&path, &ReadOptions::default()).unwrap();
    for (target, expected) in [("number", ["9", "10", "100"]), ("word", ["B", "a", "b"])] {
        let options = FitOptions { targets: vec![target.into()], ..all_rows() };
        let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
        let Target::Classes { classes, .. } = model.target() else { panic!("not classes") };
        assert_eq!(*classes, expected);
    }
}

#[test]
fn large_numbers_that_differ_little_keep_their_digits_in_single_precision() {
    let directory = tempfile::tempdir().unwrap();
    let mut csv = "time,y\n".to_string();
    for i in 0..200 {
        csv += &format!("{},{}\n", 1_700_000_000_u64 + i, if i % 2 == 0 { "even" } else { "odd" });
    }
    let path = write(directory.path(), "t.csv", csv.as_bytes());
    let source = Source::open(&path, &ReadOptions::default()).unwrap();
    let options = FitOptions { precision: FloatType::F32, ..all_rows() };
    let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    let Encoding::Number { offset, mean, deviation, .. } = model.preparation().columns[0].encoding
    else {
        panic!("not a number")
    };
    assert!((offset + mean - 1_700_000_099.5).abs() < 1e-3);
    // The deviation of 0 … 199.
    assert!((deviation - (39_999.0_f64 / 12.0).sqrt()).abs() < 1e-3, "{deviation}");
}

/// Preparation used to subtract the midpoint of all rows, held-out ones included, so that one outlier there made a column
/// of small numbers constant.
#[test]
fn an_outlier_in_a_held_out_row_does_not_change_the_preparation() {
    let directory = tempfile::tempdir().unwrap();
    let csv = |outlier: Option<usize>| -> String {
        let mut csv = "small,other,y\n".to_string();
        for i in 0..100 {
            let small =
                if outlier == Some(i) { "10000000000".into() } else { (i % 31).to_string() };
            csv += &format!("{small},{},{}\n", i * 7 % 13, ["a", "b"][i % 2]);
        }
        csv
    };
    let fitted = |csv: &str| {
        let path = write(directory.path(), "t.csv", csv.as_bytes());
        let source = Source::open(&path, &ReadOptions::default()).unwrap();
        let options =
            FitOptions { epochs: Some(1), precision: FloatType::F32, ..FitOptions::default() };
        fit(&source, None, &options, 1, &mut NoProgress).unwrap().model
    };
    let plain = fitted(&csv(None));
    assert!(plain.preparation().dropped.is_empty());
    let preparations: Vec<_> =
        (0..100).map(|row| fitted(&csv(Some(row))).preparation().clone()).collect();
    let same = preparations.iter().filter(|p| *p == plain.preparation()).count();
    assert_eq!(same, 20, "the rows that are held out, and no others, leave the preparation alone");
    assert!(preparations.iter().all(|p| p.dropped.is_empty()), "no row makes a column constant");
}

/// A continuation must not test on what was trained on, so that the record always says how the rows were chosen.
#[test]
fn a_record_says_how_its_rows_were_chosen() {
    let source = Source::open("iris", &ReadOptions::default()).unwrap();
    let options = FitOptions { epochs: Some(1), ..FitOptions::default() };
    let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    let mut json = serde_json::to_value(model.record()).unwrap();
    assert_eq!(serde_json::from_value::<Record>(json.clone()).unwrap(), *model.record());
    assert_eq!(json["split"]["rows"], 150);
    json.as_object_mut().unwrap().remove("split");
    let error = serde_json::from_value::<Record>(json).unwrap_err();
    assert!(error.to_string().contains("missing field `split`"), "{error}");
}

#[test]
fn reading_stops_at_the_next_chunk_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let rows = (0..20_000).map(|i| format!("{},{}\n", i % 97, ["a", "b"][i % 2]));
    let csv = "x,y\n".to_string() + &rows.collect::<String>();
    let path = write(directory.path(), "t.csv", csv.as_bytes());
    let (counted, options) = (Arc::new(AtomicUsize::new(0)), ReadOptions::default());
    // In the first pass over the table, and in a later one.
    for chunks in [2, 7] {
        counted.store(0, Ordering::Relaxed);
        let counter = counted.clone();
        let asked = move || counter.fetch_add(1, Ordering::Relaxed) >= chunks;
        let source = Source::open(&path, &options).unwrap().stop_when(asked);
        let error = fit(&source, None, &all_rows(), 1, &mut NoProgress).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
        assert_eq!(counted.load(Ordering::Relaxed), chunks + 1, "it was asked no more");
    }
}

/// Rows are put in another order before they are trained on, and their weights with them.
#[test]
fn weights_stay_with_their_rows() {
    let source = Source::open("iris", &ReadOptions::default()).unwrap();
    let options = FitOptions { epochs: Some(3), ..FitOptions::default() };
    let given = [("setosa", 2.0), ("virginica", 0.5)].map(|(class, w)| (class.to_string(), w));
    let by_class = FitOptions {
        class_weight: ClassWeight::Given(given.into_iter().collect()),
        ..options.clone()
    };
    let by_class = fit(&source, None, &by_class, 1, &mut NoProgress).unwrap().model;
    let weights: Vec<f64> = [2.0, 1.0, 0.5].into_iter().flat_map(|w| [w; 50]).collect();
    let run = |weights: &[f64]| fit_weighted(&source, weights, None, &options, 1, &mut NoProgress);
    let by_row = run(&weights).unwrap().model;
    assert_eq!(by_row.network(), by_class.network());
    // What comes next would be without them, and an explanation says so.
    let error = resume(by_row.clone(), &source, None, &options, 1, &mut NoProgress).unwrap_err();
    assert!(error.to_string().contains("a weight for each row"), "{error}");
    for (model, weighted) in [(&by_row, true), (&by_class, false)] {
        let rows = ExplainOptions { rows: vec![3], step: true, style: Default::default() };
        let document = explain(model, &source, &rows).unwrap();
        let text = deltarule_document::render_text(&document, &Default::default());
        assert_eq!(text.contains("the weights of the rows"), weighted, "{text}");
    }
    let plain = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    assert_ne!(plain.network(), by_class.network());
    assert_eq!(plain.preparation(), by_class.preparation());
    for (weights, message) in [
        (&weights[1..], "iris: there are 149 weights for 150 rows"),
        (&[0.0; 150], "sample weights"),
        (&[-1.0; 150], "sample weight is -1"),
    ] {
        let error = run(weights).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let unknown = BTreeMap::from([("rose".to_string(), 2.0)]);
    let options = FitOptions { class_weight: ClassWeight::Given(unknown), ..options.clone() };
    let error = fit(&source, None, &options, 1, &mut NoProgress).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no class \"rose\" to weigh; there are setosa, versicolor, virginica"
    );
}

/// Columns are prepared one after the other; a message is about the first row that is wrong, and there about the first
/// column.
#[test]
fn the_first_row_that_is_wrong_is_named_whatever_its_column() {
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i * i % 7, i % 2)).collect();
    let source = |rows: &str| {
        let csv = format!("a,b,y\n{rows}");
        Source::from_bytes("t", csv.into_bytes(), &ReadOptions::default()).unwrap()
    };
    let model = fit(&source(&rows), None, &all_rows(), 1, &mut NoProgress).unwrap().model;
    for (rows, expected) in [
        ("1,2,0\n3,x,0\ny,4,0\n", "t, line 3, column \"b\": \"x\" where training had a number"),
        ("1,2,0\n3,4,0\ny,x,0\n", "t, line 4, column \"a\": \"y\" where training had a number"),
        ("1,inf,0\n3,x,0\ny,4,0\n", "t, line 2, column \"b\": inf is not a finite number"),
    ] {
        let error = model.predict(&source(rows), |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line_also_where_a_character_is_cut_by_a_delimiter() {
    for (bytes, line) in [
        (&b"a,y\n1,x\n2,caf\xe9\n"[..], 3),
        (b"a\xe9,y\n1,x\n", 1),
        // Without the comma between them, these two bytes are an \u{e9}.
        (b"a,y\n1,x\n\"\n\",x\n\xc3,\xa9\n", 5),
    ] {
        let source = Source::from_bytes("t", bytes.to_vec(), &ReadOptions::default()).unwrap();
        let error = scan(&source, 9).unwrap_err();
        assert_eq!(error.to_string(), format!("t, line {line}: not valid UTF-8"));
        assert_eq!(error.hint(), Some(&Hint::Encoding));
    }
}
