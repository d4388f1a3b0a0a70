//! Pieces of text that several commands print.

use deltarule::metrics::ConfusionMatrix;
use deltarule::{Optimizer, ParameterRole};
use deltarule_tabular::{DropReason, Encoding, Preparation, Scores, Target};

/// Confusion matrices of more classes are not printed.
const MOST_CLASSES: usize = 20;

/// Metrics beside each other: a row per metric, a column per set of rows.
pub(crate) fn scores(columns: &[(&str, &Scores)]) -> String {
    let mut names: Vec<&String> = columns.iter().flat_map(|(_, scores)| scores.keys()).collect();
    names.sort();
    names.dedup();
    let mut text = format!("  {:18}", "");
    for (title, _) in columns {
        text += &format!("{title:>10}");
    }
    text.push('\n');
    for name in names {
        text += &format!("  {:18}", name.replace('_', " "));
        for (_, scores) in columns {
            text += &match scores.get(name) {
                Some(score) => format!("{:>10}", rounded(*score)),
                None => format!("{:>10}", "–"),
            };
        }
        text.push('\n');
    }
    text
}

/// A score with as many digits as tell something.
pub(crate) fn rounded(score: f64) -> String {
    if score.abs() < 100.0 {
        format!("{score:.4}")
    } else {
        deltarule_document::format_number(score, 6)
    }
}

/// An optimiser's name and its parameters.
pub(crate) fn optimizer(optimizer: &Optimizer) -> String {
    let mut text = optimizer.name().to_string();
    for (about, value) in optimizer.parameters() {
        if about.role != ParameterRole::Detail {
            let value = deltarule_document::format_number(value, 15);
            text += &format!(", {} {value}", about.words);
        }
    }
    text
}

/// The confusion matrix, if it is small enough to be read.
pub(crate) fn confusion(matrix: &ConfusionMatrix, target: &Target) -> String {
    let Target::Classes { classes, .. } = target else { return String::new() };
    if classes.len() > MOST_CLASSES {
        return String::new();
    }
    let widest = classes.iter().map(|c| c.chars().count()).max().unwrap_or(0).clamp(4, 16);
    let short = |label: &str| label.chars().take(16).collect::<String>();
    let largest = matrix.counts.iter().max().copied().unwrap_or(0).to_string().len();
    let cell = largest.max(classes.iter().map(|c| c.chars().count().min(6)).max().unwrap_or(0)) + 1;
    let mut text = format!("  {:>widest$} │", "true");
    for class in classes {
        let head: String = class.chars().take(cell - 1).collect();
        text += &format!("{head:>cell$}");
    }
    text += "  ← predicted\n";
    for (i, class) in classes.iter().enumerate() {
        text += &format!("  {:>widest$} │", short(class));
        for j in 0..classes.len() {
            text += &format!("{:>cell$}", matrix.counts[[i, j]]);
        }
        text.push('\n');
    }
    text
}

/// What becomes of each column, a line each, the first ones only where there are many.
pub(crate) fn preparation(preparation: &Preparation) -> String {
    const MOST: usize = 40;
    let mut text = String::new();
    for column in preparation.columns.iter().take(MOST) {
        let what = match &column.encoding {
            Encoding::Number { offset, mean, deviation, median, indicator, boolean } => {
                let number = |v: f64| deltarule_document::format_number(v, 4);
                let kind = if *boolean { "true/false" } else { "number" };
                let missing = if *indicator {
                    format!(", missing → {} and an input that says so", number(offset + median))
                } else {
                    String::new()
                };
                format!(
                    "{kind}, mean {}, deviation {}{missing}",
                    number(offset + mean),
                    number(*deviation)
                )
            }
            Encoding::Category { values, missing } => {
                let some: Vec<&str> = values.iter().take(4).map(String::as_str).collect();
                let more = if values.len() > 4 { ", …" } else { "" };
                let missing = if *missing { ", missing a value of its own" } else { "" };
                format!("one of {} values ({}{more}){missing}", values.len(), some.join(", "))
            }
        };
        text += &format!("  {:20} {what}\n", column.name);
    }
    if preparation.columns.len() > MOST {
        text += &format!("  … and {} more columns\n", preparation.columns.len() - MOST);
    }
    text += &dropped(preparation);
    text
}

/// A column's name, or that it has none.
pub(crate) fn name(name: &str) -> &str {
    if name.is_empty() { "(unnamed)" } else { name }
}

/// The columns that are not used, by reason.
pub(crate) fn dropped(preparation: &Preparation) -> String {
    let mut text = String::new();
    for (why, words) in [
        (DropReason::Asked, "left out as asked"),
        (DropReason::Empty, "left out, empty"),
        (DropReason::Constant, "left out, always the same"),
    ] {
        let names: Vec<&str> =
            preparation.dropped.iter().filter(|d| d.why == why).map(|d| name(&d.name)).collect();
        if names.is_empty() {
            continue;
        }
        let some: Vec<&str> = names.iter().take(6).copied().collect();
        let more =
            if names.len() > 6 { format!(", … ({} in all)", names.len()) } else { String::new() };
        text += &format!("  {words}: {}{more}\n", some.join(", "));
    }
    text
}
