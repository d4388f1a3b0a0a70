//! Units in the last place: double precision against values from mpmath, single precision against double precision.

use serde_json::Value;

use super::super::*;
use super::paths::{LaneFunction, Paths, lanes};
use super::{FUNCTIONS, Function};
use crate::number::{Number, Vector};

/// One in so many f32 is tested: all of them by `cargo xtask test --exhaustive`.
const STEP: u32 = if cfg!(exhaustive) { 1 } else { 1021 };
/// Numbers that are computed at a time.
const CHUNK: usize = 1 << 12;

impl LaneFunction for Function {
    fn shape(&self) -> [usize; 2] {
        [1, 1]
    }
    #[inline(always)]
    fn run<V: Vector>(&self, inputs: &[V], outputs: &mut [V]) {
        outputs[0] = self.of(inputs[0]);
    }
}

/// Numbers of a type between two of its numbers: 0 between NaNs, and most of all between NaN and another.
macro_rules! distance {
    ($name:ident, $t:ident, $bits:ident) => {
        fn $name(a: $t, b: $t) -> u64 {
            // Bits as numbers on a line, on which those of negative numbers run the other way.
            let line = |x: $t| {
                let bits = x.to_bits() as $bits;
                if bits < 0 { $bits::MIN - bits } else { bits }
            };
            match (a.is_nan(), b.is_nan()) {
                (true, true) => 0,
                (false, false) => u64::from(line(a).abs_diff(line(b))),
                _ => u64::MAX,
            }
        }
    };
}
distance!(distance_f32, f32, i32);
distance!(distance_f64, f64, i64);

const ELEMENTARY: &str = include_str!("../../../../../../oracle/values/elementary.json");
const COEFFICIENTS: &str = include_str!("../../../../../../oracle/values/coefficients.json");

fn entries(json: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(json).unwrap()["entries"].as_array().unwrap().clone()
}

/// Numbers; null stands for what is too large.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::INFINITY)).collect()
}

#[test]
fn double_precision_is_as_near_to_mpmath_as_the_table_says() {
    let entries = entries(ELEMENTARY);
    for (function, name, [_, limit]) in FUNCTIONS {
        let entry = entries.iter().find(|entry| entry["function"] == name).unwrap();
        for (x, expected) in numbers(&entry["x"]).into_iter().zip(numbers(&entry["y"])) {
            let ours = function.of(x);
            let units = distance_f64(ours, expected);
            assert!(
                units <= limit,
                "{name}({x:e}) = {ours:e}, expected {expected:e}: {units} units"
            );
        }
    }
}

/// The largest distance for the bit patterns from `first` on, STEP apart, below `end`; the vectors of x86 agree.
fn check(function: Function, name: &str, limit: u64, first: u64, end: u64) -> u64 {
    let (names, best_double) = (f32::names(), f64::names()[0]);
    let quick = names[1..].iter().filter(|&&path| path != "portable" && path != "single");
    let (mut x, mut y, mut y_too) =
        (vec![0.0_f32; CHUNK], vec![0.0_f32; CHUNK], vec![0.0_f32; CHUNK]);
    let (mut x_double, mut y_double) = (vec![0.0_f64; CHUNK], vec![0.0_f64; CHUNK]);
    let mut worst = 0;
    let mut bits = first;
    while bits < end {
        for (x, x_double) in x.iter_mut().zip(&mut x_double) {
            *x = f32::from_bits(bits.min(end - 1) as u32);
            *x_double = Number::to_f64(*x);
            bits += u64::from(STEP);
        }
        f32::run(names[0], &function, &x, &mut y);
        for path in quick.clone() {
            f32::run(path, &function, &x, &mut y_too);
            for ((x, a), b) in x.iter().zip(&y).zip(&y_too) {
                let same = a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
                assert!(same, "{name}({x:e}) is {a:e} on {}, but {b:e} on {path}", names[0]);
            }
        }
        f64::run(best_double, &function, &x_double, &mut y_double);
        for ((&x, &ours), &expected) in x.iter().zip(&y).zip(&y_double) {
            let expected = expected as f32;
            let units = distance_f32(ours, expected);
            if units > worst {
                assert!(
                    units <= limit,
                    "{name}({x:e}) = {ours:e}, expected {expected:e}: {units} units"
                );
                worst = units;
            }
        }
    }
    worst
}

/// The functions of f64 are within 3 of its units, so that rounding them to f32 gives the correctly rounded number
/// but where that is a close call.
#[test]
fn single_precision_is_as_near_to_double_as_the_table_says() {
    assert_eq!(CHUNK % lanes::<f32>(), 0);
    let half = 1_u64 << 31;
    for (function, name, [limit, _]) in FUNCTIONS {
        let worst = std::thread::scope(|scope| {
            let negative = scope.spawn(|| check(function, name, limit, half, 2 * half));
            let positive = check(function, name, limit, 0, half);
            negative.join().unwrap().max(positive)
        });
        // Where no number was left out, the table is exact.
        assert!(STEP > 1 || worst == limit, "{name} is within {worst}, not {limit}");
    }
}

#[test]
fn the_ends_of_the_range_are_exact() {
    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;
    let cases = [
        (Function::Exp, [1.0, 1.0, INF, 0.0]),
        (Function::Expm1, [0.0, -0.0, INF, -1.0]),
        (Function::Ln, [-INF, -INF, INF, NAN]),
        (Function::Log1p, [0.0, -0.0, INF, NAN]),
        (Function::Tanh, [0.0, -0.0, 1.0, -1.0]),
        (Function::Sigmoid, [0.5, 0.5, 1.0, 0.0]),
        (Function::Softplus, [std::f64::consts::LN_2, std::f64::consts::LN_2, INF, 0.0]),
        (Function::Erf, [0.0, -0.0, 1.0, -1.0]),
        (Function::Erfc, [1.0, 1.0, 0.0, 2.0]),
        (Function::NormalCdf, [0.5, 0.5, 1.0, 0.0]),
    ];
    for (function, expected) in cases {
        for (x, y) in [0.0, -0.0, INF, -INF].into_iter().zip(expected) {
            let same =
                |ours: f64, y: f64| ours.to_bits() == y.to_bits() || ours.is_nan() && y.is_nan();
            assert!(same(function.of(x), y), "{function:?}({x}) = {}", function.of(x));
            let (ours, y) = (function.of(x as f32), y as f32);
            assert!(
                same(Number::to_f64(ours), Number::to_f64(y)),
                "{function:?}({x}_f32) = {ours}"
            );
        }
    }
    for (function, ..) in FUNCTIONS {
        assert!(function.of(f64::NAN).is_nan() && function.of(-f64::NAN).is_nan(), "{function:?}");
        assert!(function.of(f32::NAN).is_nan() && function.of(-f32::NAN).is_nan(), "{function:?}");
    }
    assert_eq!(ln(-0.0_f64), -INF);
    assert_eq!(log1p(-1.0_f64), -INF);
    assert!(ln(-f64::MIN_POSITIVE).is_nan() && ln(-1e-310).is_nan() && log1p(-1.5).is_nan());
}

#[test]
fn the_polynomials_are_those_of_the_oracle() {
    let single: [(&str, &[f64]); 5] = [
        ("ln2", &single::LN2),
        ("exp", &single::EXP),
        ("log", &single::LOG),
        ("erf", &single::ERF),
        ("erfc", &single::ERFC),
    ];
    let double: [(&str, &[f64]); 5] = [
        ("ln2", &double::LN2),
        ("exp", &double::EXP),
        ("log", &double::LOG),
        ("erf", &double::ERF),
        ("erfc", &double::ERFC),
    ];
    let entries = entries(COEFFICIENTS);
    assert_eq!(entries.len(), single.len() + double.len());
    for (precision, polynomials) in [("f32", single), ("f64", double)] {
        for (name, coefficients) in polynomials {
            let entry = entries
                .iter()
                .find(|e| e["polynomial"] == name && e["precision"] == precision)
                .unwrap_or_else(|| panic!("the oracle has no {name}"));
            assert_eq!(numbers(&entry["coefficients"]), coefficients, "{name} in {precision}");
        }
    }
}
