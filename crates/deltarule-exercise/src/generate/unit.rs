//! When a unit is saturated, dead, or on a kink.

use deltarule::Activation;

/// Below this share of its largest slope a unit counts as saturated.
pub(super) const FLAT: f64 = 0.15;
/// Below this share nobody would doubt it.
pub(super) const VERY_FLAT: f64 = 0.05;

/// Whether the activation has a flat end that units get caught on. The flat side of ReLU makes a unit dead instead.
pub(super) fn can_saturate(activation: Activation) -> bool {
    activation.saturation().is_some()
}

/// f′(z) as a share of the largest slope, looked at on the flat ends only: 1 elsewhere.
pub(super) fn slope_share(activation: Activation, z: f64, x: f64) -> f64 {
    let Some(saturation) = activation.saturation() else { return 1.0 };
    // An output near 0 is one that another class wins; only the winner says that the softmax is saturated.
    let looks = activation.is_elementwise() || x > 0.5;
    if looks && z < saturation.below {
        (activation.derivative(z, x).abs() / saturation.steepest).min(1.0)
    } else {
        1.0
    }
}

/// Whether z is so close to a kink that a rounded number may lie on its other side.
pub(super) fn on_kink(activation: Activation, z: f64) -> bool {
    activation.kinks().iter().any(|kink| (z - kink).abs() < 0.02)
}

/// A bias that puts a unit on its flat end, whatever the inputs add; none for activations without one.
pub(super) fn saturating_bias(activation: Activation) -> f64 {
    activation.saturation().map_or(0.0, |saturation| saturation.deep)
}
