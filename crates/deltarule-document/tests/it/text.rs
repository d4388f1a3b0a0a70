//! Numbers and layout of the text renderer.

use deltarule_document::{
    Document, Equation, Math, Matrix, Prose, QuantityId, TextOptions, format_number, render_text,
};

/// Doubles from all over the range, by a linear congruential generator: each bit pattern is as likely as any other.
fn doubles(count: usize) -> impl Iterator<Item = f64> {
    let mut bits = 1_u64;
    std::iter::repeat_with(move || {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from_bits(bits ^ (bits >> 29))
    })
    .filter(|v| v.is_finite())
    .take(count)
}

#[test]
fn seventeen_digits_are_the_number_itself() {
    let plain =
        (1..2000).map(|i| 1.0 / f64::from(i)).chain((1..2000).map(|i| f64::from(i) * 4999.3));
    for value in doubles(20_000).chain(plain) {
        let text = format_number(value, 17);
        assert_eq!(text.parse::<f64>().unwrap(), value, "{text}");
    }
}

#[test]
fn six_digits_are_rounded_correctly_and_not_padded() {
    let plain = (1..5000).map(|i| f64::from(i) * 0.001_234_567);
    for value in doubles(20_000).chain(plain) {
        let text = format_number(value, 6);
        let digits =
            text.split('e').next().unwrap().trim_start_matches(['-', '0', '.']).replace('.', "");
        let significant =
            if text.contains(['.', 'e']) { &digits } else { digits.trim_end_matches('0') };
        assert!(significant.len() <= 6, "{value:e}: {text}");
        let mantissa = text.split('e').next().unwrap();
        assert!(!mantissa.contains('.') || !mantissa.ends_with(['0', '.']), "{value:e}: {text}");
        let plain = (1e-5..1e7).contains(&value.abs());
        assert_eq!(text.contains('e'), !plain, "{value:e}: {text}");
        assert_eq!(text.parse::<f64>().unwrap(), format!("{value:.5e}").parse::<f64>().unwrap());
    }
}

#[test]
fn ties_go_to_the_even_digit_of_the_exact_value() {
    for (value, digits, expected) in [
        (0.5, 1, "0.5"),
        (1.5, 1, "2"),
        (2.5, 1, "2"),
        (3.5, 1, "4"),
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (1_000_000.5, 7, "1000000"),
        // Not ties: the doubles nearest to 1.005 and 1.015 lie below and below.
        (1.005, 3, "1"),
        (1.015, 3, "1.01"),
    ] {
        assert_eq!(format_number(value, digits), expected, "{value}");
    }
}

#[test]
fn any_number_of_digits_and_any_width_can_be_asked_for() {
    for digits in [0, 1, 17, 800, usize::MAX] {
        assert!(format_number(0.1, digits).starts_with("0.1"));
    }
    let quantity = QuantityId::new("a", 1, "z", Some(1));
    let matrix = Matrix::new(1, 3, |_, column| [1.0, -2.0, 3.5][column], quantity);
    let mut document = Document::new("A title");
    document.equation(Equation::formula("z^[1]").equals(Math::Matrix(matrix)));
    for width in [0, 1, 7, 10] {
        let text = render_text(&document, &TextOptions { width, ..TextOptions::default() });
        assert!(text.contains("3.5"), "{text}");
    }
}

#[test]
fn titles_headings_and_formulas_wrap_and_steer_no_terminal() {
    let long = "seven words of text that go on \u{1b}[31m\u{7}".repeat(8);
    let mut document = Document::new(format!("two\nlines {long}"));
    for level in 1..=3 {
        document.heading(level, Prose::text(&long));
    }
    document.paragraph(Prose::text(&long));
    document.list(vec![Prose::text(&long)]);
    document.equation(Equation::new(Math::word(&long)));
    let text = render_text(&document, &TextOptions::default());
    assert!(text.starts_with("two lines seven"));
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
    }
}

#[test]
fn a_matrix_of_twelve_is_shown_whole_and_one_of_thirteen_by_its_corners() {
    let text = |size: usize| {
        let quantity = QuantityId::new("a", 1, "weights", Some(1));
        let matrix = Matrix::new(size, size, |r, c| (r * size + c) as f64, quantity);
        let mut document = Document::new("T");
        document.equation(Equation::formula("w").equals(Math::Matrix(matrix)));
        render_text(&document, &TextOptions::default())
    };
    let (whole, corners) = (text(12), text(13));
    for i in 0..144 {
        assert!(whole.split_whitespace().any(|word| word == i.to_string()), "{i} is missing");
    }
    assert!(!whole.contains('×'));
    // Σ k² for k = 0 … 168 is 168·169·337/6.
    let norm = format_number((168.0 * 169.0 * 337.0 / 6.0_f64).sqrt(), 6);
    assert!(corners.contains(&format!("(13 × 13, norm {norm})")));
    for shown in [0, 2, 10, 12, 26, 156, 168] {
        assert!(
            corners.split_whitespace().any(|word| word == shown.to_string()),
            "{shown} is missing"
        );
    }
    assert!(!corners.split_whitespace().any(|word| word == "84"));
}

#[test]
fn every_kind_of_block_stays_within_the_width() {
    let document = crate::common::sample();
    for width in [40, 60, 80, 120] {
        let text = render_text(&document, &TextOptions { width, ..TextOptions::default() });
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    let plain = render_text(&document, &TextOptions::default());
    assert!(!plain.contains('\u{1b}'));
    let colored = render_text(&document, &TextOptions { color: true, ..TextOptions::default() });
    assert!(colored.contains("\u{1b}[1m"));
}
