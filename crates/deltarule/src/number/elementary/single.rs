//! Single precision: limits and polynomials, the latter as `oracle/coefficients.py` gives them.

use super::polynomial::polynomial;
use crate::number::{ElementaryFloat, Vector};

impl ElementaryFloat for f32 {
    const MANTISSA: u32 = 23;
    const BIAS: u64 = 127;
    const BITS_OF_ONE: u64 = 1.0_f32.to_bits() as u64;
    const BITS_OF_ROOT_HALF: u64 = std::f32::consts::FRAC_1_SQRT_2.to_bits() as u64;
    const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;
    const LN2: [f64; 2] = LN2;
    const EXP_RANGE: [f64; 2] = [-104.0, 89.0];
    const EXPM1_LOW: f64 = -18.0;
    const TANH_HIGH: f64 = 10.0;
    const ERFC_K: f64 = 2.375;
    const ERFC_HIGH: f64 = 10.25;

    #[inline(always)]
    fn exp_tail<V: Vector<Scalar = Self>>(r: V, _r2: V) -> V {
        polynomial(r, &EXP)
    }
    #[inline(always)]
    fn log_tail<V: Vector<Scalar = Self>>(f: V) -> V {
        // −f²/2 + f³ P(f)
        let inner = polynomial(f, &LOG).mul_add(f, V::constant(-0.5));
        (f * f) * inner
    }
    #[inline(always)]
    fn erf_tail<V: Vector<Scalar = Self>>(w: V) -> V {
        polynomial(w, &ERF)
    }
    #[inline(always)]
    fn erfc_tail<V: Vector<Scalar = Self>>(t: V) -> V {
        polynomial(t, &ERFC)
    }
}

/// ln 2 in two parts.
#[rustfmt::skip]
pub(super) const LN2: [f64; 2] = [
    0.693_147_182_464_599_6,
    -1.904_654_212_125_933_6e-09,
];
/// (eʳ − 1 − r) / r²
#[rustfmt::skip]
pub(super) const EXP: [f64; 5] = [
    0.5,
    0.166_665_762_662_887_57,
    0.041_666_552_424_430_85,
    0.008_363_231_085_240_841,
    0.001_392_624_923_028_051_9,
];
/// (ln(1 + f) − f + f²/2) / f³
#[rustfmt::skip]
pub(super) const LOG: [f64; 9] = [
    0.333_333_313_465_118_4,
    -0.249_999_970_197_677_6,
    0.200_007_155_537_605_29,
    -0.166_678_026_318_550_1,
    0.142_490_580_677_986_15,
    -0.124_256_871_640_682_22,
    0.116_854_198_276_996_61,
    -0.114_797_338_843_345_64,
    0.069_716_118_276_119_23,
];
/// erf(x)/x − 1 in x²
#[rustfmt::skip]
pub(super) const ERF: [f64; 5] = [
    0.128_379_166_126_251_22,
    -0.376_126_080_751_419_07,
    0.112_828_314_304_351_8,
    -0.026_757_732_033_729_553,
    0.004_719_082_731_753_588,
];
/// (1 + 2a) exp(a²) erfc(a) in t = (a − K) / (a + K)
#[rustfmt::skip]
pub(super) const ERFC: [f64; 10] = [
    1.267_907_738_685_608,
    -0.116_883_769_631_385_8,
    -0.114_412_188_529_968_26,
    0.162_283_748_388_290_4,
    -0.094_162_896_275_520_32,
    0.022_136_546_671_390_533,
    0.005_178_272_724_151_611,
    -0.003_854_988_608_509_302,
    -0.000_335_213_670_041_412_1,
    0.000_527_798_663_824_796_7,
];
