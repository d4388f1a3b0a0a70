//! The powers of a moment's decay, step by step.

/// How many powers are kept.
const KEPT: u64 = 64;

/// βᵗ for one t after the other, the same number for the same t wherever one begins: β^(64 ⌊t/64⌋) · β^(t mod 64).
///
/// A power in double precision takes as long as a step of a small network, so the factors are kept.
#[derive(Clone, Debug)]
pub(super) struct Powers {
    beta: f64,
    low: [f64; KEPT as usize],
    high: f64,
    high_of: u64,
}

impl Powers {
    pub(super) fn new(beta: f64) -> Self {
        let low = std::array::from_fn(|i| libm::pow(beta, i as f64));
        Self { beta, low, high: 1.0, high_of: 0 }
    }

    pub(super) fn at(&mut self, t: u64) -> f64 {
        let block = t / KEPT;
        if block != self.high_of {
            self.high = libm::pow(self.beta, (block * KEPT) as f64);
            self.high_of = block;
        }
        self.high * self.low[(t % KEPT) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_library_wherever_one_begins() {
        for beta in [0.0, 0.9, 0.999] {
            let mut in_order = Powers::new(beta);
            for t in 0..1000 {
                let (got, alone) = (in_order.at(t), Powers::new(beta).at(t));
                let exact = libm::pow(beta, t as f64);
                assert_eq!(got, alone);
                assert!((got - exact).abs() <= 4.0 * f64::EPSILON * exact, "{beta} {t}");
            }
        }
    }
}
