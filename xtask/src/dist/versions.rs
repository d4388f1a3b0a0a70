//! The version, the address of the repository and the licences: the same wherever they stand.

use std::path::Path;

use toml::{Table, Value};

use crate::context::Context;

/// Files that name the repository, each in one place or more; Cargo.toml has the address that counts.
const ADDRESSES: &[&str] = &[
    "CITATION.cff",
    "README.md",
    "SECURITY.md",
    "pyproject.toml",
    "crates/deltarule/README.md",
    "crates/deltarule-cli/README.md",
    "crates/deltarule-document/README.md",
    "crates/deltarule-exercise/README.md",
    "crates/deltarule-files/README.md",
    "crates/deltarule-tabular/README.md",
    "crates/deltarule-worked/README.md",
];

/// The files that say a version, as text.
pub(super) struct Files {
    cargo: String,
    pyproject: String,
    citation: String,
    changelog: String,
}

impl Files {
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let read = |name: &str| {
            std::fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
        };
        Ok(Self {
            cargo: read("Cargo.toml")?,
            pyproject: read("pyproject.toml")?,
            citation: read("CITATION.cff")?,
            changelog: read("CHANGELOG.md")?,
        })
    }

    fn package(&self) -> Result<Table, String> {
        let manifest: Table = self.cargo.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
        let package = manifest.get("workspace").and_then(|w| w.get("package"));
        package.and_then(Value::as_table).cloned().ok_or("Cargo.toml: no workspace.package".into())
    }

    /// `workspace.package.version`.
    pub(super) fn version(&self) -> Result<String, String> {
        let package = self.package()?;
        let version = package.get("version").and_then(Value::as_str);
        version.map(str::to_string).ok_or("Cargo.toml: no workspace.package.version".into())
    }

    /// What does not agree with the version of the workspace; with a tag, whether it is the tag of that version and the
    /// changelog has a section of it.
    pub(super) fn problems(&self, tag: Option<&str>) -> Result<Vec<String>, String> {
        let version = self.version()?;
        let mut problems = self.dependencies(&version)?;
        let pyproject: Table =
            self.pyproject.parse().map_err(|error| format!("pyproject.toml: {error}"))?;
        let project = pyproject.get("project").and_then(Value::as_table);
        let dynamic = project.and_then(|p| p.get("dynamic")).and_then(Value::as_array);
        if !dynamic.is_some_and(|names| names.iter().any(|name| name.as_str() == Some("version"))) {
            problems.push(
                "pyproject.toml: project.dynamic must name the version, which is Cargo.toml's"
                    .into(),
            );
        }
        if project.is_some_and(|p| p.contains_key("version")) {
            problems.push(
                "pyproject.toml: project.version must not be there, it is Cargo.toml's".into(),
            );
        }
        match self.citation.lines().find_map(|line| line.strip_prefix("version: ")) {
            Some(cited) if cited.trim_matches('"') == version => {}
            Some(cited) => problems.push(format!("CITATION.cff: version {cited}, not {version}")),
            None => problems.push("CITATION.cff: no version".into()),
        }
        let section = |name: &str| {
            let heading = format!("## [{name}]");
            self.changelog.lines().any(|line| line.starts_with(&heading))
        };
        match tag {
            None if section(&version) || section("Unreleased") => {}
            None => problems.push(format!("CHANGELOG.md: no section [{version}] or [Unreleased]")),
            Some(tag) => {
                if tag.strip_prefix('v') != Some(&version) {
                    problems.push(format!("the tag is {tag}, and Cargo.toml has version {version}: v{version} is wanted"));
                }
                if !section(&version) {
                    problems.push(format!(
                        "CHANGELOG.md: no section [{version}]; [Unreleased] must become it"
                    ));
                }
            }
        }
        Ok(problems)
    }

    /// Crates of the workspace are named with the workspace's version: what is published names what is published.
    fn dependencies(&self, version: &str) -> Result<Vec<String>, String> {
        let manifest: Table = self.cargo.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
        let dependencies = manifest.get("workspace").and_then(|w| w.get("dependencies"));
        let dependencies = dependencies
            .and_then(Value::as_table)
            .ok_or("Cargo.toml: no workspace.dependencies")?;
        let ours = dependencies.iter().filter(|(_, dependency)| dependency.get("path").is_some());
        Ok(ours
            .filter(|(_, dependency)| {
                dependency.get("version").and_then(Value::as_str) != Some(version)
            })
            .map(|(name, _)| {
                format!("Cargo.toml: workspace.dependencies.{name} is not of version {version}")
            })
            .collect())
    }
}

/// The address of the repository stands in every file that has to have it.
pub(super) fn addresses(root: &Path) -> Result<Vec<String>, String> {
    let package = Files::read(root)?.package()?;
    let address = package.get("repository").and_then(Value::as_str);
    let address = address.ok_or("Cargo.toml: no workspace.package.repository")?;
    let mut problems = Vec::new();
    for name in ADDRESSES {
        let text = std::fs::read_to_string(root.join(name)).map_err(|e| format!("{name}: {e}"))?;
        if !text.contains(address) {
            problems.push(format!("{name}: does not name the repository, {address}"));
        }
    }
    Ok(problems)
}

/// The version of the workspace.
pub(super) fn version(context: &Context) -> Result<String, String> {
    Files::read(&context.root)?.version()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files {
            cargo: "[workspace.package]\nversion = \"0.3.1\"\n[workspace.dependencies]\n\
                    deltarule = { path = \"crates/deltarule\", version = \"0.3.1\" }\nserde = \"1\"\n"
                .into(),
            pyproject: "[project]\nname = \"deltarule\"\ndynamic = [\"version\"]\n".into(),
            citation: "cff-version: 1.2.0\nversion: 0.3.1\n".into(),
            changelog: "# Changelog\n\n## [0.3.1] - 2026-01-02\n".into(),
        }
    }

    fn problem(change: impl Fn(&mut Files), tag: Option<&str>) -> String {
        let mut files = files();
        change(&mut files);
        let problems = files.problems(tag).unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    }

    #[test]
    fn versions_that_agree_are_no_problem() {
        assert_eq!(files().problems(None).unwrap(), Vec::<String>::new());
        assert_eq!(files().problems(Some("v0.3.1")).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_tag_of_another_version_is_refused() {
        for tag in ["v0.3.2", "0.3.1", "v0.3.1-rc1", "v0.3"] {
            assert!(problem(|_| {}, Some(tag)).contains("v0.3.1 is wanted"), "{tag}");
        }
    }

    #[test]
    fn a_release_has_its_section_in_the_changelog() {
        let unreleased = |files: &mut Files| files.changelog = "## [Unreleased]\n".into();
        let mut open = files();
        unreleased(&mut open);
        assert_eq!(open.problems(None).unwrap(), Vec::<String>::new());
        assert!(problem(unreleased, Some("v0.3.1")).contains("must become it"));
        assert!(
            problem(|files| files.changelog = "## [0.3.10]\n".into(), None).contains("no section")
        );
    }

    #[test]
    fn every_other_place_of_the_version_is_looked_at() {
        let old = |text: &str| text.replace("0.3.1", "0.3.0");
        assert!(problem(|f| f.citation = old(&f.citation), None).contains("CITATION.cff"));
        let dependency = |f: &mut Files| {
            f.cargo = f.cargo.replace("e\", version = \"0.3.1", "e\", version = \"0.3.0");
        };
        assert!(problem(dependency, None).contains("workspace.dependencies.deltarule"));
        let own = |f: &mut Files| f.pyproject.push_str("version = \"0.3.1\"\n");
        assert!(problem(own, None).contains("must not be there"));
        let none = |f: &mut Files| f.pyproject = "[project]\n".into();
        assert!(problem(none, None).contains("project.dynamic"));
    }
}
