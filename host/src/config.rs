//! What the user wrote, checked: every problem at once, with file, key, value and what is allowed.
//!
//! `smpp-connector check`, the start and each hot reload read configuration through the same functions.

mod effective;
mod host;
mod operator;
mod problem;
mod recordings;
pub mod reference;
mod secret;
mod section;
mod servers;
mod traces;
mod value;

pub use effective::{Effective, FileSettings, Origin, ProblemView, Setting};
pub use host::{HostConfig, HttpConfig};
pub use operator::{
    AddressRule, Alphabets, BindWhen, DedupeWindow, InboundConfig, OnUnanswered, OperatorConfig,
    OutbindSettings, PolicyConfig, SessionSettings, TcpSettings, TlsSettings, VersionRules,
};
pub use problem::{Problem, Problems};
pub use recordings::RecordingsConfig;
pub use secret::Secret;
pub use servers::{NatsConfig, PostgresConfig, RedisConfig};
pub use traces::TracesConfig;
pub(crate) use value::parse_duration;

use std::path::{Path, PathBuf};

/// A whole configuration: the host's file and one file an operator.
#[derive(Clone, Debug)]
pub struct Config {
    /// From `smpp-connector.toml`, or the defaults.
    pub host: HostConfig,
    /// From `operators/*.toml`, ordered by name.
    pub operators: Vec<OperatorConfig>,
    /// Every key of the files as it is in force.
    pub effective: Effective,
}

impl Config {
    /// Reads the host file and all operator files. Without a `path`, `smpp-connector.toml` in the working folder is
    /// read if it exists; the defaults apply otherwise.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(path: Option<&Path>) -> Result<Self, Problems> {
        match Self::read(path) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(problems),
        }
    }

    /// Reads as [`Config::load`] does, and gives what can be read beside what cannot: for looking further.
    #[must_use]
    pub fn read(path: Option<&Path>) -> (Option<Self>, Problems) {
        let mut problems = Problems::default();
        let mut files = Vec::new();
        let host = HostConfig::load(path, &mut files, &mut problems);
        let config = host.map(|host| Self {
            operators: load_operators(&host, &mut files, &mut problems),
            host,
            effective: Effective {
                files,
                ..Effective::default()
            },
        });
        (config, problems)
    }
}

/// Reads one operator file.
///
/// # Errors
/// Every problem of the file.
pub fn load_operator(path: &Path, host: &HostConfig) -> Result<OperatorConfig, Problems> {
    let mut problems = Problems::default();
    match OperatorConfig::load(path, host, &mut Vec::new(), &mut problems) {
        Some(operator) if problems.is_empty() => Ok(operator),
        _ => Err(problems),
    }
}

/// The operator files of a folder, by name. A missing folder has none.
pub fn operator_files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.extension().is_some_and(|e| e == "toml") && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn load_operators(
    host: &HostConfig,
    told: &mut Vec<FileSettings>,
    problems: &mut Problems,
) -> Vec<OperatorConfig> {
    let files = match operator_files(&host.operators_dir) {
        Ok(files) => files,
        Err(error) => {
            problems.add(
                &host.operators_dir,
                "",
                None,
                format!("cannot be listed: {error}"),
            );
            return Vec::new();
        }
    };
    let operators: Vec<_> = files
        .iter()
        .filter_map(|file| OperatorConfig::load(file, host, told, problems))
        .collect();
    for (i, operator) in operators.iter().enumerate() {
        let earlier = operators.iter().take(i);
        for other in earlier {
            if other.operator_id == operator.operator_id {
                problems.add(
                    &operator.file,
                    "operator_id",
                    Some(operator.operator_id.to_string()),
                    format!(
                        "{} has the same: every operator needs its own",
                        other.file.display()
                    ),
                );
            }
            if other.name == operator.name {
                problems.add(
                    &operator.file,
                    "name",
                    Some(operator.name.clone()),
                    format!(
                        "{} has the same: every operator needs its own",
                        other.file.display()
                    ),
                );
            }
        }
    }
    operators
}

#[cfg(test)]
mod tests;
