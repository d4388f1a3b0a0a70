//! House rules that a source file can break and the compiler does not see.
//!
//! 1. The engine never prints, never reads a clock, an environment variable or a file.
//! 2. `unsafe` lives in the engine's `kernel/` and nowhere else, but for the call of the benchmark's loop that finds the
//!    limit of the machine.
//! 3. A concept has one name, in code as in documents. scikit-learn's names carry an underscore (`coefs_`) and may stand at
//!    that edge.

use std::path::{Path, PathBuf};

use crate::code::{without_prose, words};
use crate::steps::{Context, Outcome};

/// Where the engine is, from the root.
const ENGINE: &str = "crates/deltarule/src/";
/// The only place for unsafe code.
const KERNEL: &str = "crates/deltarule/src/kernel/";
/// The loop of fused multiply-adds, whose call is unsafe because the instructions must be there.
const PEAK: &str = "bench/src/peak.rs";
/// Modules of std that the engine leaves alone.
const MODULES: [&str; 5] = ["time", "env", "fs", "net", "process"];
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
/// Macros that print.
const MACROS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

pub(crate) fn run(context: &Context) -> Outcome {
    let mut paths = Vec::new();
    for folder in ["crates", "xtask", "bench"] {
        if let Err(error) = rust_files(&context.root.join(folder), &mut paths) {
            return Outcome::Failed(format!("{folder}: {error}"));
        }
    }
    paths.sort();
    let mut problems = Vec::new();
    for path in &paths {
        match std::fs::read_to_string(path) {
            Ok(text) => problems.extend(check(&relative(path, &context.root), &text)),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    if problems.is_empty() {
        Outcome::Done(format!("{} files", paths.len()))
    } else {
        Outcome::Failed(problems.join("\n"))
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                rust_files(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The path from the root, with `/` on every system.
fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What is wrong with a file.
fn check(path: &str, text: &str) -> Vec<String> {
    let code = without_prose(text);
    let words = words(&code);
    let mut problems = Vec::new();
    if !path.starts_with(KERNEL) && path != PEAK {
        let found = words.iter().filter(|(_, word)| *word == "unsafe");
        problems
            .extend(found.map(|(line, _)| format!("{path}:{line}: unsafe code outside {KERNEL}")));
    }
    if path.starts_with("crates/") && path.contains("/src/") {
        for (line, word) in &words {
            if let Some((_, ours)) = NAMES.iter().find(|(other, _)| other == word) {
                problems.push(format!("{path}:{line}: {word} is called {ours} here"));
            }
        }
    }
    if path.starts_with(ENGINE) {
        problems.extend(std_modules(&code).into_iter().map(|(line, name)| {
            format!("{path}:{line}: std::{name}, which the engine leaves alone")
        }));
        for (line, name) in macros(&code) {
            problems.push(format!("{path}:{line}: {name}!, and the engine never prints"));
        }
    }
    problems
}

/// Uses of the forbidden modules: `std::fs`, and `fs` at the outer level of `std::{fs, io::{…}}`.
fn std_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("std") {
        let before = code[..start].chars().next_back();
        let Some(rest) = code[start + 3..].trim_start().strip_prefix("::") else { continue };
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = 1 + code[..start].matches('\n').count();
        for name in first_segments(rest.trim_start()) {
            if MODULES.contains(&name.as_str()) {
                found.push((line, name));
            }
        }
    }
    found
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c::{d, e}}`.
fn first_segments(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut segments, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' if depth == 0 => {
                segments.push(word(&group[start..at]));
                start = at + 1;
            }
            '}' if depth == 0 => {
                segments.push(word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    segments
}

/// Calls of a macro that prints.
fn macros(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for name in MACROS {
            let calls = line.match_indices(name).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + name.len()..].trim_start();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && after.starts_with('!')
            });
            if calls {
                found.push((index + 1, name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "crates/deltarule/src/train.rs";

    #[test]
    fn what_the_engine_must_not_do_is_found_with_its_line() {
        for text in [
            "\nuse std::time::Instant;",
            "\nuse std::{io::Read, time::{Duration, Instant}};",
            "\nuse std::{\n    fs,\n    io,\n};",
            "\nlet v = ::std :: env::var(x);",
            "\nuse std::fs;",
            "\nlet s = std::net::TcpStream::connect(a);",
            "\nprintln!(x);",
            "\n    eprintln! (x)",
            "\ndbg!(x);",
            "\nunsafe { f() }",
        ] {
            let problems = check(FILE, text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].starts_with("crates/deltarule/src/train.rs:2: "), "{problems:?}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for text in [
            "use std::io::Read;",
            "use std::{fmt, io::{self, env}};",
            "use mystd::fs;",
            "// std::fs, println! and unsafe",
            "/// ```\n/// println!(\"x\");\n/// ```",
            "let s = \"std::time println! unsafe\";",
            "#![forbid(unsafe_code)]",
            "#![deny(unsafe_op_in_unsafe_fn)]",
            "sprintln!(x)",
            "let println = 1 != 2;",
        ] {
            assert_eq!(check(FILE, text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_second_name_for_a_concept_is_found() {
        let problems = check("crates/deltarule-tabular/src/fit.rs", "let a = 1;\nlet lr = 0.1;");
        assert_eq!(
            problems,
            ["crates/deltarule-tabular/src/fit.rs:2: lr is called learning_rate here"]
        );
        assert!(
            check("crates/deltarule-py/src/edge.rs", "set(coefs_, weights); all_lr").is_empty()
        );
        assert!(check("crates/deltarule/tests/optimizers.rs", "let lr = 0.1;").is_empty());
    }

    #[test]
    fn each_rule_has_its_place() {
        assert!(check("crates/deltarule/src/kernel/avx2.rs", "unsafe { f() }").is_empty());
        assert!(!check("crates/deltarule/src/kernel/avx2.rs", "std::env::var(x)").is_empty());
        assert!(!check("crates/deltarule-cli/src/main.rs", "unsafe { f() }").is_empty());
        assert!(
            check("crates/deltarule-cli/src/main.rs", "println!(x); std::fs::read(y)").is_empty()
        );
        assert!(!check("crates/deltarule/tests/kernels.rs", "unsafe fn f() {}").is_empty());
        assert!(check("bench/src/peak.rs", "unsafe { f() }").is_empty());
        assert!(!check("bench/src/train.rs", "unsafe { f() }").is_empty());
    }
}
