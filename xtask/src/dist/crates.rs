//! The crates as crates.io gets them.

use std::path::Path;

use serde_json::Value;

use crate::command::{cargo, said};
use crate::context::Context;
use crate::step::Outcome;

/// Licences that a crate carries: copies of the root's, since nothing outside its folder is published.
const LICENSES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];
/// What crates.io takes at most.
const KEYWORDS: usize = 5;

/// What every crate that is published must say, the licences beside it, and whether each builds from what is published of it.
pub(super) fn step(context: &Context) -> Outcome {
    let checked = published(context).and_then(|crates| {
        let problems: Vec<String> = crates.iter().flat_map(problems).collect();
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
        licenses(&context.root, &crates)?;
        // Every crate is unpacked and built against the others as they would be published.
        let dry_run = ["publish", "--workspace", "--dry-run", "--locked", "--allow-dirty"];
        let mut publish = cargo(context, &dry_run);
        // Nobody debugs them, and without what a debugger needs they build in half the time.
        context.run("crates", publish.env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
        Ok(in_order(&crates)?.join(", "))
    });
    checked.into()
}

/// The names of the crates that are published, each after those that it needs.
pub(super) fn order(context: &Context) -> Result<Vec<String>, String> {
    in_order(&published(context)?)
}

/// The packages of the workspace that are published, as `cargo metadata` describes them.
fn published(context: &Context) -> Result<Vec<Value>, String> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
    let json = said(context, "crates", &mut cargo(context, &arguments))?;
    let metadata: Value =
        serde_json::from_str(&json).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    // `publish` is null for "anywhere" and an empty list for "nowhere".
    Ok(packages.into_iter().filter(|package| package["publish"].is_null()).collect())
}

fn name(package: &Value) -> String {
    package["name"].as_str().unwrap_or_default().to_string()
}

/// What crates.io asks for, and what its readers do.
fn problems(package: &Value) -> Vec<String> {
    let name = name(package);
    let mut problems = Vec::new();
    for key in ["description", "license", "readme", "repository", "rust_version"] {
        if package[key].as_str().is_none_or(str::is_empty) {
            problems.push(format!("{name}: no {}", key.replace('_', "-")));
        }
    }
    for key in ["keywords", "categories"] {
        match package[key].as_array().map_or(0, Vec::len) {
            0 => problems.push(format!("{name}: no {key}")),
            count if count > KEYWORDS => {
                problems.push(format!("{name}: {count} {key}, {KEYWORDS} at most"));
            }
            _ => {}
        }
    }
    problems
}

fn licenses(root: &Path, crates: &[Value]) -> Result<(), String> {
    for package in crates {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let folder = Path::new(manifest).parent().unwrap_or(root);
        for license in LICENSES {
            let read =
                |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
            let path = folder.join(license);
            if read(&path)? != read(&root.join(license))? {
                return Err(format!("{} is not a copy of {license}", path.display()));
            }
        }
    }
    Ok(())
}

fn in_order(crates: &[Value]) -> Result<Vec<String>, String> {
    let names: Vec<String> = crates.iter().map(name).collect();
    let mut ordered: Vec<String> = Vec::new();
    while ordered.len() < names.len() {
        let ready =
            crates.iter().map(|package| (name(package), package)).find(|(name, package)| {
                let dependencies = package["dependencies"].as_array().into_iter().flatten();
                !ordered.contains(name)
                    && dependencies.filter_map(|dependency| dependency["name"].as_str()).all(
                        |needed| {
                            ordered.iter().any(|o| o == needed)
                                || !names.iter().any(|n| n == needed)
                        },
                    )
            });
        match ready {
            Some((name, _)) => ordered.push(name),
            None => return Err("the crates depend on each other in a circle".into()),
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_crate_is_published_after_what_it_needs() {
        let package = |name: &str, needs: &[&str]| {
            let dependencies: Vec<Value> = needs.iter().map(|n| json!({ "name": n })).collect();
            json!({ "name": name, "dependencies": dependencies })
        };
        let crates = [
            package("command", &["serde", "table", "engine"]),
            package("table", &["engine", "document"]),
            package("document", &[]),
            package("engine", &["ndarray"]),
        ];
        assert_eq!(in_order(&crates).unwrap(), ["document", "engine", "table", "command"]);
        let circle = [package("a", &["b"]), package("b", &["a"])];
        assert!(in_order(&circle).unwrap_err().contains("circle"));
    }

    #[test]
    fn what_a_crate_does_not_say_is_named() {
        let whole = json!({
            "name": "a", "description": "b", "license": "MIT", "readme": "README.md", "repository": "c",
            "rust_version": "1.89", "keywords": ["d"], "categories": ["science"],
        });
        assert_eq!(problems(&whole), Vec::<String>::new());
        for key in [
            "description",
            "license",
            "readme",
            "repository",
            "rust_version",
            "keywords",
            "categories",
        ] {
            let mut package = whole.clone();
            package[key] = Value::Null;
            assert_eq!(problems(&package), [format!("a: no {}", key.replace('_', "-"))]);
        }
        let mut package = whole;
        package["keywords"] = json!(["1", "2", "3", "4", "5", "6"]);
        assert_eq!(problems(&package), ["a: 6 keywords, 5 at most"]);
    }
}
