//! Comparing JSON solutions, shared by the tests.

pub(crate) mod marked;
pub(crate) mod naming;

use serde_json::Value;

/// Asserts that two JSON values have the same structure and, to a relative tolerance, the same numbers.
///
/// A number may also differ by `floor` times the largest number of its list of numbers: entries that nearly cancel carry
/// the rounding of the terms they were added up from.
pub(crate) fn assert_close(
    ours: &Value,
    expected: &Value,
    place: &str,
    tolerance: f64,
    floor: f64,
) {
    compare(ours, expected, place, tolerance, floor, 1.0);
}

fn compare(ours: &Value, expected: &Value, place: &str, tolerance: f64, floor: f64, scale: f64) {
    match (ours, expected) {
        (Value::Object(ours), Value::Object(expected)) => {
            let keys = |o: &serde_json::Map<String, Value>| o.keys().cloned().collect::<Vec<_>>();
            let (mut a, mut b) = (keys(ours), keys(expected));
            a.sort();
            b.sort();
            assert_eq!(a, b, "keys at {place}");
            for key in a {
                let inner = format!("{place}.{key}");
                compare(&ours[&key], &expected[&key], &inner, tolerance, floor, scale);
            }
        }
        (Value::Array(ours), Value::Array(expected)) => {
            assert_eq!(ours.len(), expected.len(), "length at {place}");
            let scale =
                if place.ends_with(']') { scale } else { largest(&Value::Array(expected.clone())) };
            for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
                compare(a, b, &format!("{place}[{i}]"), tolerance, floor, scale);
            }
        }
        (Value::Number(ours), Value::Number(expected)) => {
            let (a, b) = (ours.as_f64().unwrap(), expected.as_f64().unwrap());
            let error = (a - b).abs();
            assert!(
                error <= tolerance * b.abs() || error <= floor * scale,
                "{place}: {a:e}, expected {b:e}"
            );
            assert!(!(a == 0.0 && a.is_sign_negative()), "−0 at {place}");
        }
        _ => assert_eq!(ours, expected, "at {place}"),
    }
}

fn largest(value: &Value) -> f64 {
    match value {
        Value::Array(items) => items.iter().map(largest).fold(0.0, f64::max),
        Value::Number(number) => number.as_f64().unwrap_or(0.0).abs(),
        _ => 0.0,
    }
}
