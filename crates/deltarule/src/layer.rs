//! The shape of a network: its layers, and where their parameters lie in one flat buffer.

use crate::activation::Activation;
use crate::error::{Error, Result};

/// A layer after the inputs: z = w x + b, x = f(z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    inputs: usize,
    units: usize,
    activation: Activation,
    offset: usize,
}

impl Layer {
    /// Units of the layer below: columns of the weights.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Units of this layer: rows of the weights.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The activation of every unit of this layer.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Where the weights lie in the network's flat buffer, row by row.
    pub fn weight_range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.units * self.inputs
    }

    /// Where the biases lie in the network's flat buffer: right after the weights.
    pub fn bias_range(&self) -> std::ops::Range<usize> {
        let start = self.offset + self.units * self.inputs;
        start..start + self.units
    }
}

/// More parameters than this are refused: a typing error, not a network for one machine's memory.
const MAX_PARAMETERS: u64 = max_parameters(usize::BITS);

/// The limit where an address has so many bits.
const fn max_parameters(address_bits: u32) -> u64 {
    // Where a layer has a single unit, the kernels fill each parameter up to a vector of 64 bytes. Neither the number of
    // these bytes nor any place among them may be beyond what an address can say.
    if address_bits >= 64 { 1 << 32 } else { 1 << 24 }
}

/// Places the layers in the flat buffer and counts the parameters, before anything is allocated.
pub(crate) fn lay_out(inputs: usize, shape: &[(usize, Activation)]) -> Result<(Vec<Layer>, usize)> {
    if inputs == 0 {
        return Err(Error::value("number of inputs", 0, "at least 1"));
    }
    if shape.is_empty() {
        return Err(Error::value("number of layers", 0, "at least 1 after the inputs"));
    }
    let mut layers = Vec::with_capacity(shape.len());
    let (mut offset, mut below) = (0_usize, inputs);
    for (l, &(units, activation)) in shape.iter().enumerate() {
        if units == 0 {
            return Err(Error::value(format!("units of layer {}", l + 1), 0, "at least 1"));
        }
        if activation == Activation::Softmax && l + 1 < shape.len() {
            return Err(Error::value(
                format!("activation of layer {}", l + 1),
                activation,
                "softmax on the last layer only",
            ));
        }
        layers.push(Layer { inputs: below, units, activation, offset });
        offset = units
            .checked_mul(below)
            .and_then(|weights| weights.checked_add(units))
            .and_then(|size| size.checked_add(offset))
            .filter(|&total| total as u64 <= MAX_PARAMETERS)
            .ok_or_else(|| {
                Error::value(
                    "number of parameters",
                    format!("above {MAX_PARAMETERS}"),
                    MAX_PARAMETERS,
                )
            })?;
        below = units;
    }
    Ok((layers, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_network_fits_into_addresses_of_32_bits_too() {
        for address_bits in [32, 64] {
            let bytes = 64 * u128::from(max_parameters(address_bits));
            assert!(bytes < 1 << (address_bits - 1), "{address_bits}");
        }
        // What was allowed on 64 bits stays allowed.
        assert_eq!(max_parameters(64), 1 << 32);
    }
}
