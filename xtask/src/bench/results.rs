//! The tables of `bench/RESULTS.md`. Each lies between two comments that name it; what is outside stays.

use std::path::Path;

const INTRODUCTION: &str = "# Results\n\nWritten by `cargo xtask bench`. Programs of a table ran one after the other on the \
                            machine named above it.\n";

/// A table: what it is called in the comments, its heading, the machine, and its rows.
pub(crate) struct Table<'a> {
    pub(crate) key: &'a str,
    pub(crate) heading: &'a str,
    pub(crate) machine: &'a str,
    /// What the reader must know, or nothing.
    pub(crate) remark: &'a str,
    pub(crate) header: &'a [&'a str],
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table<'_> {
    fn lines(&self) -> Vec<String> {
        self.rows.iter().map(|row| format!("| {} |", row.join(" | "))).collect()
    }

    /// The section in Markdown, with these lines as rows.
    fn text(&self, lines: &[String]) -> String {
        let rule = self.header.iter().map(|_| "---").collect::<Vec<_>>().join("|");
        let mut text = format!("## {}\n\n{}\n\n", self.heading, self.machine);
        if !self.remark.is_empty() {
            text += &format!("{}\n\n", self.remark);
        }
        text += &format!("| {} |\n|{rule}|\n", self.header.join(" | "));
        for line in lines {
            text += &format!("{line}\n");
        }
        text
    }
}

/// Puts the table in the place of the one of the same key, or at the end.
///
/// With an order, rows whose first cell is another of its names stay, if they are of the same machine.
pub(crate) fn write(path: &Path, table: &Table<'_>, order: &[&str]) -> Result<(), String> {
    let old = std::fs::read_to_string(path).unwrap_or_else(|_| INTRODUCTION.to_string());
    let new = replace(&old, table, order);
    std::fs::write(path, new).map_err(|error| format!("{}: {error}", path.display()))
}

fn replace(document: &str, table: &Table<'_>, order: &[&str]) -> String {
    let (begin, end) =
        (format!("<!-- bench {} -->\n", table.key), format!("<!-- end {} -->\n", table.key));
    let parts = document.split_once(&begin).and_then(|(before, rest)| {
        rest.split_once(&end).map(|(section, after)| (before, section, after))
    });
    let mut lines = table.lines();
    if let Some((_, section, _)) = parts
        && section.contains(&format!("\n{}\n", table.machine))
    {
        let written: Vec<String> = lines.iter().filter_map(|line| first_cell(line)).collect();
        let kept = section.lines().filter(|line| {
            first_cell(line)
                .is_some_and(|name| order.contains(&name.as_str()) && !written.contains(&name))
        });
        lines.extend(kept.map(String::from));
        lines.sort_by_key(|line| {
            let name = first_cell(line).unwrap_or_default();
            order.iter().position(|other| *other == name)
        });
    }
    let section = format!("{begin}{}{end}", table.text(&lines));
    match parts {
        Some((before, _, after)) => format!("{before}{section}{after}"),
        None => format!("{}\n\n{section}", document.trim_end()),
    }
}

/// The first cell of a row of a table.
fn first_cell(line: &str) -> Option<String> {
    line.strip_prefix("| ")?.split(" | ").next().map(String::from)
}

/// A number with four significant digits, plain where it is short.
pub(crate) fn digits(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        return format!("{value:.3e}");
    }
    let exponent = if size == 0.0 { 0 } else { size.log10().floor() as i32 };
    format!("{value:.*}", (3 - exponent).max(0) as usize)
}

/// A duration with its unit.
pub(crate) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", digits(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<'a>(machine: &'a str, rows: &[(&str, &str)]) -> Table<'a> {
        Table {
            key: "train adam 2",
            heading: "Training",
            machine,
            remark: "",
            header: &["workload", "time"],
            rows: rows.iter().map(|(a, b)| vec![a.to_string(), b.to_string()]).collect(),
        }
    }

    const ORDER: [&str; 3] = ["step", "digits", "wide"];

    #[test]
    fn a_table_is_markdown_between_its_comments() {
        let text = replace("# Results\n", &table("machine: a", &[("step", "1 s")]), &ORDER);
        assert_eq!(
            text,
            "# Results\n\n<!-- bench train adam 2 -->\n## Training\n\nmachine: a\n\n\
             | workload | time |\n|---|---|\n| step | 1 s |\n<!-- end train adam 2 -->\n"
        );
    }

    #[test]
    fn other_sections_and_other_rows_of_the_same_machine_stay() {
        let first = replace(
            "# Results\n",
            &table("machine: a", &[("step", "1 s"), ("wide", "9 s")]),
            &ORDER,
        );
        let document = first + "\nBy hand.\n";
        let text =
            replace(&document, &table("machine: a", &[("wide", "8 s"), ("digits", "2 s")]), &ORDER);
        let rows: Vec<&str> = text.lines().filter(|line| line.ends_with("s |")).collect();
        assert_eq!(rows, ["| step | 1 s |", "| digits | 2 s |", "| wide | 8 s |"]);
        assert!(text.ends_with("\nBy hand.\n"));
        assert_eq!(text.matches("<!--").count(), 2);
    }

    #[test]
    fn rows_of_another_machine_go() {
        let first = replace("", &table("machine: a", &[("step", "1 s")]), &ORDER);
        let text = replace(&first, &table("machine: b", &[("wide", "8 s")]), &ORDER);
        assert!(!text.contains("1 s") && text.contains("machine: b"));
    }

    #[test]
    fn numbers_have_four_digits_and_times_a_unit() {
        assert_eq!(digits(0.0), "0.000");
        assert_eq!(digits(0.0123456), "0.01235");
        assert_eq!(digits(1.23456), "1.235");
        assert_eq!(digits(12345.6), "12346");
        assert_eq!(digits(1.23456e9), "1.235e9");
        assert_eq!(duration(5.3e-7), "0.5300 µs");
        assert_eq!(duration(0.0125), "12.50 ms");
        assert_eq!(duration(2.0), "2.000 s");
    }
}
