//! The arrows between crates: who may depend on whom. They point inward only, dev-dependencies included. Those between the
//! files of a crate are in `modules.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::context::Context;
use crate::modules;
use crate::step::Outcome;

/// A crate of the workspace, and the crates of the workspace that it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("deltarule", &[]),
    ("deltarule-document", &[]),
    ("deltarule-worked", &["deltarule", "deltarule-document"]),
    ("deltarule-exercise", &["deltarule", "deltarule-document", "deltarule-worked"]),
    ("deltarule-files", &[]),
    (
        "deltarule-tabular",
        &["deltarule", "deltarule-document", "deltarule-files", "deltarule-worked"],
    ),
    (
        "deltarule-cli",
        &[
            "deltarule",
            "deltarule-document",
            "deltarule-worked",
            "deltarule-exercise",
            "deltarule-files",
            "deltarule-tabular",
        ],
    ),
    (
        "deltarule-py",
        &[
            "deltarule",
            "deltarule-document",
            "deltarule-worked",
            "deltarule-exercise",
            "deltarule-files",
            "deltarule-tabular",
            "deltarule-cli",
        ],
    ),
    ("deltarule-bench", &["deltarule"]),
    ("xtask", &[]),
];

/// The tables of a manifest that hold dependencies.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn run(context: &Context) -> Outcome {
    match manifests(&context.root) {
        Err(error) => Outcome::Failed(error),
        Ok((workspace, crates)) => {
            let mut problems = check(&workspace, &crates);
            let arrows = match modules::check_all(&context.root, &mut problems) {
                Ok(arrows) => arrows,
                Err(error) => return Outcome::Failed(error),
            };
            if problems.is_empty() {
                Outcome::Done(format!("{} crates, {arrows} arrows between files", crates.len()))
            } else {
                Outcome::Failed(problems.join("\n"))
            }
        }
    }
}

/// The text of the workspace's manifest, and those of its crates.
fn manifests(root: &Path) -> Result<(String, Vec<String>), String> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let folder = root.join("crates");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("Cargo.toml")))
        .filter(|path| path.exists())
        .collect();
    paths.extend(["bench/Cargo.toml", "xtask/Cargo.toml"].map(|path| root.join(path)));
    paths.sort();
    let crates = paths.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    Ok((read(&root.join("Cargo.toml"))?, crates))
}

/// What is wrong with the arrows; nothing if all is well.
fn check(workspace: &str, crates: &[String]) -> Vec<String> {
    let renamed = match workspace.parse::<Table>() {
        Ok(table) => packages(table.get("workspace").and_then(|w| w.get("dependencies"))),
        Err(error) => return vec![format!("the workspace's Cargo.toml: {error}")],
    };
    let mut problems = Vec::new();
    for text in crates {
        match text.parse::<Table>() {
            Ok(manifest) => problems.extend(check_crate(&manifest, &renamed)),
            Err(error) => problems.push(format!("a Cargo.toml: {error}")),
        }
    }
    problems
}

fn check_crate(manifest: &Table, renamed: &BTreeMap<String, String>) -> Vec<String> {
    let name = manifest.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
    let Some(name) = name else { return vec!["a Cargo.toml without package.name".to_string()] };
    let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![format!("{name} is new: say in xtask/src/arrows.rs what it may depend on")];
    };
    let mut problems = Vec::new();
    for (table_name, table) in dependency_tables(manifest) {
        for (key, package) in packages(Some(table)) {
            let package =
                if key == package { renamed.get(&key).unwrap_or(&package) } else { &package };
            let ours = ALLOWED.iter().any(|(crate_name, _)| crate_name == package);
            if (ours || package.starts_with("deltarule")) && !allowed.contains(&package.as_str()) {
                problems.push(format!("{name} must not depend on {package} ({table_name})"));
            }
        }
    }
    problems
}

/// The tables of dependencies, those of single targets included.
fn dependency_tables(manifest: &Table) -> Vec<(String, &Value)> {
    let mut found: Vec<(String, &Value)> = Vec::new();
    for table in TABLES {
        found.extend(manifest.get(table).map(|value| (table.to_string(), value)));
        let targets = manifest.get("target").and_then(Value::as_table);
        for (target, value) in targets.into_iter().flatten() {
            found.extend(value.get(table).map(|value| (format!("target.{target}.{table}"), value)));
        }
    }
    found
}

/// The key of each dependency and the package that it stands for.
fn packages(table: Option<&Value>) -> BTreeMap<String, String> {
    let entries = table.and_then(Value::as_table).into_iter().flatten();
    entries
        .map(|(key, value)| {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
            (key.clone(), package.to_string())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(workspace: &str, manifest: &str) -> Vec<String> {
        check(workspace, &[manifest.to_string()])
    }

    fn package(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}")
    }

    #[test]
    fn the_arrows_of_the_design_are_allowed() {
        let text = "[dependencies]\ndeltarule.workspace = true\ndeltarule-document = { path = \"../x\" }\ntoml = \"1\"\n";
        assert_eq!(problems("", &package("deltarule-exercise", text)), Vec::<String>::new());
        assert_eq!(problems("", &package("deltarule-tabular", text)), Vec::<String>::new());
        assert_eq!(problems("", &package("deltarule-cli", text)), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_outward_or_sideways_is_found_in_every_table() {
        for table in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
            "target.'cfg(windows)'.dev-dependencies",
        ] {
            let text = format!("[{table}]\ndeltarule-tabular.workspace = true\n");
            for name in ["deltarule", "deltarule-document", "deltarule-exercise", "xtask"] {
                let found = problems("", &package(name, &text));
                assert_eq!(found.len(), 1, "{name} {table}: {found:?}");
                assert!(
                    found[0].starts_with(&format!("{name} must not depend on deltarule-tabular"))
                );
            }
        }
    }

    #[test]
    fn another_name_for_a_crate_hides_nothing() {
        let text = "[dependencies]\nengine = { package = \"deltarule-cli\", path = \"../cli\" }\n";
        assert_eq!(problems("", &package("deltarule", text)).len(), 1);
        let workspace = "[workspace.dependencies]\ntables = { package = \"deltarule-tabular\", path = \"x\" }\n";
        let text = "[dev-dependencies]\ntables.workspace = true\n";
        assert_eq!(problems(workspace, &package("deltarule-exercise", text)).len(), 1);
    }

    #[test]
    fn a_new_crate_must_be_entered() {
        assert!(problems("", &package("deltarule-new", ""))[0].contains("is new"));
        let text = "[dependencies]\ndeltarule-new = \"0.1\"\n";
        assert_eq!(problems("", &package("deltarule-cli", text)).len(), 1);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_a_problem() {
        assert_eq!(problems("", "[package").len(), 1);
        assert_eq!(problems("", "[dependencies]\n").len(), 1);
        assert_eq!(problems("[", &package("deltarule", "")).len(), 1);
    }
}
