//! Rust as text: the modules that a file declares, the names that it brings in, and the paths that it names.

use std::collections::BTreeSet;

/// What of a file's code arrows follow from.
#[derive(Default)]
pub(super) struct Code {
    /// Modules that the file declares and that lie in files of their own.
    pub(super) children: BTreeSet<String>,
    /// Children that are compiled for tests alone.
    pub(super) tests: BTreeSet<String>,
    /// Names that `use` brings in: name, path, and whether the name is passed on.
    pub(super) uses: Vec<Import>,
    /// Paths that stand in the code itself.
    pub(super) paths: Vec<Vec<String>>,
    /// Every other word: what is used of what was brought in.
    pub(super) words: BTreeSet<String>,
    /// What the file declares.
    pub(super) items: BTreeSet<String>,
}

pub(super) struct Import {
    /// The name that it has here; `*` for all names.
    pub(super) name: String,
    pub(super) path: Vec<String>,
    pub(super) is_public: bool,
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

pub(super) fn parse(code: &str) -> Code {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
