//! Double precision: limits and polynomials, the latter as `oracle/coefficients.py` gives them.

use super::polynomial::{polynomial, polynomial_in_two};
use crate::number::{ElementaryFloat, Vector};

impl ElementaryFloat for f64 {
    const MANTISSA: u32 = 52;
    const BIAS: u64 = 1023;
    const BITS_OF_ONE: u64 = 1.0_f64.to_bits();
    const BITS_OF_ROOT_HALF: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const SMALLEST_NORMAL: f64 = f64::MIN_POSITIVE;
    const LN2: [f64; 2] = LN2;
    const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
    const EXPM1_LOW: f64 = -38.0;
    const TANH_HIGH: f64 = 20.0;
    const ERFC_K: f64 = 3.5;
    const ERFC_HIGH: f64 = 27.5;

    #[inline(always)]
    fn exp_tail<V: Vector<Scalar = Self>>(r: V, r2: V) -> V {
        polynomial_in_two(r, r2, &EXP)
    }
    #[inline(always)]
    fn log_tail<V: Vector<Scalar = Self>>(f: V) -> V {
        // ln(1 + f) = 2 artanh(s) = 2s + s R with s = f / (2 + f) and R = s² P(s²); 2s − f = −s f
        let s = f / (V::constant(2.0) + f);
        let w = s * s;
        s * (w * polynomial(w, &LOG) - f)
    }
    #[inline(always)]
    fn erf_tail<V: Vector<Scalar = Self>>(w: V) -> V {
        polynomial_in_two(w, w * w, &ERF)
    }
    #[inline(always)]
    fn erfc_tail<V: Vector<Scalar = Self>>(t: V) -> V {
        polynomial_in_two(t, t * t, &ERFC)
    }
}

/// ln 2 in two parts.
#[rustfmt::skip]
pub(super) const LN2: [f64; 2] = [
    std::f64::consts::LN_2,
    2.319_046_813_846_299_6e-17,
];
/// (eʳ − 1 − r) / r²
#[rustfmt::skip]
pub(super) const EXP: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_623_83,
    0.008_333_333_333_330_039,
    0.001_388_888_891_736_307_9,
    0.000_198_412_698_631_684_78,
    2.480_152_106_407_653e-05,
    2.755_726_828_167_997_6e-06,
    2.762_019_864_323_475e-07,
    2.510_047_023_880_852_3e-08,
];
/// (2 artanh(s)/s − 2) / s² in s²
#[rustfmt::skip]
pub(super) const LOG: [f64; 7] = [
    0.666_666_666_666_667,
    0.399_999_999_998_995_05,
    0.285_714_286_259_754_87,
    0.222_222_111_347_950_8,
    0.181_828_891_252_617_23,
    0.153_317_216_005_560_42,
    0.146_164_496_850_434_06,
];
/// erf(x)/x − 1 in x²
#[rustfmt::skip]
pub(super) const ERF: [f64; 9] = [
    0.128_379_167_095_512_56,
    -0.376_126_389_031_834_76,
    0.112_837_916_709_253_53,
    -0.026_866_170_632_887_928,
    0.005_223_977_373_021_47,
    -0.000_854_829_775_367_496_6,
    0.000_120_533_351_243_537_41,
    -1.484_584_925_970_786_9e-05,
    1.472_586_548_055_674_4e-06,
];
/// (1 + 2a) exp(a²) erfc(a) in t = (a − K) / (a + K)
#[rustfmt::skip]
pub(super) const ERFC: [f64; 20] = [
    1.242_349_244_871_154_4,
    -0.140_009_180_137_619_68,
    -0.010_555_596_332_210_699,
    0.097_519_095_153_308_45,
    -0.115_089_598_160_582_65,
    0.087_983_153_822_531_9,
    -0.048_823_325_820_166_84,
    0.019_099_330_988_917_32,
    -0.004_215_019_984_792_276,
    -0.000_302_268_366_092_837_4,
    0.000_564_384_852_742_059_4,
    -0.000_121_509_415_702_264_22,
    -4.278_370_464_726_422e-05,
    2.424_955_283_507_376_8e-05,
    2.331_332_481_364_151e-06,
    -3.787_532_710_143_479_8e-06,
    -4.787_146_860_010_62e-08,
    5.616_803_742_877_845e-07,
    -5.625_693_955_522_136e-09,
    -6.238_247_372_391_596e-08,
];
