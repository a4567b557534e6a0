//! The tools that make components of JavaScript and Python: which versions, where they lie, how they get there.
//!
//! The versions stand in `plugin-sdk/javascript/package.json` and `plugin-sdk/python/requirements.txt` and nowhere else. A
//! copy of that file in the tools' folder, written last, says that all of it is there.

use super::project::Language;
use super::{BuildError, write_file};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: &str = include_str!("../../../../plugin-sdk/javascript/package.json");
const REQUIREMENTS: &str = include_str!("../../../../plugin-sdk/python/requirements.txt");

/// Changes when tools of another version can no longer share the folder.
const GENERATION: &str = "tools-1";

/// Names the folder of the tools, where the command line does not.
pub const FOLDER_VARIABLE: &str = "SMPP_CONNECTOR_TOOLS";

/// The folder with the tools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toolbox {
    folder: PathBuf,
}

impl Toolbox {
    /// The tools in this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        // Tools are started from other folders.
        Self {
            folder: std::path::absolute(&folder).unwrap_or(folder),
        }
    }

    /// The tools of this user: `SMPP_CONNECTOR_TOOLS`, else a folder of the user's cache.
    #[must_use]
    pub fn of_user() -> Self {
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        };
        let cache = || {
            path("XDG_CACHE_HOME")
                .or_else(|| path("HOME").map(|home| home.join(".cache")))
                .unwrap_or_else(std::env::temp_dir)
        };
        Self::new(path(FOLDER_VARIABLE).unwrap_or_else(|| cache().join("smpp-connector").join(GENERATION)))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What of it belongs to a language.
    #[must_use]
    pub fn of(&self, language: Language) -> PathBuf {
        self.folder.join(language.name())
    }

    /// The pinned packages of a language that are not in the folder in their version: all of them or none.
    #[must_use]
    pub fn missing(&self, language: Language) -> Vec<String> {
        let Some((name, wanted)) = list(language) else {
            return Vec::new();
        };
        match std::fs::read_to_string(self.of(language).join(name)) {
            Ok(found) if found == wanted => Vec::new(),
            _ => pins(language),
        }
    }

    /// The tools of a language, or the sentence that says how to have them.
    pub(super) fn need(&self, language: Language) -> Result<PathBuf, BuildError> {
        let missing = self.missing(language);
        if missing.is_empty() {
            return Ok(self.of(language));
        }
        Err(BuildError::Tools {
            packages: missing.join(", "),
            folder: self.of(language),
            language,
        })
    }

    /// Installs the tools of a language by npm or pip. Blocks; needs the package registry.
    ///
    /// # Errors
    /// If npm or pip is missing or fails.
    pub fn install(&self, language: Language) -> Result<(), BuildError> {
        let Some((name, text)) = list(language) else {
            return Ok(());
        };
        let folder = self.of(language);
        // A half of an older installation is no start.
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|source| BuildError::Io {
                path: folder.clone(),
                source,
            })?;
        }
        // Under another name until all is there: the list is what `missing` looks at.
        let making = self.folder.join(format!("{language}-list"));
        write_file(&making.join(name), text.as_bytes())?;
        let mut command = installer(language, &making.join(name), &folder);
        if language == Language::JavaScript {
            write_file(&folder.join("package.json"), PACKAGES.as_bytes())?;
        }
        let done = super::run(&mut command);
        drop(std::fs::remove_dir_all(&making));
        let output = done?;
        if !output.status.success() {
            drop(std::fs::remove_dir_all(&folder));
            return Err(BuildError::Install {
                language,
                said: super::last_lines(&output.stderr),
            });
        }
        write_file(&folder.join(name), text.as_bytes())
    }
}

/// What `doctor` prints as the mend.
#[must_use]
pub fn install_command(language: Language) -> String {
    format!("smpp-connector plugin doctor --lang {language} --fix")
}

/// `name@version` or `name==version`, as the package manager writes it.
#[must_use]
pub fn pins(language: Language) -> Vec<String> {
    match language {
        Language::Rust => Vec::new(),
        Language::JavaScript => {
            let list: serde_json::Value = serde_json::from_str(PACKAGES).unwrap_or_default();
            let packages = list.get("dependencies").and_then(serde_json::Value::as_object);
            let pin = |(name, version): (&String, &serde_json::Value)| {
                format!("{name}@{}", version.as_str().unwrap_or_default())
            };
            packages.into_iter().flatten().map(pin).collect()
        }
        Language::Python => REQUIREMENTS.lines().map(str::to_owned).collect(),
    }
}

fn list(language: Language) -> Option<(&'static str, &'static str)> {
    match language {
        Language::Rust => None,
        Language::JavaScript => Some(("installed.json", PACKAGES)),
        Language::Python => Some(("requirements.txt", REQUIREMENTS)),
    }
}

fn installer(language: Language, list: &Path, folder: &Path) -> Command {
    if language == Language::JavaScript {
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
        ]);
        npm.args(["--engine-strict=false", "--prefix"]).arg(folder);
        return npm;
    }
    let mut pip = Command::new(python());
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    pip.arg("--target").arg(folder).arg("--requirement").arg(list);
    pip.env("PIP_ROOT_USER_ACTION", "ignore");
    pip
}

/// The Python that runs componentize-py; `PYTHON` names another than `python3`.
#[must_use]
pub fn python() -> OsString {
    std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into())
}

/// The Node.js that runs componentize-qjs; `NODE` names another than `node`.
#[must_use]
pub fn node() -> OsString {
    std::env::var_os("NODE").unwrap_or_else(|| "node".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_exact() {
        for language in [Language::JavaScript, Language::Python] {
            let pins = pins(language);
            assert!(!pins.is_empty());
            for pin in pins {
                let version = pin.rsplit(['@', '=']).next().unwrap();
                assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{pin}");
            }
        }
    }

    #[test]
    fn tools_that_are_not_there_are_asked_for_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Toolbox::new(folder.path().to_owned());
        assert!(tools.missing(Language::Rust).is_empty());
        let refused = tools.need(Language::Python).unwrap_err().to_string();
        assert!(
            refused.contains("componentize-py==") && refused.contains("plugin doctor --lang python --fix"),
            "{refused}"
        );
        let of_python = tools.of(Language::Python);
        write_file(&of_python.join("requirements.txt"), b"componentize-py==0.0.1\n").unwrap();
        assert!(!tools.missing(Language::Python).is_empty(), "another version");
        write_file(&of_python.join("requirements.txt"), REQUIREMENTS.as_bytes()).unwrap();
        assert_eq!(tools.need(Language::Python).unwrap(), of_python);
    }
}
