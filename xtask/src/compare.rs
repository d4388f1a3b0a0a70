//! Compares two JSON values: the structure exactly, numbers to a tolerance.

use serde_json::Value;

/// How far apart two numbers may be: |a − b| ≤ relative · max(|a|, |b|) + absolute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) relative: f64,
    pub(crate) absolute: f64,
}

/// The first difference, with the place where it is.
pub(crate) fn difference(a: &Value, b: &Value, tolerance: Tolerance) -> Option<String> {
    walk(a, b, tolerance, &mut String::new())
}

fn walk(a: &Value, b: &Value, tolerance: Tolerance, place: &mut String) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            if let Some(key) =
                x.keys().chain(y.keys()).find(|k| x.contains_key(*k) != y.contains_key(*k))
            {
                let side = if x.contains_key(key) { "first" } else { "second" };
                return Some(format!("{place}: only the {side} has {key:?}"));
            }
            x.iter().find_map(|(key, item)| {
                within(place, &format!("/{key}"), |place| walk(item, &y[key], tolerance, place))
            })
        }
        (Value::Array(x), Value::Array(y)) => {
            if x.len() != y.len() {
                return Some(format!("{place}: {} items and {} items", x.len(), y.len()));
            }
            x.iter().zip(y).enumerate().find_map(|(index, (u, v))| {
                within(place, &format!("/{index}"), |place| walk(u, v, tolerance, place))
            })
        }
        (Value::Number(x), Value::Number(y)) if x != y => {
            // Whole numbers count something: they are equal or they are not.
            let near = (x.is_f64() || y.is_f64())
                && x.as_f64().zip(y.as_f64()).is_some_and(|(x, y)| close(x, y, tolerance));
            (!near).then(|| format!("{place}: {x} and {y}"))
        }
        _ => (a != b).then(|| format!("{place}: {a} and {b}")),
    }
}

/// Looks one step further in, and comes back to the same place.
fn within<R>(place: &mut String, step: &str, look: impl FnOnce(&mut String) -> R) -> R {
    let length = place.len();
    place.push_str(step);
    let result = look(place);
    place.truncate(length);
    result
}

fn close(a: f64, b: f64, tolerance: Tolerance) -> bool {
    (a - b).abs() <= tolerance.relative * a.abs().max(b.abs()) + tolerance.absolute
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOLERANCE: Tolerance = Tolerance { relative: 1e-13, absolute: 1e-16 };

    fn between(a: &Value, b: &Value) -> Option<String> {
        difference(a, b, TOLERANCE)
    }

    #[test]
    fn rounding_is_no_difference() {
        let (a, b) =
            (json!({"x": [1.0, {"y": 0.1}]}), json!({"x": [1.000_000_000_000_000_2, {"y": 0.1}]}));
        assert_eq!(between(&a, &b), None);
        assert_eq!(between(&json!(0.0), &json!(1e-17)), None);
        assert_eq!(between(&json!(-1e300), &json!(-1e300)), None);
    }

    #[test]
    fn a_number_that_is_off_is_found_with_its_place() {
        let (a, b) =
            (json!({"x": [1.0, {"y": 0.1}]}), json!({"x": [1.0, {"y": 0.100_000_000_001}]}));
        assert_eq!(between(&a, &b), Some("/x/1/y: 0.1 and 0.100000000001".to_string()));
        assert!(between(&json!(0.0), &json!(1e-15)).is_some());
        assert!(between(&json!(1.0), &json!(-1.0)).is_some());
    }

    #[test]
    fn the_structure_is_compared_exactly() {
        for (a, b) in [
            (json!([1.0]), json!([1.0, 2.0])),
            (json!([]), json!({})),
            (json!({"a": 1}), json!({"b": 1})),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!(null), json!(0.0)),
            (json!("0.1"), json!(0.1)),
            (json!(true), json!(false)),
            (json!("a"), json!("b")),
            (json!(10_000_000_000_000_000_u64), json!(10_000_000_000_000_001_u64)),
        ] {
            assert!(between(&a, &b).is_some(), "{a} {b}");
            assert!(between(&b, &a).is_some(), "{b} {a}");
        }
    }
}
