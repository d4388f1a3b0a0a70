//! Words as pdflatex reads them, in ASCII: whatever fonts and encodings are installed, it compiles.
//!
//! Letters with accents are composed, and signs of mathematics, Greek letters and punctuation are called by their names. For
//! any other character, a letter of Cyrillic or an emoji, a small box with its number in Unicode is set, and in the
//! document's properties the character itself.

use unicode_normalization::UnicodeNormalization;

/// A word longer than this many characters may be broken anywhere.
const LONGEST_WORD: usize = 24;

/// Words of running text.
pub(super) fn escape(text: &str) -> String {
    escape_narrow(text, LONGEST_WORD)
}

/// Words where a word longer than this many characters may be wider than a line.
pub(super) fn escape_narrow(text: &str, longest: usize) -> String {
    let longest = longest.clamp(2, LONGEST_WORD);
    let mut out = String::new();
    let mut letters = 0;
    let characters: Vec<char> = text.nfc().flat_map(decomposed).collect();
    for (i, &c) in characters.iter().enumerate() {
        if c.is_whitespace() {
            letters = 0;
        } else {
            letters += 1;
            if letters > longest && accent(c).is_none() {
                out.push_str("\\softbreak{}");
            }
        }
        if accent(c).is_some() {
            continue;
        }
        let accents: Vec<&str> = characters[i + 1..].iter().map_while(|&c| accent(c)).collect();
        let letter = match (c, accents.is_empty()) {
            ('i', false) => "\\i".into(),
            ('j', false) => "\\j".into(),
            _ => character(c, characters.get(i + 1).copied()),
        };
        out.extend(accents.iter().rev().map(|accent| format!("\\{accent}{{")));
        out.push_str(&letter);
        out.extend(accents.iter().map(|_| '}'));
    }
    out
}

/// Something to type, for a font in which every letter is as wide as any other: quotes and dashes stay what they are. It
/// may be broken behind what is not a letter.
pub(super) fn code(text: &str) -> String {
    let mut out = String::new();
    let mut letters = 0;
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            ' ' | '.' | ',' | ':' | ';' | '=' | '+' | '/' | '(' | ')' | '[' | ']' | '*' => {
                out.push(c);
            }
            // Fonts of this kind have all of ASCII, in its places.
            c if c.is_ascii_graphic() => out.push_str(&format!("\\char{}{{}}", u32::from(c))),
            c => out.push_str(&escape(&c.to_string())),
        }
        letters = if c.is_whitespace() { 0 } else { letters + 1 };
        if letters > LONGEST_WORD || (letters > 8 && !c.is_alphanumeric()) {
            out.push_str("\\softbreak{}");
            letters = 0;
        }
    }
    out
}

/// Words in the properties of the PDF, which has all of Unicode.
pub(super) fn property(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push(' '),
            c if c.is_ascii_alphanumeric() || " .,:;+-()!?'".contains(c) => out.push(c),
            c => out.push_str(&format!("\\unichar{{\"{:04X}}}", u32::from(c))),
        }
    }
    out
}

/// Replaces what is not ASCII in a formula, where it stands within `\text`.
pub(super) fn formula(tex: &str) -> String {
    if tex.is_ascii() {
        return tex.into();
    }
    let mut out = String::new();
    let mut rest = tex;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        out.push_str(&rest[..start]);
        let length = rest[start..].find(|c: char| c.is_ascii()).unwrap_or(rest.len() - start);
        out.push_str(&escape(&rest[start..start + length]));
        rest = &rest[start + length..];
    }
    out + rest
}

/// A letter with its accents behind it, where TeX can set these.
fn decomposed(c: char) -> Vec<char> {
    let pieces: Vec<char> = std::iter::once(c).nfd().collect();
    let accents = pieces.iter().skip(1).all(|&c| accent(c).is_some());
    if accents { pieces } else { vec![c] }
}

/// A combining accent's name.
fn accent(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{300}' => "`",
        '\u{301}' => "'",
        '\u{302}' => "^",
        '\u{303}' => "~",
        '\u{304}' => "=",
        '\u{306}' => "u",
        '\u{307}' => ".",
        '\u{308}' => "\"",
        '\u{30a}' => "r",
        '\u{30b}' => "H",
        '\u{30c}' => "v",
        '\u{323}' => "d",
        '\u{327}' => "c",
        '\u{328}' => "k",
        '\u{331}' => "b",
        _ => return None,
    })
}

/// A character without accents; the next one matters where the two would be joined.
fn character(c: char, next: Option<char>) -> String {
    let math = |name: &str| format!("\\ensuremath{{{name}}}");
    let text = match c {
        // Two of them in a row are joined.
        '-' | '\'' | ',' | '`' if next == Some(c) => return format!("{}{{}}", character(c, None)),
        '\\' => "\\textbackslash{}",
        '{' | '}' | '&' | '#' | '%' | '_' => return format!("\\{c}"),
        // The text's own comes from a font that is drawn in dots where Latin Modern is missing.
        '$' => return math("\\mathdollar"),
        '^' => "\\^{}",
        '~' => "\\~{}",
        '`' => "\\`{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '"' => "''",
        c if c.is_ascii_graphic() => return c.to_string(),
        '\u{a0}' | '\u{202f}' => "~",
        c if c.is_whitespace() || c.is_control() => " ",
        // Joiners, marks of direction, and forms of the character before.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            ""
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => "",
        '‐' | '‑' => "-",
        '–' => "--",
        '—' | '―' => "---",
        '‘' => "`{}",
        '’' => "'{}",
        '‚' => ",{}",
        '“' => "``",
        '”' => "''",
        '„' => ",\\kern0pt,",
        '«' => return math("\\ll"),
        '»' => return math("\\gg"),
        '‹' => return math("<"),
        '›' => return math(">"),
        '…' => "\\dots{}",
        '•' => return math("\\bullet"),
        '§' => return math("\\mathsection"),
        '¶' => return math("\\mathparagraph"),
        '†' => return math("\\dagger"),
        '‡' => return math("\\ddagger"),
        '©' => "(c)",
        '£' => return math("\\mathsterling"),
        '¡' => "!`",
        '¿' => "?`",
        'ß' => "\\ss{}",
        'æ' => "\\ae{}",
        'Æ' => "\\AE{}",
        'œ' => "\\oe{}",
        'Œ' => "\\OE{}",
        'ø' => "\\o{}",
        'Ø' => "\\O{}",
        'ł' => "\\l{}",
        'Ł' => "\\L{}",
        'ı' => "\\i{}",
        '€' => "EUR",
        'ª' => "\\textsuperscript{a}",
        'º' => "\\textsuperscript{o}",
        '™' => "\\textsuperscript{TM}",
        '®' => "\\textsuperscript{R}",
        '✓' => return math("\\checkmark"),
        '✗' => return math("\\times"),
        '°' => return math("^\\circ"),
        '¬' => return math("\\neg"),
        '÷' => return math("\\div"),
        '¼' => return math("\\tfrac{1}{4}"),
        '¾' => return math("\\tfrac{3}{4}"),
        '′' => return math("'"),
        '″' => return math("''"),
        'ᵀ' => return math("^{\\mathsf{T}}"),
        '⁰' => return math("^0"),
        '¹' => return math("^1"),
        '²' => return math("^2"),
        '³' => return math("^3"),
        '⁴'..='⁹' => return math(&format!("^{}", u32::from(c) - u32::from('⁰'))),
        '⁺' => return math("^+"),
        '⁻' => return math("^-"),
        '₀'..='₉' => return math(&format!("_{}", u32::from(c) - u32::from('₀'))),
        'ᵢ' => return math("_i"),
        'ⱼ' => return math("_j"),
        'ₖ' => return math("_k"),
        'ₙ' => return math("_n"),
        '∉' => return math("\\notin"),
        '⊂' => return math("\\subset"),
        '∪' => return math("\\cup"),
        '∩' => return math("\\cap"),
        '∀' => return math("\\forall"),
        '∃' => return math("\\exists"),
        '∅' => return math("\\emptyset"),
        '⇔' => return math("\\Leftrightarrow"),
        '⇐' => return math("\\Leftarrow"),
        '↑' => return math("\\uparrow"),
        '↓' => return math("\\downarrow"),
        '○' => return math("\\circ"),
        '●' => return math("\\bullet"),
        '■' => return math("\\blacksquare"),
        '□' => return math("\\square"),
        c => {
            // What formulas call by a name.
            let tex = crate::tex::symbol(c);
            return if tex.is_ascii() && !tex.is_empty() {
                math(&tex)
            } else {
                format!("\\missing{{{:04X}}}", u32::from(c))
            };
        }
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_becomes_ascii() {
        for (text, tex) in [
            (
                "5 % & $x_1^2$",
                "5 \\% \\& \\ensuremath{\\mathdollar}x\\_1\\^{}2\\ensuremath{\\mathdollar}",
            ),
            ("Übung, ïł Ế", "\\\"{U}bung, \\\"{\\i}\\l{} \\'{\\^{E}}"),
            (
                "− ½ σ → x ≤ Σ",
                "\\ensuremath{-} \\ensuremath{\\tfrac{1}{2}} \\ensuremath{\\sigma} \\ensuremath{\\to} x \\ensuremath{\\le} \\ensuremath{\\sum}",
            ),
            ("Д 漢", "\\missing{0414} \\missing{6F22}"),
            ("a--b \"c\"", "a-{}-b ''c''"),
        ] {
            assert_eq!(escape(text), tex);
        }
        let all: String = ('\0'..=char::MAX).collect();
        assert!(escape(&all).is_ascii() && code(&all).is_ascii() && property(&all).is_ascii());
        assert_eq!(code("--digits \"9\""), "\\char45{}\\char45{}digits \\char34{}9\\char34{}");
        assert_eq!(formula("\\text{größer} x"), "\\text{gr\\\"{o}\\ss{}er} x");
    }
}
