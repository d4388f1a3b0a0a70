//! Words as strings of typst, in which nothing is read as typst's language.

/// A text as a string of typst.
pub(super) fn string(text: &str) -> String {
    breakable(text, usize::MAX)
}

/// Longer words may be broken at any place.
pub(super) const WORD: usize = 24;

/// Longer names of files and other things to type may be broken at any place.
pub(super) const CODE: usize = 50;

/// A text as a string of typst, in which words longer than this may be broken at any place.
pub(super) fn breakable(text: &str, longest: usize) -> String {
    let mut out = String::from("\"");
    let space = |c: char| c.is_whitespace() && c != '\u{a0}';
    for (i, word) in text.split(space).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let long = word.chars().count() > longest;
        for (j, c) in word.chars().filter(|c| !c.is_control()).enumerate() {
            if long && j > 0 {
                out.push_str("\\u{200b}");
            }
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::breakable;

    #[test]
    fn strings_hold_anything() {
        assert_eq!(breakable("a\"b\\n\n#c\u{7}", 9), "\"a\\\"b\\\\n #c\"");
        assert_eq!(breakable("ab abc", 2), "\"ab a\\u{200b}b\\u{200b}c\"");
    }
}
