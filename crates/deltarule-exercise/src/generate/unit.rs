//! When a unit is saturated, dead, or on a kink.

use deltarule::Activation;

/// Below this share of its largest slope a unit counts as saturated.
pub(super) const FLAT: f64 = 0.15;
/// Below this share nobody would doubt it.
pub(super) const VERY_FLAT: f64 = 0.05;

/// Whether the activation has a flat end that units get caught on. The flat side of ReLU makes a unit dead instead.
pub(super) fn can_saturate(activation: Activation) -> bool {
    !matches!(activation, Activation::Identity | Activation::Relu | Activation::LeakyRelu)
}

/// f′(z) as a share of the largest slope, looked at on the flat ends only: 1 elsewhere.
pub(super) fn slope_share(activation: Activation, z: f64, x: f64) -> f64 {
    let slope = activation.derivative(z, x).abs();
    match activation {
        Activation::Identity | Activation::Relu | Activation::LeakyRelu => 1.0,
        Activation::Sigmoid => slope / 0.25,
        Activation::Tanh => slope,
        // An output near 0 is one that another class wins; only the winner says that the softmax is saturated.
        Activation::Softmax if x > 0.5 => slope / 0.25,
        Activation::Softmax => 1.0,
        Activation::Elu | Activation::Exp | Activation::Softplus => slope.min(1.0),
        Activation::Selu => (slope / 1.758).min(1.0),
        // Their slope is 0 in the valley too, at z ≈ −1, where they are not flat.
        Activation::Silu | Activation::Gelu | Activation::Mish => {
            if z < -2.0 {
                slope.min(1.0)
            } else {
                1.0
            }
        }
    }
}

/// Whether z is so close to a kink that a rounded number may lie on its other side.
pub(super) fn on_kink(activation: Activation, z: f64) -> bool {
    let kinked = matches!(
        activation,
        Activation::Relu | Activation::LeakyRelu | Activation::Elu | Activation::Selu
    );
    kinked && z.abs() < 0.02
}

/// A bias that puts a unit on its flat end, whatever the inputs add; none for activations without one.
pub(super) fn saturating_bias(activation: Activation) -> f64 {
    match activation {
        Activation::Sigmoid | Activation::Softmax => 5.0,
        Activation::Tanh => 3.0,
        Activation::Elu | Activation::Selu | Activation::Softplus | Activation::Exp => -5.0,
        Activation::Silu | Activation::Mish => -7.0,
        Activation::Gelu => -4.0,
        Activation::Identity | Activation::Relu | Activation::LeakyRelu => 0.0,
    }
}
