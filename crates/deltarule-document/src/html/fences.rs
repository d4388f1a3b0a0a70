//! What stands around a matrix, cases or a fraction: named for the style sheet, which draws it as high as what it holds.
//!
//! Browsers make a sign higher only with a font that has parts for it, which not every system has.

/// A matrix, as the converter begins it.
const MATRIX: &str = "<mtable class=\"menv-arraylike\">";
/// Cases.
const CASES: &str = "<mtable class=\"menv-cells-left menv-cases\">";
/// The end of both. No table stands within another, but for the lines of an equation, which begin otherwise.
const END: &str = "</mtable>";

/// MathML with the signs that were to stretch named, and what they stand around.
pub(super) fn drawn(mathml: &str) -> String {
    round(&braces(&brackets(mathml)))
}

/// The sign as the converter writes it where it is to stretch.
fn stretched(sign: char) -> String {
    format!("<mo stretchy=\"true\">{sign}</mo>")
}

/// The same for the style sheet.
fn fence(sign: char) -> String {
    format!("<mo class=\"fence\" stretchy=\"true\">{sign}</mo>")
}

/// Square brackets around matrices; one that goes on in the next line has one on its outer side only.
fn brackets(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((before, inside)) = rest.split_once(MATRIX) {
        let Some((table, behind)) = inside.split_once(END) else { break };
        let opened = before.strip_suffix(&stretched('['));
        let closed = behind.strip_prefix(&stretched(']'));
        out.push_str(opened.unwrap_or(before));
        let mut class = String::from("menv-arraylike");
        if opened.is_some() {
            out.push_str(&fence('['));
            class.push_str(" opens");
        }
        if closed.is_some() {
            class.push_str(" closes");
        }
        out.push_str(&format!("<mtable class=\"{class}\">{table}{END}"));
        if closed.is_some() {
            out.push_str(&fence(']'));
        }
        rest = closed.unwrap_or(behind);
    }
    out + rest
}

/// The brace before cases.
fn braces(mathml: &str) -> String {
    let named = CASES.replace("\">", " braced\">");
    mathml.replace(&(stretched('{') + CASES), &(fence('{') + &named))
}

/// Round brackets around what is high.
fn round(mathml: &str) -> String {
    const ROW: &str = "<mrow>";
    const ROW_END: &str = "</mrow>";
    let (opening, closing) = (stretched('('), stretched(')'));
    let mut out = String::with_capacity(mathml.len());
    // Where each row that is open began in what was written, and whether a high bracket stands first in it.
    let mut rows: Vec<(usize, bool)> = Vec::new();
    let mut rest = mathml;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        let (tag, behind) = rest.split_at(end);
        if tag.starts_with("<mrow") && !tag.ends_with("/>") {
            rows.push((out.len(), tag == ROW && behind.starts_with(&opening)));
        } else if tag == ROW_END
            && let Some((row, true)) = rows.pop()
            && let Some(inside) = out.strip_suffix(&closing)
        {
            let inside = &inside[row + ROW.len() + opening.len()..];
            let named = format!("<mrow class=\"round\">{}{inside}{}", fence('('), fence(')'));
            out.truncate(row);
            out.push_str(&named);
        }
        out.push_str(tag);
        rest = behind;
    }
    out + rest
}
