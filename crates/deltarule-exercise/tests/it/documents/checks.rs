//! The check of a gradient: its digits are those of the derivative, whatever the size of the numbers, and where the two differ
//! or nothing can be checked the document says why.

use deltarule_document::{Document, TextOptions, render_text};
use deltarule_exercise::{Exercise, Style, solve, to_document};

/// One layer of one unit, and one example.
struct Unit {
    weights: &'static [f64],
    activation: &'static str,
    loss: &'static str,
    x: &'static [f64],
    t: f64,
}

const SIGMOID: Unit =
    Unit { weights: &[0.3], activation: "sigmoid", loss: "squared_error", x: &[1.0], t: 0.0 };
const IDENTITY: Unit = Unit { activation: "identity", ..SIGMOID };

impl Unit {
    fn document(&self) -> Document {
        let Self { weights, activation, loss, x, t } = self;
        let text = format!(
            "[network]\nlayers = [{}, 1]\nactivation = \"{activation}\"\nloss = \"{loss}\"\nweights = [[{weights:?}]]\nbiases = 0\n\
             [[part]]\nname = \"a\"\ntask = \"gradient\"\nexamples = [{{ x = {x:?}, t = [{t:?}] }}]\n",
            x.len()
        );
        let exercise =
            Exercise::parse(&text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)));
        to_document(&solve(&exercise).unwrap(), &Style::default())
    }

    /// ∂E/∂w of the squared error by hand, for the weight of the last input.
    fn slope(&self) -> f64 {
        let z: f64 = self.weights.iter().zip(self.x).map(|(w, x)| w * x).sum();
        let (output, derivative) = match self.activation {
            // f′ as σ(z) σ(−z), which no subtraction spoils.
            "sigmoid" => (1.0 / (1.0 + (-z).exp()), 1.0 / (2.0 + z.exp() + (-z).exp())),
            _ => (z, 1.0),
        };
        (output - self.t) * derivative * self.x.last().unwrap()
    }
}

fn shown(document: &Document, name: &str) -> Option<f64> {
    let mut found = None;
    document.for_each_matrix(|matrix| {
        if matrix.quantity().name == name {
            found = matrix.entries().next().map(|(_, _, value)| value);
        }
    });
    found
}

/// A unit of the last digit that a number is written with.
fn last_unit(value: f64) -> f64 {
    let written = format!("{value:e}");
    let (mantissa, exponent) = written.split_once('e').unwrap();
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    10.0_f64.powi(exponent.parse::<i32>().unwrap() - decimals as i32)
}

#[test]
fn the_digits_that_are_shown_are_those_of_the_derivative() {
    for (unit, digits) in [
        (SIGMOID, 6),
        // Steep: the usual h moves z by a half.
        (Unit { weights: &[0.02, 0.00001], x: &[45.0, 52000.0], ..SIGMOID }, 6),
        // E is large, and its rounding with it.
        (Unit { t: 3e7, ..SIGMOID }, 4),
        (Unit { t: 1e9, ..SIGMOID }, 3),
        // The usual h is nothing beside the weight, or next to nothing.
        (Unit { weights: &[1e10], ..IDENTITY }, 6),
        (Unit { weights: &[1e300], x: &[1e-300], ..IDENTITY }, 6),
        (Unit { weights: &[1e150], ..IDENTITY }, 6),
        (Unit { weights: &[3e-9], x: &[1e9], t: -2.0, ..SIGMOID }, 6),
        // Nearer to a kink than the usual h.
        (
            Unit {
                weights: &[0.500_001, -0.5],
                activation: "relu",
                x: &[1.0, 1.0],
                t: 1.0,
                ..SIGMOID
            },
            6,
        ),
    ] {
        let document = unit.document();
        let text = render_text(&document, &TextOptions::default());
        let quotient = shown(&document, "difference_quotient").unwrap_or_else(|| panic!("{text}"));
        let slope = unit.slope();
        let off = (quotient - slope).abs();
        assert!(off <= last_unit(quotient), "{quotient} for {slope}\n{text}");
        assert!(off <= 10.0_f64.powi(1 - digits) * slope.abs(), "{quotient} for {slope}\n{text}");
        assert!(!text.contains("kink") && !text.contains("NaN"), "{text}");
        // A round number, which a student can follow.
        let h = shown(&document, "twice_h").unwrap() / 2.0;
        assert!(matches!(format!("{h:e}").split_once('e').unwrap().0, "1" | "2" | "5"), "{h}");
    }
}

#[test]
fn a_kink_is_named_where_there_is_one() {
    // |x − t| with x = t but for a rounding that no h is smaller than.
    let at_a_kink = Unit {
        weights: &[0.5],
        loss: "absolute_error",
        x: &[2.0],
        t: 1.000_000_000_000_01,
        ..IDENTITY
    };
    let text = render_text(&at_a_kink.document(), &TextOptions::default());
    assert!(text.contains("there is a kink of the loss"), "{text}");
}

#[test]
fn what_cannot_be_checked_is_said_in_a_sentence() {
    // Beside t² the change of E by any h is less than a double can hold.
    let document = Unit { t: 1e30, ..SIGMOID }.document();
    let text = render_text(&document, &TextOptions::default());
    assert!(text.contains("No central difference checks the gradients here"), "{text}");
    assert_eq!(shown(&document, "difference_quotient"), None);
    assert!(!text.contains("NaN") && !text.contains("kink"), "{text}");
}
