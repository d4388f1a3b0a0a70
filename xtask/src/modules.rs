//! The arrows between the files of a crate: no circle.
//!
//! An arrow goes from a file to each file whose items it names, by `use` or by a path. What a file only passes on (`pub use`)
//! is no arrow of its own: who uses it points to where it is made. Code that is compiled for tests alone does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::code::without_prose;

/// Circles that stay, each with its reason: all files of it, relative to the crate's `src`.
const ALLOWED: [(&str, &[&str], &str); 0] = [];

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
    Ok(count)
}

/// What is wrong with the arrows between the files of the crate whose sources are in `folder`, and how many arrows there are.
fn check(name: &str, folder: &Path) -> Result<(Vec<String>, usize), String> {
    let sources = read(folder)?;
    let arrows = arrows(&sources);
    let mut problems = Vec::new();
    let circles = circles(&arrows);
    for circle in &circles {
        let files: Vec<&str> = circle.iter().map(String::as_str).collect();
        if !ALLOWED.iter().any(|(of, allowed, _)| *of == name && *allowed == files) {
            problems.push(describe(name, circle, &arrows));
        }
    }
    for (of, files, _) in ALLOWED.iter().filter(|(of, ..)| *of == name) {
        if !circles.iter().any(|circle| circle.iter().map(String::as_str).eq(files.iter().copied()))
        {
            problems.push(format!(
                "{of}: {} is no circle any more: take it out of xtask/src/modules.rs",
                files.join(", ")
            ));
        }
    }
    Ok((problems, arrows.values().map(BTreeSet::len).sum()))
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
    let tests: BTreeSet<Vec<String>> = sources
        .iter()
        .flat_map(|s| s.code.tests.iter().map(|test| [&s.module[..], &[test.clone()]].concat()))
        .collect();
    sources.retain(|s| !(1..=s.module.len()).any(|n| tests.contains(&s.module[..n])));
    Ok(sources)
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

fn parse(code: &str) -> Code {
    let tokens = tokens(code);
    let mut parsed = Code::default();
    // How many inline modules we are inside of: there `super` is this very file.
    let mut inline: Vec<usize> = Vec::new();
    let (mut at, mut depth, mut for_tests) = (0, 0_usize, false);
    while at < tokens.len() {
        match tokens[at] {
            "#" if tokens.get(at + 1) == Some(&"[") => {
                let end = closing(&tokens, at + 1);
                let attribute = &tokens[at..end];
                for_tests |= attribute.get(2) == Some(&"cfg")
                    && attribute.contains(&"test")
                    && !attribute.contains(&"not")
                    && !attribute.contains(&"any");
                at = end;
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
            // An item for tests alone is passed over, to its closing brace or its semicolon.
            _ if for_tests && tokens[at] != "pub" && tokens[at] != "(" => {
                while at < tokens.len() && tokens[at] != "{" && tokens[at] != ";" {
                    at += 1;
                }
                at = if tokens.get(at) == Some(&"{") { closing(&tokens, at) } else { at + 1 };
                for_tests = false;
                continue;
            }
            "mod" if tokens.get(at + 2) == Some(&"{") => {
                depth += 1;
                inline.push(depth);
                at += 2;
            }
            // How far an item is seen is no arrow.
            "pub" if tokens.get(at + 2) == Some(&"in") => {
                at = closing(&tokens, at + 1);
                continue;
            }
            "use" => {
                let is_public = at > 0 && matches!(tokens[at - 1], "pub" | ")");
                let end = (at..tokens.len()).find(|&i| tokens[i] == ";").unwrap_or(tokens.len());
                let mut uses = Vec::new();
                use_tree(&tokens[at + 1..end], &[], &mut uses);
                for (name, mut path) in uses {
                    if !inline.is_empty() && path.first().is_some_and(|first| first == "super") {
                        path[0] = "self".to_string();
                    }
                    parsed.uses.push(Import { name, path, is_public });
                }
                at = end;
            }
            "{" => depth += 1,
            "}" => {
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
                depth = depth.saturating_sub(1);
            }
            "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" | "macro_rules" => {
                let name = tokens[at + 1..]
                    .iter()
                    .find(|t| t.chars().all(char::is_alphanumeric) || t.contains('_'));
                if let Some(name) = name {
                    parsed.items.insert((*name).to_string());
                }
            }
            word if is_identifier(word) => {
                let mut path = vec![word.to_string()];
                while tokens.get(at + 1) == Some(&"::")
                    && tokens.get(at + 2).is_some_and(|next| is_identifier(next))
                {
                    path.push(tokens[at + 2].to_string());
                    at += 2;
                }
                parsed.words.insert(path[0].clone());
                if path.len() > 1 {
                    if !inline.is_empty() && path[0] == "super" {
                        path[0] = "self".to_string();
                    }
                    parsed.paths.push(path);
                }
            }
            _ => {}
        }
        if !matches!(tokens.get(at), Some(&"pub" | &"(" | &")" | &"crate" | &"in")) {
            for_tests = false;
        }
        at += 1;
    }
    parsed
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
    let modules: BTreeMap<&[String], &Source> =
        sources.iter().map(|source| (&source.module[..], source)).collect();
    let mut arrows = Arrows::new();
    for source in sources {
        let to = arrows.entry(source.file.clone()).or_default();
        let is_own = |first: &str| {
            matches!(first, "crate" | "super" | "self") || source.code.children.contains(first)
        };
        let imports = source
            .code
            .uses
            .iter()
            .filter(|import| !import.is_public || source.code.words.contains(&import.name));
        let paths = imports.map(|import| &import.path).chain(&source.code.paths);
        for path in paths.filter(|path| is_own(&path[0])) {
            if let Some(target) = resolve(&modules, &source.module, path, 0) {
                if target.file != source.file {
                    to.insert(target.file.clone());
                }
            }
        }
    }
    arrows
}

/// The file in which what a path names is made, as seen from a module.
fn resolve<'a>(
    modules: &BTreeMap<&[String], &'a Source>,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<&'a Source> {
    let here = *modules.get(from)?;
    let Some((first, rest)) = path.split_first() else { return Some(here) };
    if depth > 32 {
        return Some(here);
    }
    match first.as_str() {
        "crate" => return resolve(modules, &[], rest, depth + 1),
        "self" => return resolve(modules, from, rest, depth + 1),
        "super" => {
            return resolve(modules, &from[..from.len().saturating_sub(1)], rest, depth + 1);
        }
        _ => {}
    }
    if here.code.children.contains(first) {
        return resolve(modules, &[from, &[first.clone()]].concat(), rest, depth + 1);
    }
    let is_ours = |path: &[String]| {
        matches!(path[0].as_str(), "crate" | "super" | "self")
            || here.code.children.contains(&path[0])
    };
    if here.code.items.contains(first) {
        return Some(here);
    }
    for import in
        here.code.uses.iter().filter(|import| !import.path.is_empty() && is_ours(&import.path))
    {
        if import.name == *first {
            return resolve(modules, from, &[&import.path[..], rest].concat(), depth + 1);
        }
        if import.name == "*" {
            let all = resolve(modules, from, &import.path, depth + 1)?;
            if all.code.items.contains(first) {
                return Some(all);
            }
        }
    }
    Some(here)
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
