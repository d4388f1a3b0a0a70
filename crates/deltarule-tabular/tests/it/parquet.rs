//! Parquet columns of types that need care, in files that are written here.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray, RecordBatch,
    UInt64Array,
};
use deltarule_tabular::{
    ColumnType, DropReason, FitOptions, Hint, NoProgress, ReadOptions, Source, Target, fit, scan,
};
use parquet::arrow::ArrowWriter;

fn table(columns: Vec<(&str, ArrayRef)>) -> Source {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    Source::spool("t", bytes.as_slice(), &ReadOptions::default()).unwrap()
}

fn numbers() -> ArrayRef {
    Arc::new(Float64Array::from_iter_values((0..40).map(|i| f64::from(i % 2))))
}

/// They went through f64, which merged them.
#[test]
fn large_integers_stay_distinct_as_labels() {
    let i64s = (0..40).map(|i| (1_i64 << 60) + i % 2);
    let u64s = (0..40).map(|i| u64::MAX - i % 2);
    let decimals = (0..40).map(|i| 12_345_678_901_234_567_890_123_i128 + i % 2);
    let decimals = Decimal128Array::from_iter_values(decimals).with_precision_and_scale(30, 0);
    let columns: [(ArrayRef, [&str; 2]); 3] = [
        (
            Arc::new(Int64Array::from_iter_values(i64s)),
            ["1152921504606846976", "1152921504606846977"],
        ),
        (
            Arc::new(UInt64Array::from_iter_values(u64s)),
            ["18446744073709551614", "18446744073709551615"],
        ),
        (Arc::new(decimals.unwrap()), ["12345678901234567890123", "12345678901234567890124"]),
    ];
    for (labels, expected) in columns {
        let source = table(vec![("a", numbers()), ("y", labels)]);
        let options = FitOptions { epochs: Some(1), ..FitOptions::default() };
        let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
        let Target::Classes { classes, .. } = model.target() else { panic!("not classes") };
        assert_eq!(*classes, expected);
        assert_eq!(model.evaluate(&source).unwrap().rows, 40);
    }
}

/// A column that was asked to be left out was refused all the same, with the hint to leave it out.
#[test]
fn a_type_that_is_not_supported_is_an_error_only_where_it_is_used() {
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..40));
    let nothing: ArrayRef = Arc::new(NullArray::new(40));
    let with = table(vec![("day", days), ("a", numbers()), ("none", nothing), ("y", numbers())]);
    let error = scan(&with, 256).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::UnsupportedColumn { column: "day".into() }));
    assert!(error.to_string().contains("column \"day\""), "{error}");
    let options = FitOptions { epochs: Some(1), drop: vec!["day".into()], ..FitOptions::default() };
    let model = fit(&with, None, &options, 1, &mut NoProgress).unwrap().model;
    let dropped: Vec<(&str, DropReason)> = model
        .preparation()
        .dropped
        .iter()
        .map(|column| (column.name.as_str(), column.why))
        .collect();
    assert_eq!(dropped, [("day", DropReason::Asked), ("none", DropReason::Empty)]);
    model.evaluate(&with).unwrap();
    let without = table(vec![("y", numbers()), ("a", numbers())]);
    assert_eq!(scan(&without, 256).unwrap().columns[0].kind, ColumnType::Integer);
    assert_eq!(model.evaluate(&without).unwrap(), model.evaluate(&with).unwrap());
}
