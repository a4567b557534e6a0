//! Secrets: never shown, read from where the file says.

use super::value;
use std::fmt;
use std::path::Path;

/// A password or token. Debug shows only that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value that is already known.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends or compares it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads `"literal"`, `{ env = "NAME" }` or `{ file = "path" }`; a path is relative to `base`, and one line break
    /// at the end of the file does not count.
    pub(super) fn read(value: toml::Value, base: &Path) -> Result<Self, String> {
        match value {
            toml::Value::String(literal) => Ok(Self(literal)),
            toml::Value::Table(mut table) => {
                let source = (table.remove("env"), table.remove("file"), table.is_empty());
                match source {
                    (Some(toml::Value::String(name)), None, true) => std::env::var(&name)
                        .map(Self)
                        .map_err(|_| format!("the environment variable {name} is not set")),
                    (None, Some(toml::Value::String(file)), true) => Self::from_file(&base.join(file)),
                    _ => Err(SOURCES.to_owned()),
                }
            }
            other => Err(format!("is {}; {SOURCES}", value::kind(&other))),
        }
    }

    fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Self(line.strip_suffix('\r').unwrap_or(line).to_owned()))
    }
}

const SOURCES: &str = "use \"literal\", { env = \"NAME\" } or { file = \"path\" }";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
