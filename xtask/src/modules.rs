//! The arrows between the files of a crate: no circle.
//!
//! An arrow goes from a file to each file whose items it names, by `use` or by a path. What a file only passes on (`pub use`)
//! is no arrow of its own: who uses it points to where it is made. Neither is a call of a method, which names
//! no file. Code that is compiled for tests alone does not count. The modules of the Python package are looked at too.

mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::code::without_prose;
use parse::{Code, parse};

/// A circle that stays: its crate, all its files, relative to the crate's `src`, and the reason.
type Allowed = (&'static str, &'static [&'static str], &'static str);

const ALLOWED: [Allowed; 0] = [];

/// Looks at every crate; adds to the problems, and counts the arrows.
pub(crate) fn check_all(root: &Path, problems: &mut Vec<String>) -> Result<usize, String> {
    let entries = std::fs::read_dir(root.join("crates")).map_err(|e| format!("crates: {e}"))?;
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.extend(["bench", "xtask"].map(|name| root.join(name)));
    folders.sort();
    let mut count = 0;
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let (found, arrows) = check(&name.unwrap_or_default(), &folder.join("src"))?;
        problems.extend(found);
        count += arrows;
    }
    let modules = python(&root.join("crates/deltarule-py/python/deltarule"))?;
    problems.extend(judged("the Python package", &modules, &ALLOWED));
    count += modules.values().map(BTreeSet::len).sum::<usize>();
    Ok(count)
}

/// The arrows between the modules of the Python package. `__init__.py` only hands names on, when they are asked for.
fn python(folder: &Path) -> Result<Arrows, String> {
    let mut arrows = Arrows::new();
    for path in crate::folder::files(folder, "py")? {
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "__init__.py" {
            arrows.insert(name, text.lines().filter_map(imported).collect());
        }
    }
    Ok(arrows)
}

/// The module of ours that a line of Python imports from: `from deltarule._names import SCHEDULES`.
fn imported(line: &str) -> Option<String> {
    let (module, _) = line.trim_start().strip_prefix("from deltarule.")?.split_once(" import ")?;
    Some(format!("{module}.py"))
}

/// What is wrong with the arrows between the files of the crate whose sources are in `folder`, and how many arrows there are.
fn check(name: &str, folder: &Path) -> Result<(Vec<String>, usize), String> {
    let sources = read(folder)?;
    let arrows = arrows(&sources);
    let problems = judged(name, &arrows, &ALLOWED);
    Ok((problems, arrows.values().map(BTreeSet::len).sum()))
}

/// The circles of a crate that are not allowed, and those that are and need not be any more.
fn judged(name: &str, arrows: &Arrows, allowed: &[Allowed]) -> Vec<String> {
    let mut problems = Vec::new();
    let circles = circles(arrows);
    for circle in &circles {
        let files: Vec<&str> = circle.iter().map(String::as_str).collect();
        if !allowed.iter().any(|(of, these, _)| *of == name && *these == files) {
            problems.push(describe(name, circle, arrows));
        }
    }
    for (of, files, _) in allowed.iter().filter(|(of, ..)| *of == name) {
        if !circles.iter().any(|circle| circle.iter().map(String::as_str).eq(files.iter().copied()))
        {
            problems.push(format!(
                "{of}: {} is no circle any more: take it out of xtask/src/modules.rs",
                files.join(", ")
            ));
        }
    }
    problems
}

/// From a file to the files that it names.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn describe(name: &str, circle: &[String], arrows: &Arrows) -> String {
    let mut text = format!(
        "{name}: {} files point at each other in a circle; move what they share into a file of its own:",
        circle.len()
    );
    for file in circle {
        let inside: Vec<&str> =
            arrows[file].iter().filter(|to| circle.contains(to)).map(String::as_str).collect();
        text += &format!("\n  {file} → {}", inside.join(", "));
    }
    text
}

/// A source file: where it stands in the tree of modules, and its code without prose and without tests.
struct Source {
    /// As people name it: `kernel/plan.rs`.
    file: String,
    /// The names of its modules, the crate's root first; the root itself has none.
    module: Vec<String>,
    code: Code,
}

fn read(folder: &Path) -> Result<Vec<Source>, String> {
    let mut paths = Vec::new();
    crate::folder::source_files(folder, "rs", &mut paths)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        let parts: Vec<String> =
            relative.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        sources.push(Source {
            file: parts.join("/"),
            module: module_of(&parts),
            code: parse(&without_prose(&text)),
        });
    }
    // A program beside a library is a crate of its own: it names the library from outside.
    if sources.iter().any(|source| source.file == "lib.rs") {
        sources.retain(|source| source.file != "main.rs");
    }
    Ok(without_tests(sources))
}

/// The sources without the files that are compiled for tests alone.
fn without_tests(mut sources: Vec<Source>) -> Vec<Source> {
    let tests: BTreeSet<Vec<String>> = sources
        .iter()
        .flat_map(|s| {
            s.code.tests.iter().map(|test| [&s.module[..], std::slice::from_ref(test)].concat())
        })
        .collect();
    sources.retain(|s| !(1..=s.module.len()).any(|n| tests.contains(&s.module[..n])));
    sources
}

/// `kernel/team.rs` and `kernel/team/mod.rs` are the module `kernel::team`.
fn module_of(parts: &[String]) -> Vec<String> {
    let mut module = parts.to_vec();
    let last = module.pop().unwrap_or_default();
    match last.as_str() {
        "lib.rs" | "main.rs" | "mod.rs" => {}
        name => module.push(name.trim_end_matches(".rs").to_string()),
    }
    module
}

fn arrows(sources: &[Source]) -> Arrows {
    let modules = Modules(sources.iter().map(|source| (&source.module[..], source)).collect());
    let mut arrows = Arrows::new();
    for source in sources {
        let mut to: BTreeSet<String> = BTreeSet::new();
        let mut point = |path: &[String]| {
            if let Some(target) = modules.made(&source.module, path) {
                to.insert(target.file.clone());
            }
        };
        let code = &source.code;
        for path in &code.paths {
            point(path);
        }
        for import in &code.uses {
            if import.name == "*" {
                // What the file has itself hides what comes with all names.
                for word in code.words.difference(&code.items) {
                    let path = [&import.path[..], std::slice::from_ref(word)].concat();
                    if modules.is_item(&source.module, &path) {
                        point(&path);
                    }
                }
            } else if !import.is_public || code.words.contains(&import.name) {
                // Who names a module points to what it then takes from it.
                let is_prefix = code.paths.iter().any(|path| path[0] == import.name);
                if !(is_prefix && modules.is_module(&source.module, &import.path)) {
                    point(&import.path);
                }
            }
        }
        to.remove(&source.file);
        arrows.insert(source.file.clone(), to);
    }
    arrows
}

/// The names that are being looked for, each with the module: modules may pass on all names of each other.
type Asked<'a> = BTreeSet<(&'a [String], String)>;

/// The modules of a crate that lie in files, by their names.
struct Modules<'a>(BTreeMap<&'a [String], &'a Source>);

/// What a path leads to.
enum Target<'a> {
    Module(&'a Source),
    Item(&'a Source),
}

impl<'a> Modules<'a> {
    /// The file in which what a path names is made, as seen from a module; none if it is of another crate.
    fn made(&self, from: &[String], path: &[String]) -> Option<&'a Source> {
        match self.target(from, path, &mut Asked::new())? {
            Target::Module(source) | Target::Item(source) => Some(source),
        }
    }

    fn is_module(&self, from: &[String], path: &[String]) -> bool {
        matches!(self.target(from, path, &mut Asked::new()), Some(Target::Module(_)))
    }

    /// Whether the last name of a path is known to be an item there.
    fn is_item(&self, from: &[String], path: &[String]) -> bool {
        let Some((name, of)) = path.split_last() else { return false };
        match self.target(from, of, &mut Asked::new()) {
            Some(Target::Module(module)) => {
                matches!(self.find(&module.module, name, &mut Asked::new()), Some(Target::Item(_)))
            }
            _ => false,
        }
    }

    fn target(
        &self,
        from: &[String],
        path: &[String],
        asked: &mut Asked<'a>,
    ) -> Option<Target<'a>> {
        let here = *self.0.get(from)?;
        let Some((first, rest)) = path.split_first() else { return Some(Target::Module(here)) };
        let next = match first.as_str() {
            "crate" => Target::Module(*self.0.get(&[][..])?),
            "self" => Target::Module(here),
            "super" => Target::Module(*self.0.get(&from[..from.len().checked_sub(1)?])?),
            name => self.find(from, name, asked)?,
        };
        match next {
            // What a module does not show is made by one of its macros.
            Target::Module(module) => {
                Some(self.target(&module.module, rest, asked).unwrap_or(Target::Item(module)))
            }
            item @ Target::Item(_) => Some(item),
        }
    }

    /// What a name is in a module: a child, an item, or what it was brought in as.
    fn find(&self, from: &[String], name: &str, asked: &mut Asked<'a>) -> Option<Target<'a>> {
        let here = *self.0.get(from)?;
        if !asked.insert((&here.module[..], name.to_string())) {
            return None;
        }
        if here.code.children.contains(name) {
            let child = [from, &[name.to_string()]].concat();
            return self.0.get(&child[..]).map(|child| Target::Module(child));
        }
        if here.code.items.contains(name) {
            return Some(Target::Item(here));
        }
        // `use symbols::symbols` brings in what the child has, not itself.
        let named = here.code.uses.iter().find(|import| import.name == name);
        if let Some(import) = named.filter(|import| import.path != [name]) {
            return self.target(from, &import.path, asked);
        }
        here.code.uses.iter().filter(|import| import.name == "*").find_map(|import| {
            match self.target(from, &import.path, asked)? {
                Target::Module(all) => self.find(&all.module, name, asked),
                Target::Item(_) => None,
            }
        })
    }
}

/// The sets of more than one file in which each can be reached from each.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = arrows
        .keys()
        .map(|from| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(file) = open.pop() {
                open.extend(arrows.get(file).into_iter().flatten().filter(|to| seen.insert(*to)));
            }
            (from, seen)
        })
        .collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (from, reached) in &reach {
        if reached.contains(from) && !found.iter().any(|circle| circle.contains(from)) {
            let circle = reached.iter().filter(|to| reach[*to].contains(from));
            found.push(circle.map(|file| (*file).clone()).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests_of_modules {
    use super::*;

    /// The arrows between files of these texts, as `from to`.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(file, text)| {
                let parts: Vec<String> = file.split('/').map(String::from).collect();
                Source {
                    file: (*file).to_string(),
                    module: module_of(&parts),
                    code: parse(&without_prose(text)),
                }
            })
            .collect();
        let arrows = arrows(&without_tests(sources));
        arrows
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |to| format!("{from} {to}")))
            .collect()
    }

    fn arrows_of(pairs: &[(&str, &str)]) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, to) in pairs {
            arrows.entry((*from).to_string()).or_default().insert((*to).to_string());
            arrows.entry((*to).to_string()).or_default();
        }
        arrows
    }

    #[test]
    fn an_arrow_follows_from_use_and_from_a_path() {
        let root = ("lib.rs", "mod a;\nmod b;\nmod c;");
        let b = ("b.rs", "pub struct B;");
        let c = ("c.rs", "pub fn c() {}");
        for text in [
            "use crate::b::B;",
            "use super::b::B as Other;",
            "use crate::{b::{B}};",
            "fn f(b: crate::b::B) {}",
            "fn f() { let b = super::b::B; }",
            "use crate::b; fn f(b: b::B) {}",
            "use crate::b::*; fn f(b: B) {}",
            "struct S { #[arg(value_parser = crate::b::B)] s: i32 }",
            "macro_rules! m { () => { $crate::b::B } }",
        ] {
            assert_eq!(found(&[root, ("a.rs", text), b, c]), ["a.rs b.rs"], "{text}");
        }
        for text in [
            "// use crate::b::B;",
            "fn f() -> &'static str { \"crate::b::B\" }",
            "use other::b::B;",
            "pub(in crate::b) fn f() {}",
            "use crate::b::*; fn f() {}",
            "#[cfg(feature = \"crate::b\")] fn f() {}",
        ] {
            assert_eq!(found(&[root, ("a.rs", text), b, c]), [""; 0], "{text}");
        }
    }

    #[test]
    fn who_uses_what_is_passed_on_points_to_where_it_is_made() {
        let files = |root: &'static str, all: &'static str, user: &'static str| {
            [
                ("lib.rs", root),
                ("all/mod.rs", all),
                ("all/one.rs", "pub struct One;\nimpl One { pub fn all(&self) {} }"),
                ("user.rs", user),
            ]
        };
        let root = "mod all;\nmod user;";
        let named = "mod one;\npub use one::One;\nstruct S(fn(&One));";
        for (all, user) in [
            (named, "use crate::all::One;"),
            (named, "use crate::all; fn f(one: all::One) {}"),
            (named, "use super::all::*; struct S(One);"),
            ("mod one;\npub use one::*;", "use crate::all::One;"),
            ("mod one;\npub use self::one::One as Two;", "use crate::all::Two;"),
            ("mod one;\npub(crate) use one::One;", "fn f() { crate::all::One.all() }"),
        ] {
            let arrows = found(&files(root, all, user));
            assert!(arrows.contains(&"user.rs all/one.rs".to_string()), "{all} {user}: {arrows:?}");
            assert!(!arrows.contains(&"user.rs all/mod.rs".to_string()), "{all} {user}");
        }
        // Twice over, once with all names.
        let twice = found(&files("mod all;\nmod user;\npub use all::*;", named, "use crate::One;"));
        assert!(twice.contains(&"user.rs all/one.rs".to_string()), "{twice:?}");
        // Modules that pass on all names of each other come to an end.
        let names =
            "mod one;\nmod two;\npub use one::*;\npub use two::*;\nuse self::three::*;\nmod three;";
        let child =
            "pub use super::*;\npub use super::super::*;\npub use crate::all::*;\nstruct S(None);";
        let around = [
            ("lib.rs", "mod all;\npub use all::*;\npub use self::all::one::*;"),
            ("all/mod.rs", names),
            ("all/one.rs", child),
            ("all/two.rs", child),
            ("all/three.rs", child),
        ];
        let ended = found(&around);
        assert!(ended.iter().all(|arrow| !arrow.contains("lib.rs")), "{ended:?}");
        // Passing on alone is no arrow; using it is.
        let passed = "mod one;\npub use one::One;";
        assert_eq!(found(&files(root, passed, "")), [""; 0]);
        assert_eq!(found(&files(root, named, "")), ["all/mod.rs all/one.rs"]);
    }

    #[test]
    fn names_that_a_method_or_a_local_item_has_too_are_not_those_of_the_file() {
        let one = ("one.rs", "pub fn one() {}");
        let root = "mod one;\nmod user;\nuse one::one;\nstruct S;\nimpl S { fn one() { one() } }";
        let arrows = found(&[("lib.rs", root), one, ("user.rs", "use super::one::one;")]);
        assert_eq!(arrows, ["lib.rs one.rs", "user.rs one.rs"]);
        // What a macro is written as is made where the macro is.
        let made = "macro_rules! m { () => { pub struct M; } }\nm!();";
        let call = "rules! { pub enum M { A } }";
        for text in [made, call] {
            let all = [("lib.rs", "mod made;\nmod user;\npub use made::*;"), ("made.rs", text)];
            let arrows = found(&[all[0], all[1], ("user.rs", "use crate::M;")]);
            assert_eq!(arrows, ["user.rs made.rs"], "{text}");
        }
    }

    #[test]
    fn what_is_for_tests_alone_is_no_arrow() {
        for text in [
            "#[cfg(test)] mod tests { use crate::b::B; }",
            "#[cfg(test)] use crate::b::{B};",
            "#[cfg(test)]\n#[allow(dead_code)]\npub(crate) fn f(b: crate::b::B) {}",
            "#[cfg(all(test, unix))] const X: [u8; 3] = crate::b::B;",
            "struct S { #[cfg(test)] b: crate::b::B, c: i32 }",
            "#[cfg(test)] pub(crate) mod tests;",
            "#[cfg(test)] #[path = \"t.rs\"] mod tests;",
        ] {
            let files = [
                ("lib.rs", "mod a;\nmod b;\nmod c;"),
                ("a.rs", &format!("{text}\nuse crate::c::C;")),
                ("b.rs", "pub struct B;"),
                ("c.rs", "pub struct C;"),
                ("a/tests.rs", "use crate::b::B;"),
            ];
            let count = if text.contains("mod tests;") { 5 } else { 4 };
            assert_eq!(found(&files[..count]), ["a.rs c.rs"], "{text}");
        }
        // Compiled in other cases as well.
        for cfg in ["not(test)", "any(test, unix)", "unix"] {
            let text = format!("#[cfg({cfg})] use crate::b::B;");
            let files =
                [("lib.rs", "mod a;\nmod b;"), ("a.rs", text.as_str()), ("b.rs", "pub struct B;")];
            assert_eq!(found(&files), ["a.rs b.rs"], "{cfg}");
        }
    }

    #[test]
    fn above_an_inline_module_is_the_file_itself() {
        let files = |text: &'static str| {
            [("lib.rs", "mod a;\nmod b;"), ("a.rs", text), ("b.rs", "pub struct B;")]
        };
        for text in [
            "struct A; mod inside { use super::A; mod further { use super::super::A; } }",
            "mod inside { pub struct A; }\nuse inside::A; fn f() { inside::A; }",
            "macro_rules! m { ($n:ident) => { mod $n { use super::*; } } }\nfn f(b: i32) {}",
        ] {
            assert_eq!(found(&files(text)), [""; 0], "{text}");
        }
        for text in [
            "mod inside { use super::super::b::B; }",
            "mod inside { mod further { fn f() { super::super::super::b::B } } }",
            "mod inside {} use super::b::B;",
        ] {
            assert_eq!(found(&files(text)), ["a.rs b.rs"], "{text}");
        }
    }

    #[test]
    fn imports_of_python_are_arrows_and_examples_are_not() {
        for (line, module) in [
            ("from deltarule._names import ACTIVATIONS, SCHEDULES", Some("_names.py")),
            ("        from deltarule._onnx import (", Some("_onnx.py")),
            (">>> from deltarule._names import ACTIVATIONS", None),
            ("from deltarule import _core", None),
            ("from numpy.linalg import norm", None),
        ] {
            assert_eq!(imported(line).as_deref(), module, "{line}");
        }
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/deltarule-py/python/deltarule");
        let arrows = python(&folder).unwrap();
        assert!(arrows["_marking.py"].contains("_exercises.py"), "{arrows:?}");
        assert!(!arrows.contains_key("__init__.py"));
    }

    #[test]
    fn circles_are_found_whole() {
        let pairs =
            [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "c"), ("f", "a")];
        assert_eq!(circles(&arrows_of(&pairs)), [vec!["a", "b"], vec!["c", "d", "e"]]);
        assert!(circles(&arrows_of(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    }

    #[test]
    fn a_circle_is_allowed_by_name_and_no_longer_than_it_is_one() {
        let circle = arrows_of(&[("a.rs", "b.rs"), ("b.rs", "a.rs"), ("c.rs", "a.rs")]);
        let text = judged("crate", &circle, &[]).join("");
        assert!(text.contains("a.rs → b.rs") && !text.contains("c.rs"), "{text}");
        let allowed: Allowed = ("crate", &["a.rs", "b.rs"], "a reason");
        assert_eq!(judged("crate", &circle, &[allowed]), [""; 0]);
        assert_eq!(judged("other", &circle, &[allowed]).len(), 1);
        let straight = arrows_of(&[("a.rs", "b.rs")]);
        assert!(judged("crate", &straight, &[allowed])[0].contains("no circle any more"));
        assert_eq!(judged("other", &straight, &[allowed]), [""; 0]);
    }
}
