//! `smpp-connector config`: what is in force according to the files.

use super::{CommandResult, Failure};
use crate::config::{Config, Effective, Origin, Setting, reference};
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Show {
    /// Only what the files say, without the defaults
    #[arg(long)]
    changed: bool,
    /// One line of JSON, as the API gives it
    #[arg(long, conflicts_with = "changed")]
    json: bool,
    /// Print the reference of all keys instead, as docs/configuration.md
    #[arg(long, conflicts_with_all = ["changed", "json"])]
    reference: bool,
}

impl Show {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        if self.reference {
            print!("{}", reference::markdown());
            return Ok(());
        }
        let (read, problems) = Config::read(config);
        let effective = read.map(|config| config.effective).unwrap_or_default();
        if self.json {
            println!("{}", serde_json::to_string(&effective.with(&problems))?);
        } else {
            self.tell(&effective);
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::Configuration(problems))
        }
    }

    fn tell(&self, effective: &Effective) {
        for file in &effective.files {
            match &file.file {
                Some(file) => println!("# {}", file.display()),
                None => println!("# no smpp-connector.toml: the defaults apply"),
            }
            let shown = file
                .settings
                .iter()
                .filter(|setting| !self.changed || setting.origin != Origin::Default);
            for setting in shown {
                println!("{}", line(setting));
            }
            println!();
        }
    }
}

fn line(
    Setting {
        key, value, origin, ..
    }: &Setting,
) -> String {
    let value = value.as_deref().unwrap_or("***");
    match origin {
        Origin::Default => format!("{key} = {value}  # default"),
        Origin::File => format!("{key} = {value}"),
        Origin::Env(name) => format!("{key} = {value}  # from the environment variable {name}"),
        Origin::SecretFile(file) => format!("{key} = {value}  # from the file {file}"),
    }
}
