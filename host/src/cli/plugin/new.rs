//! `smpp-connector plugin new`.

mod templates;

use super::{CommandResult, Failure};
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin new acme --lang javascript && smpp-connector plugin test acme
  smpp-connector plugin new acme --dir plugins/acme --sdk ../smpp-connector/plugin-sdk

Nothing is downloaded: the templates are part of this program. What the language itself needs, `plugin doctor` tells.";

/// In which language the template is. TypeScript is JavaScript with types that the build takes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Template {
    Rust,
    #[value(alias = "js")]
    Javascript,
    #[value(alias = "ts")]
    Typescript,
    #[value(alias = "py")]
    Python,
}

#[derive(clap::Args, Debug)]
pub(in super::super) struct New {
    /// What the plugin is called: lower-case letters, digits and -
    name: String,
    /// What it is written in
    #[arg(long, value_enum, default_value = "rust")]
    lang: Template,
    /// The folder to make; without it a folder of the plugin's name
    #[arg(long)]
    dir: Option<PathBuf>,
    /// For Rust: this copy of the SDK, and not one in the new folder
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> CommandResult {
        check_name(&self.name)?;
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        check_place(&dir)?;
        let sdk = match (&self.sdk, self.lang) {
            (Some(sdk), Template::Rust) => Some(existing_sdk(sdk)?),
            (Some(_), _) => {
                return Err(
                    anyhow!("--sdk is for plugins in Rust; the other languages' helpers are a file").into(),
                );
            }
            (None, _) => None,
        };
        let sdk_words = sdk
            .as_deref()
            .map_or("sdk".to_owned(), |path| path.display().to_string());
        let mut files = templates::of(self.lang);
        if self.lang == Template::Rust && sdk.is_none() {
            files.extend(templates::rust_sdk());
        }
        for (path, text) in files {
            let text = text
                .replace("{{name}}", &self.name)
                .replace("{{sdk}}", &sdk_words);
            let path = dir.join(path);
            let folder = path.parent().unwrap_or(&dir);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, text))
                .with_context(|| path.display().to_string())?;
        }
        println!("made {} in {}", self.name, dir.display());
        println!("next: smpp-connector plugin test {}", dir.display());
        Ok(())
    }
}

/// A crate, a file and an operator's setting are called by it.
fn check_name(name: &str) -> Result<(), Failure> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // Names that cargo refuses or that would hide a crate which the plugin needs.
    let taken = ["test", "core", "std", "alloc", "serde", "smpp-plugin-sdk", "sdk"];
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if starts && name.chars().all(fine) && name.len() <= 40 && !taken.contains(&name) {
        return Ok(());
    }
    Err(anyhow!(
        "{name:?} is no name for a plugin: take up to 40 lower-case letters, digits and -, beginning with a letter"
    )
    .into())
}

fn check_place(dir: &Path) -> Result<(), Failure> {
    let is_taken = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => dir.exists(),
    };
    if is_taken {
        return Err(anyhow!(
            "{} is not empty: nothing was written; name another folder by --dir",
            dir.display()
        )
        .into());
    }
    Ok(())
}

fn existing_sdk(sdk: &Path) -> Result<PathBuf, Failure> {
    let manifest = std::fs::read_to_string(sdk.join("Cargo.toml")).unwrap_or_default();
    if !manifest.contains("smpp-plugin-sdk") {
        return Err(anyhow!("{} is not the folder of smpp-plugin-sdk", sdk.display()).into());
    }
    let whole = std::fs::canonicalize(sdk).with_context(|| sdk.display().to_string())?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_crates_and_files() {
        for good in ["acme", "acme-2", "a"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "Acme", "2acme", "ac me", "../acme", "test", "acme_2", "-acme"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
