//! How letters, signs, words and numbers are called in TeX.

use crate::number::format_number;

/// Appends what TeX reads next. A command in letters ends where something else than a letter follows, so that a blank is
/// put where a letter does; Markdown takes `](` for a link, so that these two are kept apart.
pub(super) fn push(out: &mut String, next: &str) {
    let command = out.rfind('\\').is_some_and(|start| {
        let name = &out[start + 1..];
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic())
    });
    let first = next.chars().next().unwrap_or(' ');
    if (command && first.is_ascii_alphabetic()) || (out.ends_with(']') && first == '(') {
        out.push(' ');
    }
    out.push_str(if out.ends_with(' ') { next.trim_start() } else { next });
}

pub(super) fn letter(letter: char) -> String {
    let name = match letter {
        c if c.is_ascii_alphabetic() => return c.to_string(),
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' => "varepsilon",
        'ϵ' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' => "theta",
        'ϑ' => "vartheta",
        'ι' => "iota",
        'κ' => "kappa",
        'λ' => "lambda",
        'μ' => "mu",
        'ν' => "nu",
        'ξ' => "xi",
        'π' => "pi",
        'ρ' => "rho",
        'σ' => "sigma",
        'ς' => "varsigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' => "varphi",
        'ϕ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'Γ' => "Gamma",
        'Δ' => "Delta",
        'Θ' => "Theta",
        'Λ' => "Lambda",
        'Ξ' => "Xi",
        'Π' => "Pi",
        'Υ' => "Upsilon",
        'Φ' => "Phi",
        'Ψ' => "Psi",
        'Ω' => "Omega",
        // Greek letters that look like Latin ones have no names.
        'ο' => return "o".into(),
        'Α' => return "\\mathrm{A}".into(),
        'Β' => return "\\mathrm{B}".into(),
        'Ε' => return "\\mathrm{E}".into(),
        'Ζ' => return "\\mathrm{Z}".into(),
        'Η' => return "\\mathrm{H}".into(),
        'Ι' => return "\\mathrm{I}".into(),
        'Κ' => return "\\mathrm{K}".into(),
        'Μ' => return "\\mathrm{M}".into(),
        'Ν' => return "\\mathrm{N}".into(),
        'Ο' => return "\\mathrm{O}".into(),
        'Ρ' => return "\\mathrm{P}".into(),
        'Τ' => return "\\mathrm{T}".into(),
        'Χ' => return "\\mathrm{X}".into(),
        'ℓ' => "ell",
        'ℝ' => "mathbb{R}",
        'ŷ' => "hat{y}",
        other => return sign(other),
    };
    format!("\\{name}")
}

pub(super) fn sign(sign: char) -> String {
    let name = match sign {
        '−' => return "-".into(),
        '⋅' | '·' => "cdot",
        '∘' => "circ",
        '⊙' => "odot",
        '×' => "times",
        '±' => "pm",
        '*' => "ast",
        '←' => "leftarrow",
        '→' => "to",
        '⇒' => "Rightarrow",
        '↔' => "leftrightarrow",
        '≈' => "approx",
        '≡' => "equiv",
        '∝' => "propto",
        '∼' | '~' => "sim",
        '≤' => "le",
        '≥' => "ge",
        '≠' => "ne",
        '∈' => "in",
        '∂' => "partial",
        '∇' => "nabla",
        'Σ' | '∑' => "sum",
        '∏' => "prod",
        '∫' => "int",
        '√' => "surd",
        '∞' => "infty",
        '…' => "dots",
        '⋯' => "cdots",
        '⋮' => "vdots",
        '⋱' => "ddots",
        '|' => "vert",
        '‖' | '∥' => "Vert",
        '\\' => "backslash",
        '{' => "lbrace",
        '}' => "rbrace",
        '′' => "prime",
        '^' => "wedge",
        'ᵀ' => return "{}^{\\mathsf{T}}".into(),
        '½' => return "\\tfrac{1}{2}".into(),
        // With blanks, lest Markdown take a < for the start of a tag.
        '<' | '>' => return format!(" {sign} "),
        '%' | '&' | '#' | '$' | '_' => return format!("\\{sign}"),
        '`' => return "\\text{‘}".into(),
        c if c.is_control() => return String::new(),
        c if c.is_ascii() => return c.to_string(),
        c => return format!("\\text{{{c}}}"),
    };
    format!("\\{name}")
}

/// One side of a bracket, as it stands behind `\left` too.
pub(super) fn delimiter(side: char) -> String {
    match side {
        '(' | ')' | '[' | ']' => side.to_string(),
        '⌊' => "\\lfloor".into(),
        '⌋' => "\\rfloor".into(),
        '⟨' => "\\langle".into(),
        '⟩' => "\\rangle".into(),
        other => sign(other),
    }
}

/// Upright letters: a function that TeX knows, a name, or words.
pub(super) fn word(word: &str) -> String {
    let mut characters = word.chars();
    match (word, characters.next(), characters.next()) {
        (
            "arg" | "cos" | "cosh" | "det" | "exp" | "ln" | "log" | "max" | "min" | "sin" | "sinh"
            | "tanh",
            ..,
        ) => format!("\\{word}"),
        ("T", ..) => "\\mathsf{T}".into(),
        (_, None, _) => String::new(),
        // A name of one letter, such as that of σ.
        (_, Some(one), None) if !one.is_ascii() => letter(one),
        (name, ..) if name.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!("\\mathrm{{{name}}}")
        }
        (words, ..) => self::words(words),
    }
}

/// Words as they are. Only what every reader of TeX takes as it is stands within `\text`: some know no commands there.
fn words(words: &str) -> String {
    let mut out = String::new();
    let mut plain = String::new();
    let close = |out: &mut String, plain: &mut String| {
        if !plain.is_empty() {
            out.push_str(&format!("\\text{{{plain}}}"));
            plain.clear();
        }
    };
    for c in words.chars() {
        match c {
            '\\' | '{' | '}' | '$' | '&' | '#' | '%' | '_' | '^' | '~' | '<' | '>' | '|' | '*' => {
                close(&mut out, &mut plain);
                push(&mut out, &sign(c));
            }
            '`' => plain.push('‘'),
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    close(&mut out, &mut plain);
    out
}

pub(super) fn number(value: f64, digits: usize) -> String {
    printed(&format_number(value, digits))
}

/// A number as it was printed: 1e-7 as 1 · 10⁻⁷.
pub(crate) fn printed(number: &str) -> String {
    match number {
        "inf" => "\\infty".into(),
        "-inf" => "-\\infty".into(),
        "NaN" => "\\mathrm{NaN}".into(),
        number => match number.split_once('e') {
            Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
            None => number.into(),
        },
    }
}

/// A number within a formula; words where it is none.
pub(super) fn digits(digits: &str) -> String {
    let is_number = digits.chars().all(|c| c.is_ascii_digit() || ".e+-".contains(c));
    if is_number { printed(digits) } else { words(digits) }
}

/// A line to write on.
pub(super) fn blank() -> &'static str {
    "\\underline{\\qquad\\quad}"
}
