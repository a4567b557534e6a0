//! What is in force: every key with its value, where that comes from, and its default. Secrets are told by where they come from.

use super::problem::{Problem, Problems};
use super::reference::{GROUPS, Key, Place};
use serde::Serialize;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It is not in the file.
    Default,
    /// It stands in the file.
    File,
    /// This environment variable, which the file names.
    Env(String),
    /// This file, which the file names.
    SecretFile(String),
}

/// A key as it is in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Setting {
    /// Its TOML path in its file.
    pub key: String,
    /// As TOML, or what the reference says of the default; `None` is a secret, which is set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
    /// As the reference says; `None` for keys below what the user chose.
    pub default: Option<&'static str>,
    /// What it means, as the reference says.
    pub about: Option<&'static str>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileSettings {
    /// `null`: there is none, and the defaults apply.
    pub file: Option<PathBuf>,
    /// The operator's name; `null` for the host's file.
    pub operator: Option<String>,
    /// In the order of the reference, then what stands in the file besides.
    pub settings: Vec<Setting>,
}

/// What is in force, and what is wrong with the files as they are now.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Effective {
    /// The host's file, then the operators' by name.
    pub files: Vec<FileSettings>,
    /// Where there are any, the files on disk are not in force.
    pub problems: Vec<ProblemView>,
}

/// A problem as people read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProblemView {
    /// Where.
    pub file: PathBuf,
    /// TOML path; empty for the file as a whole.
    pub key: String,
    /// What stands there, if showing it helps.
    pub value: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl Effective {
    /// The same settings, with what is wrong with newer files.
    #[must_use]
    pub fn with(&self, problems: &Problems) -> Self {
        let view = |problem: &Problem| ProblemView {
            file: problem.file.clone(),
            key: problem.key.clone(),
            value: problem.value.clone(),
            message: problem.message.clone(),
        };
        Self {
            files: self.files.clone(),
            problems: problems.iter().map(view).collect(),
        }
    }
}

/// What the parser has asked a file for, shared by its tables.
#[derive(Clone, Default)]
pub(super) struct Seen(Rc<RefCell<Asked>>);

#[derive(Default)]
struct Asked {
    /// TOML paths, whether they are there or not.
    keys: Vec<String>,
    /// What is there.
    found: Vec<(String, Option<String>, Origin)>,
}

impl Seen {
    /// A key that the parser knows.
    pub(super) fn asked(&self, key: String) {
        self.0.borrow_mut().keys.push(key);
    }

    /// A value that stands in the file.
    pub(super) fn found(&self, key: String, value: &toml::Value) {
        let found = (key, Some(value.to_string()), Origin::File);
        self.0.borrow_mut().found.push(found);
    }

    /// A secret that stands in the file, or where the file says.
    pub(super) fn found_secret(&self, key: String, value: &toml::Value) {
        let named = |source: &str| value.get(source).and_then(toml::Value::as_str).map(str::to_owned);
        let origin = match (named("env"), named("file")) {
            (Some(name), _) => Origin::Env(name),
            (None, Some(file)) => Origin::SecretFile(file),
            (None, None) => Origin::File,
        };
        self.0.borrow_mut().found.push((key, None, origin));
    }

    /// Every key that the parser has asked for.
    #[cfg(test)]
    pub(super) fn keys(&self) -> Vec<String> {
        self.0.borrow().keys.clone()
    }

    /// All that is in force of the file.
    pub(super) fn settings(&self, file: Option<&Path>, operator: Option<&str>) -> FileSettings {
        let mut found = std::mem::take(&mut self.0.borrow_mut().found);
        let mut settings = Vec::new();
        let sessions = 1 + found
            .iter()
            .filter_map(|(key, ..)| session_of(key))
            .max()
            .unwrap_or_default();
        let places: &[Place] = match operator {
            None => &[Place::Host],
            Some(_) => &[Place::Operator, Place::Session],
        };
        for group in GROUPS.iter().filter(|group| places.contains(&group.place)) {
            let rounds = if group.place == Place::Session {
                sessions
            } else {
                1
            };
            for session in 0..rounds {
                let prefix = match group.place {
                    Place::Session => format!("session[{session}]."),
                    Place::Host | Place::Operator => String::new(),
                };
                let keys = group.keys.iter().filter(|key| is_told(key, &prefix, &found));
                let told: Vec<_> = keys.map(|key| (format!("{prefix}{}", key.name), key)).collect();
                for (path, key) in told {
                    let place = found.iter().position(|(found, ..)| *found == path);
                    let (value, origin) = match place.map(|place| found.remove(place)) {
                        Some((_, value, origin)) => (value, origin),
                        None => (Some(key.default.replace('`', "")), Origin::Default),
                    };
                    settings.push(Setting {
                        key: path,
                        value,
                        origin,
                        default: Some(key.default),
                        about: Some(key.about),
                    });
                }
            }
        }
        settings.extend(found.into_iter().map(|(key, value, origin)| Setting {
            key,
            value,
            origin,
            default: None,
            about: None,
        }));
        FileSettings {
            file: file.map(Path::to_owned),
            operator: operator.map(str::to_owned),
            settings,
        }
    }
}

/// Tables that may be absent as a whole; without them their first key alone tells what is in force instead.
const OPTIONAL: &[(&str, &str)] = &[
    ("traces", "otlp"),
    ("nats", "url"),
    ("postgres", "url"),
    ("redis", "url"),
    ("outbind", "listen"),
    ("tls", ""),
];

/// Whether the key means anything in this file: not below a table that is absent, and not below a name that nobody chose.
fn is_told(key: &Key, prefix: &str, found: &[(String, Option<String>, Origin)]) -> bool {
    let Some((table, rest)) = key.name.split_once('.') else {
        return true;
    };
    if key.name.contains("NAME") || key.name.contains(".rule.") || key.name.contains(".tlv.") {
        return false;
    }
    let below = format!("{prefix}{table}.");
    match OPTIONAL.iter().find(|(optional, _)| *optional == table) {
        None => true,
        Some((_, first)) => rest == *first || found.iter().any(|(key, ..)| key.starts_with(&below)),
    }
}

/// `session[2].host` is of session 2.
fn session_of(key: &str) -> Option<usize> {
    let (number, _) = key.strip_prefix("session[")?.split_once(']')?;
    number.parse().ok()
}
