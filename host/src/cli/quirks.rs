//! `smpp-connector quirks`: settings of the plugin that the gateway brings along.

mod profiles;

use super::{CommandResult, Failure};
use crate::policy::prebuilt;
use anyhow::{Context, anyhow};
use profiles::ALL;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// JSON Schema of the settings, for editors.
const SCHEMA: &str = include_str!("../../../plugins/quirks/settings.schema.json");

/// EX_CONFIG.
const WRONG: u8 = 78;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Quirks {
    /// List what real operators need, one line each
    List {
        /// One JSON document for scripts
        #[arg(long)]
        json: bool,
    },
    /// Print one of these, to paste into an operator's file
    Show {
        /// Its name in the list
        profile: String,
    },
    /// Print the JSON Schema of the settings
    Schema,
    /// Check the settings of an operator's file, or a file that holds nothing but settings
    Check {
        /// TOML, or JSON where its name ends in .json
        file: PathBuf,
        /// One JSON document for scripts
        #[arg(long)]
        json: bool,
    },
}

impl Quirks {
    pub(super) fn run(self) -> CommandResult {
        match self {
            Self::List { json } => list(json),
            Self::Show { profile } => return show(&profile),
            Self::Schema => print!("{SCHEMA}"),
            Self::Check { file, json } => return check(&file, json),
        }
        Ok(())
    }
}

fn list(json: bool) {
    if json {
        let profiles = ALL.iter().map(|profile| {
            serde_json::json!({ "name": profile.name, "for": profile.title(), "toml": profile.text })
        });
        println!("{}", Value::from_iter(profiles));
        return;
    }
    let width = ALL
        .iter()
        .map(|profile| profile.name.len())
        .max()
        .unwrap_or_default();
    for profile in ALL {
        println!("{:width$}  {}", profile.name, profile.title());
    }
}

fn show(name: &str) -> CommandResult {
    let Some(profile) = ALL.iter().find(|profile| profile.name == name) else {
        return Err(
            anyhow!("there is no profile {name:?}: `smpp-connector quirks list` names them all").into(),
        );
    };
    print!("{}", profile.text);
    Ok(())
}

fn check(file: &Path, json: bool) -> CommandResult {
    let (settings, place) = read(file)?;
    let problems = prebuilt::problems(&settings)?;
    if json {
        let told = problems.iter().map(|problem| {
            serde_json::json!({ "path": format!("{place}{}", problem.path), "message": problem.message })
        });
        println!("{}", serde_json::json!({ "problems": Value::from_iter(told) }));
    } else {
        for problem in &problems {
            println!("{}: {place}{}: {}", file.display(), problem.path, problem.message);
        }
        if problems.is_empty() {
            println!("{}: the settings are good", file.display());
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Told(WRONG)),
    }
}

/// The settings, and where they stand in the file.
fn read(file: &Path) -> Result<(Value, &'static str), anyhow::Error> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let is_json = file.extension().is_some_and(|end| end == "json");
    let document: Value = if is_json {
        serde_json::from_str(&text).with_context(|| file.display().to_string())?
    } else {
        let table: toml::Table = text.parse().with_context(|| file.display().to_string())?;
        serde_json::to_value(table)?
    };
    // Only an operator's file has these keys.
    if document.get("policy").is_none() && document.get("operator_id").is_none() {
        return Ok((document, ""));
    }
    let settings = document.pointer("/policy/settings").cloned();
    Ok((
        settings.unwrap_or_else(|| serde_json::json!({})),
        "/policy/settings",
    ))
}
