//! The arrows between the files of a crate: no circle.
//!
//! An arrow goes from a file to each file whose items it names, by `use` or by a path. What a file only passes on (`pub use`)
//! is no arrow of its own: who uses it points to where it is made. Neither is a call of a method, which names no file. Code that is compiled for tests alone does not count.
//! The modules of the Python package are looked at too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::code::without_prose;

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

/// What of a file's code arrows follow from.
#[derive(Default)]
struct Code {
    /// Modules that the file declares and that lie in files of their own.
    children: BTreeSet<String>,
    /// Children that are compiled for tests alone.
    tests: BTreeSet<String>,
    /// Names that `use` brings in: name, path, and whether the name is passed on.
    uses: Vec<Import>,
    /// Paths that stand in the code itself.
    paths: Vec<Vec<String>>,
    /// Every other word: what is used of what was brought in.
    words: BTreeSet<String>,
    /// What the file declares.
    items: BTreeSet<String>,
}

struct Import {
    /// The name that it has here; `*` for all names.
    name: String,
    path: Vec<String>,
    is_public: bool,
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

/// Words, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            found.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    found
}

/// What a brace opens: where items are those of the file, and where they are not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brace {
    /// An inline module, in which `super` is this very file.
    Module,
    /// The call of a macro, or what one is written as: the items in it are made here.
    Macro,
    Other,
}

fn parse(code: &str) -> Code {
    let tokens = tokens(code);
    let mut parsed = Code::default();
    let mut open: Vec<Brace> = Vec::new();
    let (mut at, mut for_tests) = (0, false);
    while at < tokens.len() {
        let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at]);
        let inline = open.iter().filter(|brace| **brace == Brace::Module).count();
        match tokens[at] {
            "#" if tokens.get(at + 1) == Some(&"[") => {
                let end = closing(&tokens, at + 1);
                let attribute = &tokens[at..end];
                if attribute.get(2) == Some(&"cfg") {
                    for_tests |= attribute.contains(&"test")
                        && !attribute.contains(&"not")
                        && !attribute.contains(&"any");
                } else {
                    // What makes a value may be named in one: `value_parser = crate::choices::loss()`.
                    parsed.paths.extend(paths(attribute).map(|path| within(path, inline)));
                }
                at = end;
                continue;
            }
            // How far an item is seen is no arrow.
            "pub"
                if tokens.get(at + 1) == Some(&"(")
                    && matches!(
                        tokens.get(at + 2),
                        Some(&"crate" | &"super" | &"self" | &"in")
                    ) =>
            {
                at = closing(&tokens, at + 1);
                continue;
            }
            "pub" => {
                at += 1;
                continue;
            }
            "mod" if tokens.get(at + 2) == Some(&";") => {
                let name = tokens[at + 1].to_string();
                if for_tests {
                    parsed.tests.insert(name);
                } else {
                    parsed.children.insert(name);
                }
                at += 2;
            }
            // What is for tests alone is passed over.
            _ if for_tests => {
                at = end_of_item(&tokens, at);
                for_tests = false;
                continue;
            }
            "mod" if tokens.get(at + 2) == Some(&"{") => {
                open.push(Brace::Module);
                at += 2;
            }
            // In a macro: `mod $name {`.
            "mod" if tokens.get(at + 1) == Some(&"$") && tokens.get(at + 3) == Some(&"{") => {
                open.push(Brace::Module);
                at += 3;
            }
            "use" => {
                let is_public = matches!(before(1), "pub" | ")");
                let end = (at..tokens.len()).find(|&i| tokens[i] == ";").unwrap_or(tokens.len());
                let mut uses = Vec::new();
                use_tree(&tokens[at + 1..end], &[], &mut uses);
                for (name, path) in uses {
                    parsed.uses.push(Import { name, path: within(path, inline), is_public });
                }
                at = end;
            }
            "{" => open.push(match (before(2), before(1), open.last()) {
                (_, "!", _) | ("=", ">", Some(Brace::Macro)) => Brace::Macro,
                ("!", name, _) if is_identifier(name) => Brace::Macro,
                _ => Brace::Other,
            }),
            "}" => {
                open.pop();
            }
            word if is_identifier(word) => {
                if matches!(word, "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static")
                    || (word == "macro_rules" && tokens.get(at + 1) == Some(&"!"))
                {
                    let skipped = |token: &&&str| matches!(**token, "!" | "mut");
                    let name = tokens[at + 1..].iter().find(|token| !skipped(token));
                    // `fn(&Context)` is a type, and a method or a local item is nobody else's.
                    let is_of_file = open.iter().all(|brace| *brace != Brace::Other);
                    if let Some(name) = name.filter(|name| is_of_file && is_identifier(name)) {
                        parsed.items.insert((*name).to_string());
                    }
                }
                let path = path_at(&tokens, at);
                parsed.words.insert(path[0].clone());
                at += 2 * (path.len() - 1);
                if path.len() > 1 {
                    parsed.paths.push(within(path, inline));
                }
            }
            _ => {}
        }
        for_tests = false;
        at += 1;
    }
    parsed
}

/// A path as it is outside of inline modules: from within one, `super` is the file.
fn within(mut path: Vec<String>, inline: usize) -> Vec<String> {
    let ups = path.iter().take(inline).take_while(|name| *name == "super").count();
    if ups > 0 {
        path.splice(..ups, ["self".to_string()]);
    }
    path
}

/// The path that begins with this identifier.
fn path_at(tokens: &[&str], mut at: usize) -> Vec<String> {
    let mut path = vec![tokens[at].to_string()];
    while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|t| is_identifier(t))
    {
        path.push(tokens[at + 2].to_string());
        at += 2;
    }
    path
}

/// The paths of several names.
fn paths<'a>(tokens: &'a [&'a str]) -> impl Iterator<Item = Vec<String>> + 'a {
    let starts = (0..tokens.len())
        .filter(|&at| is_identifier(tokens[at]) && (at == 0 || tokens[at - 1] != "::"));
    starts.map(|at| path_at(tokens, at)).filter(|path| path.len() > 1)
}

/// The place after the item that begins here, or after a field, a variant or an arm.
fn end_of_item(tokens: &[&str], mut at: usize) -> usize {
    let is_item = matches!(
        tokens[at],
        "async"
            | "const"
            | "enum"
            | "extern"
            | "fn"
            | "impl"
            | "let"
            | "macro_rules"
            | "mod"
            | "static"
            | "struct"
            | "trait"
            | "type"
            | "union"
            | "unsafe"
            | "use"
    );
    while at < tokens.len() {
        match tokens[at] {
            "(" | "[" => at = closing(tokens, at),
            "{" => return closing(tokens, at),
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            "}" => return at,
            _ => at += 1,
        }
    }
    at
}

fn is_identifier(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The place after the bracket that closes the one at `open`.
fn closing(tokens: &[&str], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The names that a tree of `use` brings in: `a::{b, c::d as e}` is (b, a::b) and (e, a::c::d).
fn use_tree(tokens: &[&str], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "::" => {}
            "{" => {
                let end = closing(tokens, at) - 1;
                let (mut start, mut depth) = (at + 1, 0);
                for i in at + 1..=end {
                    match tokens[i] {
                        "{" => depth += 1,
                        "}" if i < end => depth -= 1,
                        "," if depth == 0 => {
                            use_tree(&tokens[start..i], &path, found);
                            start = i + 1;
                        }
                        _ => {}
                    }
                    if i == end && start < end {
                        use_tree(&tokens[start..end], &path, found);
                    }
                }
                return;
            }
            "*" => {
                found.push(("*".to_string(), path));
                return;
            }
            "as" => {
                found.push((tokens[at + 1].to_string(), path));
                return;
            }
            "self" if !path.is_empty() && at > 0 || tokens[at] == "self" && !before.is_empty() => {}
            word => path.push(word.to_string()),
        }
        at += 1;
    }
    if let Some(name) = path.last().cloned().filter(|_| !tokens.is_empty()) {
        found.push((name, path));
    }
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
    fn a_tree_of_use_is_its_names() {
        let tree = "a::{self, b, c::{d as e, f::*}, g::h as _}";
        let mut names = Vec::new();
        use_tree(&tokens(tree), &[], &mut names);
        let names: Vec<(&str, String)> =
            names.iter().map(|(name, path)| (name.as_str(), path.join("::"))).collect();
        let expected =
            [("a", "a"), ("b", "a::b"), ("e", "a::c::d"), ("*", "a::c::f"), ("_", "a::g::h")];
        assert_eq!(names, expected.map(|(name, path)| (name, path.to_string())));
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
