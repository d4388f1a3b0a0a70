//! House rules that a source file can break, and that neither the compiler nor clippy knows. (That the engine never prints
//! and reads no clock, no environment and no file is in its clippy.toml; where unsafe code may stand, in the lints of the
//! workspace.)
//!
//! 1. A concept has one name, in code as in documents. scikit-learn's names carry an underscore (`coefs_`) and may stand at
//!    that edge.
//! 2. A type has a name of its own in the whole workspace, so that a reader knows which one is meant.
//! 3. No library names a flag of the command in a text: from Python the same thing is called otherwise. Errors carry a hint,
//!    and the command has the words for it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::code::{literals, without_prose, words};
use crate::context::Context;
use crate::folder::source_files;
use crate::step::Outcome;

/// Other names for what has a name here.
const NAMES: [(&str, &str); 9] = [
    ("coefs", "weights"),
    ("intercepts", "biases"),
    ("pre_activation", "z"),
    ("preactivation", "z"),
    ("grad_w", "grad_weights"),
    ("grad_b", "grad_biases"),
    ("lr", "learning_rate"),
    ("mini_batch", "batch"),
    ("minibatch", "batch"),
];
/// Types whose name every library of Rust gives to a type of its own, and that a path tells apart.
const EVERYWHERE: [&str; 3] = ["Error", "ErrorKind", "Result"];

/// The crate that may name flags: they are its own.
const COMMAND: &str = "crates/deltarule-cli/";
/// Files elsewhere that may, and why.
const WITH_FLAGS: [(&str, &str); 3] = [
    ("crates/deltarule-document/src/html/cell.rs", "properties of CSS begin like flags"),
    (
        "crates/deltarule-exercise/src/generate/options.rs",
        "the first line of a new exercise is the command that makes it again",
    ),
    ("crates/deltarule-py/src/worked.rs", "the flag is pip's"),
];

pub(crate) fn run(context: &Context) -> Outcome {
    check_all(context).into()
}

fn check_all(context: &Context) -> Result<String, String> {
    let mut paths = Vec::new();
    let folder = context.root.join("crates");
    let fail = |error| format!("{}: {error}", folder.display());
    source_files(&folder, "rs", &mut paths).map_err(fail)?;
    paths.sort();
    let mut modules = Vec::new();
    source_files(&folder.join("deltarule-py/python"), "py", &mut modules).map_err(fail)?;
    let (mut problems, mut types) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    for path in &paths {
        let name = relative(path, &context.root);
        if !name.contains("/src/") || name.contains("/tests") {
            continue;
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let code = without_prose(&text);
        problems.extend(second_names(&name, &code));
        if !name.starts_with(COMMAND) && WITH_FLAGS.iter().all(|(path, _)| *path != name) {
            problems.extend(flags(&name, &text));
        }
        for (line, declared) in declared_types(&code) {
            types.entry(declared.to_string()).or_default().push(format!("{name}:{line}"));
        }
    }
    for path in &modules {
        let name = relative(path, &context.root);
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        problems.extend(flags_of_python(&name, &text));
    }
    problems.extend(used_twice(&types));
    if problems.is_empty() {
        Ok(format!("{} files, {} types", paths.len(), types.len()))
    } else {
        Err(problems.join("\n"))
    }
}

/// The path from the root, with `/` on every system.
fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Words that are another name for what has one here.
fn second_names(path: &str, code: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (line, word) in words(code) {
        if let Some((_, ours)) = NAMES.iter().find(|(other, _)| *other == word) {
            problems.push(format!("{path}:{line}: {word} is called {ours} here"));
        }
    }
    problems
}

/// Whether a flag stands in a text.
fn has_flag(text: &str) -> bool {
    let text = text.replace("\\n", " ");
    text.match_indices("--").any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + 2..].chars().next();
        after.is_some_and(|c| c.is_ascii_lowercase())
            && before.is_none_or(|c| !c.is_alphanumeric() && c != '-')
    })
}

/// Lines of Python in which a flag stands, in a text or in prose: nothing else has two hyphens before a letter there.
fn flags_of_python(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| has_flag(line));
    lines.map(|(at, _)| format!("{path}:{}: names a flag of the command", at + 1)).collect()
}

/// Texts outside of tests in which a flag stands.
fn flags(path: &str, text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let found = literals(text).into_iter().filter(|(_, literal)| has_flag(literal));
    found.map(|(line, _)| format!("{path}:{line}: a text names a flag of the command")).collect()
}

/// The types that a file declares, with their lines. Those inside a block are an implementation's or a function's own.
fn declared_types(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let item = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => {
                rest.split_once(')').map_or("", |(_, item)| item)
            }
            Some(rest) => rest,
            None => line,
        };
        // A line that is set in belongs to something else.
        let item = if item == line { item } else { item.trim_start() };
        let mut words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
        let keyword = words.next().unwrap_or_default();
        if matches!(keyword, "struct" | "enum" | "trait" | "type" | "union") {
            found.extend(words.next().map(|name| (index + 1, name)));
        }
    }
    found
}

fn used_twice(types: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let several = types
        .iter()
        .filter(|(name, places)| places.len() > 1 && !EVERYWHERE.contains(&name.as_str()));
    several
        .map(|(name, places)| {
            format!("{} types are called {name}: {}", places.len(), places.join(", "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_name_for_a_concept_is_found() {
        let problems = second_names("fit.rs", "let a = 1;\nlet lr = 0.1;");
        assert_eq!(problems, ["fit.rs:2: lr is called learning_rate here"]);
        assert!(second_names("edge.rs", "set(coefs_, weights); all_lr").is_empty());
    }

    #[test]
    fn a_flag_in_a_module_of_python_is_found_with_its_line() {
        let text = "x = a --b\nraise ValueError(\"say --epochs\")\nif a - -b:\n    pass  # ----\n";
        let expected =
            ["m.py:1: names a flag of the command", "m.py:2: names a flag of the command"];
        assert_eq!(flags_of_python("m.py", text), expected);
    }

    #[test]
    fn a_flag_in_a_text_is_found_with_its_line() {
        let text = "let a = 1 --b;\n// say --no\nlet x = \"leave --epochs out\";\nlet y = \"a\n--drop\";\n\
                    let z = \"a -- b, a--b, --\";\n#[cfg(test)]\nmod tests {\n    let w = \"--test\";\n}\n";
        assert_eq!(
            flags("a.rs", text),
            [
                "a.rs:3: a text names a flag of the command",
                "a.rs:4: a text names a flag of the command"
            ]
        );
        assert_eq!(flags("a.rs", "help(\"`a --b` does\", r#\"--c\"#, \"--d\")").len(), 3);
    }

    #[test]
    fn the_types_of_a_file_are_found() {
        let code = "pub struct A<T>(T);\npub(crate) enum Bc { D }\ntrait E {\n    type F;\n}\ntype G = H;\n\
                    pub(in crate::i) struct J;\nstructure K;\nfn f() {\n    struct L;\n}\n";
        let names: Vec<&str> = declared_types(code).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["A", "Bc", "E", "G", "J"]);
    }

    #[test]
    fn a_name_that_two_types_have_is_found() {
        let places = |places: &[&str]| places.iter().map(ToString::to_string).collect();
        let types = BTreeMap::from([
            ("Step".to_string(), places(&["a.rs:1", "b.rs:2"])),
            ("Error".to_string(), places(&["a.rs:3", "b.rs:4"])),
            ("Layer".to_string(), places(&["a.rs:5"])),
        ]);
        assert_eq!(used_twice(&types), ["2 types are called Step: a.rs:1, b.rs:2"]);
    }
}
