//! The licences of what is compiled into the command, which ask to be handed on with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::command::{cargo, said};
use crate::context::Context;

/// How the names of files with licences begin.
const FILES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// The libraries in the command as it is built for this machine, each with its licence, and the texts of these licences.
pub(super) fn notice(
    context: &Context,
    step: &str,
    host: &str,
    pdf: bool,
) -> Result<String, String> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host];
    let mut command = cargo(context, &arguments);
    if pdf {
        command.args(["--features", "deltarule-cli/pdf"]);
    }
    let json = said(context, step, &mut command)?;
    let metadata: Value =
        serde_json::from_str(&json).map_err(|e| format!("cargo metadata: {e}"))?;
    let libraries = libraries(&metadata, "deltarule-cli");
    let mut texts = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, package) in &libraries {
        for text in texts_beside(package["manifest_path"].as_str().unwrap_or_default())? {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    Ok(written(&libraries, &texts))
}

/// The packages of others that a package of the workspace is linked with, by name and version.
fn libraries<'a>(metadata: &'a Value, root: &str) -> BTreeMap<String, &'a Value> {
    let list = |value: &'a Value| value.as_array().into_iter().flatten();
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|p| Some((p["id"].as_str()?, p))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|n| Some((n["id"].as_str()?, n))).collect();
    let mut left: Vec<&str> =
        packages.iter().filter(|(_, p)| p["name"] == root).map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in nodes.get(id).map(|node| list(&node["deps"])).into_iter().flatten() {
            // What only tests or build scripts need has another kind than null.
            if list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null()) {
                left.extend(dependency["pkg"].as_str());
            }
        }
    }
    let others =
        seen.into_iter().filter_map(|id| packages.get(id)).filter(|p| !p["source"].is_null());
    let name = |p: &Value| {
        format!(
            "{} {}",
            p["name"].as_str().unwrap_or_default(),
            p["version"].as_str().unwrap_or_default()
        )
    };
    others.map(|package| (name(package), *package)).collect()
}

/// The licences that lie beside a manifest.
fn texts_beside(manifest: &str) -> Result<Vec<String>, String> {
    let folder = Path::new(manifest).parent().unwrap_or(Path::new("."));
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if FILES.iter().any(|start| name.starts_with(start)) && entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).map_err(fail)?;
            // Lines end alike, so that a text that many libraries carry is written once.
            let text = String::from_utf8_lossy(&bytes);
            texts.push(
                text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_string(),
            );
        }
    }
    Ok(texts)
}

fn written(
    libraries: &BTreeMap<String, &Value>,
    texts: &BTreeMap<String, BTreeSet<String>>,
) -> String {
    let mut out = "The command deltarule contains these libraries, under the licences beside them. The texts of the licences \
                   follow, each with the libraries that carry it.\n\n"
        .to_string();
    for (name, package) in libraries {
        let license = package["license"].as_str().unwrap_or("see below");
        let place = package["repository"].as_str().unwrap_or_default();
        let _ = writeln!(out, "{name}: {license}. {place}");
    }
    for (text, names) in texts {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let _ = write!(out, "\n{}\n{}\n\n{text}\n", "=".repeat(80), names.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_linked_is_a_library() {
        let package = |id: &str, source: Value| json!({ "id": id, "name": id, "version": "1.0.0", "source": source });
        let needs = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                package("command", Value::Null), package("engine", Value::Null), package("array", json!("registry")),
                package("tester", json!("registry")), package("builder", json!("registry")), package("deep", json!("registry")),
                package("unrelated", json!("registry")),
            ],
            "resolve": { "nodes": [
                { "id": "command", "deps": [needs("engine", Value::Null), needs("tester", json!("dev"))] },
                { "id": "engine", "deps": [needs("array", Value::Null), needs("builder", json!("build"))] },
                { "id": "array", "deps": [needs("deep", Value::Null)] },
            ] },
        });
        let names: Vec<String> = libraries(&metadata, "command").into_keys().collect();
        assert_eq!(names, ["array 1.0.0", "deep 1.0.0"]);
    }

    #[test]
    fn a_text_stands_once_with_all_who_carry_it() {
        let (a, b) = (json!({ "license": "MIT" }), json!({ "license": "MIT OR Apache-2.0" }));
        let libraries = BTreeMap::from([("a 1".to_string(), &a), ("b 2".to_string(), &b)]);
        let both = BTreeSet::from(["a 1".to_string(), "b 2".to_string()]);
        let out =
            written(&libraries, &BTreeMap::from([("Permission is granted".to_string(), both)]));
        assert_eq!(out.matches("Permission is granted").count(), 1);
        assert!(out.contains("a 1, b 2\n\nPermission"), "{out}");
        assert!(out.contains("b 2: MIT OR Apache-2.0. "), "{out}");
    }
}
