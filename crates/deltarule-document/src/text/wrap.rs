//! Prose in lines.

/// Prose in lines no wider than this where its words allow it, the second and later ones indented. Characters that steer
/// a terminal are left out.
///
/// # Example
///
/// ```
/// assert_eq!(deltarule_document::wrap_text("one two three", 8, 2), "one two\n  three\n");
/// ```
pub fn wrap_text(text: &str, width: usize, indent: usize) -> String {
    wrapped(text, width, indent).join("\n") + "\n"
}

/// Stands for a blank where a line must not break: within a formula.
pub(super) const TIE: char = '\u{a0}';

pub(super) fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split([' ', '\n', '\t', '\r']).filter(|word| !word.is_empty()) {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        let length = word.chars().count();
        let fits = used == 0 || used + 1 + length <= width;
        // A formula wider than a line breaks after all.
        if length + indent > width && word.contains(TIE) {
            for piece in pieces(&word, width.saturating_sub(indent), 0) {
                place(&mut lines, &mut used, &piece, width, indent);
            }
            continue;
        }
        let word = word.replace(TIE, " ");
        if fits {
            append(&mut lines, &mut used, &word);
        } else {
            used = indent + length;
            lines.push(" ".repeat(indent) + &word);
        }
    }
    lines
}

/// A formula in pieces that a line has room for, broken within a bracket only where that is too wide for a line of its own.
fn pieces(formula: &str, room: usize, depth: usize) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut inside = 0_usize;
    for c in formula.chars() {
        match c {
            '(' | '[' => inside += 1,
            ')' | ']' => inside = inside.saturating_sub(1),
            _ => {}
        }
        if c == TIE && inside <= depth {
            found.push(String::new());
        } else if let Some(piece) = found.last_mut() {
            piece.push(c);
        }
    }
    let fitting = |piece: String| {
        if piece.chars().count() > room && piece.contains(TIE) {
            pieces(&piece, room, depth + 1)
        } else {
            vec![piece.replace(TIE, " ")]
        }
    };
    found.into_iter().flat_map(fitting).collect()
}

fn place(lines: &mut Vec<String>, used: &mut usize, word: &str, width: usize, indent: usize) {
    let length = word.chars().count();
    if *used == 0 || *used + 1 + length <= width {
        append(lines, used, word);
    } else {
        *used = indent + length;
        lines.push(" ".repeat(indent) + word);
    }
}

fn append(lines: &mut [String], used: &mut usize, word: &str) {
    if let Some(line) = lines.last_mut() {
        if *used > 0 {
            line.push(' ');
            *used += 1;
        }
        line.push_str(word);
        *used += word.chars().count();
    }
}

#[cfg(test)]
mod tests {
    use super::{TIE, wrapped};

    #[test]
    fn a_wide_formula_is_broken_outside_its_brackets_first() {
        let formula = "σ(z) (1 + z (1 − σ(z)))".replace(' ', &TIE.to_string());
        assert_eq!(wrapped(&formula, 20, 0), ["σ(z)", "(1 + z (1 − σ(z)))"]);
        assert_eq!(wrapped(&formula, 13, 0), ["σ(z) (1 + z", "(1 − σ(z)))"]);
        assert_eq!(wrapped(&formula, 8, 0), ["σ(z) (1", "+ z (1 −", "σ(z)))"]);
    }
}
