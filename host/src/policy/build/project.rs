//! What a plugin's folder says about it: `plugin.toml`, or for Rust the crate's own Cargo.toml.

use super::BuildError;
use serde::Deserialize;
use smpp_domain::policy::Hook;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// The file that describes a plugin which is no Rust crate.
pub const PROJECT_FILE: &str = "plugin.toml";

/// A language that plugins are built from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// A crate, compiled by cargo.
    Rust,
    /// JavaScript or TypeScript, on QuickJS.
    JavaScript,
    /// Python, on CPython.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// As in `plugin.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A plugin that is described by a `plugin.toml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// What it is written in; not Rust.
    pub language: Language,
    /// What it implements, in the order of the contract.
    pub hooks: Vec<Hook>,
    /// The module with the hooks, below the folder.
    pub entry: PathBuf,
    /// Counters that it may add to.
    pub counters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    version: String,
    lang: String,
    hooks: Vec<String>,
    entry: PathBuf,
    #[serde(default)]
    counters: Vec<String>,
}

impl Project {
    /// Reads the description of the plugin in this folder. `None`: there is none, so it can only be a crate.
    ///
    /// # Errors
    /// [`BuildError::Project`] with the first thing that is wrong in it.
    pub fn read(folder: &Path) -> Result<Option<Self>, BuildError> {
        let file = folder.join(PROJECT_FILE);
        let wrong = |problem: String| BuildError::Project {
            file: file.clone(),
            problem,
        };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(BuildError::Io { path: file, source }),
        };
        let written: Written = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let folder = folder.canonicalize().map_err(|source| BuildError::Io {
            path: folder.to_owned(),
            source,
        })?;
        written.check(folder).map(Some).map_err(wrong)
    }
}

impl Written {
    fn check(self, folder: PathBuf) -> Result<Project, String> {
        let language = match self.lang.as_str() {
            "javascript" | "typescript" => Language::JavaScript,
            "python" => Language::Python,
            "rust" => {
                return Err(
                    "a plugin in Rust needs no plugin.toml, its Cargo.toml says all: remove it".to_owned(),
                );
            }
            other => return Err(format!("lang is {other:?}: say javascript or python")),
        };
        for (key, value) in [("name", &self.name), ("version", &self.version)] {
            let fine = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
            if value.is_empty() || !value.chars().all(fine) {
                return Err(format!(
                    "{key} is {value:?}: letters, digits and -_.+ alone, at least one"
                ));
            }
        }
        let mut hooks = Vec::new();
        for name in &self.hooks {
            let hook = Hook::ALL.into_iter().find(|hook| hook.name() == name);
            let known = Hook::ALL.map(Hook::name).join(", ");
            hooks.push(hook.ok_or_else(|| format!("hooks names {name:?}: there are {known}"))?);
        }
        hooks.sort_unstable();
        hooks.dedup();
        if hooks.iter().all(|hook| *hook == Hook::Settings) {
            return Err("hooks must name at least one besides settings".to_owned());
        }
        let inside = |part| matches!(part, Component::Normal(_));
        if !self.entry.components().all(inside) || !folder.join(&self.entry).is_file() {
            return Err(format!(
                "entry is {}: name a file of this folder",
                self.entry.display()
            ));
        }
        Ok(Project {
            folder,
            name: self.name,
            version: self.version,
            language,
            hooks,
            entry: self.entry,
            counters: self.counters,
        })
    }
}

/// The language of the plugin in a folder.
///
/// # Errors
/// If the folder holds no plugin, or its `plugin.toml` cannot be used.
pub fn language_of(folder: &Path) -> Result<Language, BuildError> {
    match Project::read(folder)? {
        Some(project) => Ok(project.language),
        None if folder.join("Cargo.toml").is_file() => Ok(Language::Rust),
        None => Err(BuildError::NoCrate(folder.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        name = "acme"
        version = "1.2.3"
        lang = "javascript"
        hooks = ["inbound", "message-ids"]
        entry = "plugin.js"
    "#;

    fn read(text: &str) -> Result<Option<Project>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROJECT_FILE), text).unwrap();
        std::fs::write(folder.path().join("plugin.js"), "").unwrap();
        Project::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_description_is_read() {
        let project = read(GOOD).unwrap().unwrap();
        assert_eq!(
            (project.name.as_str(), project.language),
            ("acme", Language::JavaScript)
        );
        assert_eq!(
            project.hooks,
            [Hook::MessageIds, Hook::Inbound],
            "in the order of the contract"
        );
        let typed = read(&GOOD.replace("javascript", "typescript")).unwrap().unwrap();
        assert_eq!(typed.language, Language::JavaScript);
        assert_eq!(Project::read(tempfile::tempdir().unwrap().path()).unwrap(), None);
    }

    #[test]
    fn mistakes_are_named_with_their_mend() {
        for (from, to, words) in [
            ("javascript", "perl", "say javascript or python"),
            ("javascript", "rust", "Cargo.toml"),
            ("\"inbound\"", "\"outbound\"", "there are settings, encoding"),
            ("[\"inbound\", \"message-ids\"]", "[\"settings\"]", "at least one"),
            ("plugin.js", "../plugin.js", "a file of this folder"),
            ("plugin.js", "other.js", "a file of this folder"),
            ("1.2.3", "", "at least one"),
            ("acme", "ac me", "letters, digits"),
            ("name", "nmae", "nmae"),
        ] {
            let refused = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(
                refused.contains(words) && refused.contains(PROJECT_FILE),
                "{to}: {refused}"
            );
        }
    }

    #[test]
    fn the_language_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(language_of(folder.path()), Err(BuildError::NoCrate(_))));
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        assert_eq!(language_of(folder.path()).unwrap(), Language::Rust);
    }
}
