//! `smpp-connector plugin doctor`.

mod checks;

use super::{CommandResult, Failure, counted};
use crate::policy::build::project::Language;
use crate::policy::build::tools::Toolbox;
use checks::{Check, Mend, State};
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin doctor                              what is there for which language
  smpp-connector plugin doctor --lang javascript --fix      install what plugins in JavaScript need, once, with a network

Tools lie in $SMPP_CONNECTOR_TOOLS, else below $XDG_CACHE_HOME or ~/.cache. The exit code is 1 when something is missing that
a language named by --lang needs; without --lang, when there is no language that plugins could be built from.";

/// A language to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Named {
    Rust,
    #[value(aliases = ["js", "typescript", "ts"])]
    Javascript,
    #[value(alias = "py")]
    Python,
}

impl From<Named> for Language {
    fn from(named: Named) -> Self {
        match named {
            Named::Rust => Self::Rust,
            Named::Javascript => Self::JavaScript,
            Named::Python => Self::Python,
        }
    }
}

#[derive(clap::Args, Debug)]
pub(in super::super) struct Doctor {
    /// Only what these languages need
    #[arg(long, value_enum, value_delimiter = ',')]
    lang: Vec<Named>,
    /// Install what can be installed from here
    #[arg(long)]
    fix: bool,
    /// The folder of the tools for JavaScript and Python
    #[arg(long, value_name = "FOLDER")]
    tools: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> CommandResult {
        let tools = self.tools.clone().map_or_else(Toolbox::of_user, Toolbox::new);
        let languages: Vec<Language> = match self.lang.is_empty() {
            true => Language::ALL.to_vec(),
            false => self.lang.iter().copied().map(Language::from).collect(),
        };
        let mut checks = checks::all(&languages, &tools);
        if self.fix {
            for check in checks.iter_mut().filter(|check| check.state != State::Fine) {
                self.mend(check, &tools);
            }
            checks = checks::all(&languages, &tools);
        }
        let complete = |language: &Language| {
            checks
                .iter()
                .all(|check| check.language != *language || !check.is_lacking())
        };
        if self.json {
            self.tell_json(&checks, &languages, complete);
        } else {
            tell(&checks, &languages, complete);
        }
        let enough = match self.lang.is_empty() {
            true => languages.iter().any(complete),
            false => languages.iter().all(complete),
        };
        if enough { Ok(()) } else { Err(Failure::Told(1)) }
    }

    /// What cannot be mended from here is told by the second look.
    fn mend(&self, check: &Check, tools: &Toolbox) {
        let done = match &check.mend {
            Mend::ByHand(_) => return,
            Mend::Tools => {
                eprintln!(
                    "installing {} to {}",
                    check.name,
                    tools.of(check.language).display()
                );
                tools.install(check.language).map_err(|error| error.to_string())
            }
            Mend::Target => {
                eprintln!("running {}", checks::ADD_TARGET);
                checks::add_target()
            }
        };
        if let Err(error) = done {
            eprintln!("error: {error}");
        }
    }

    fn tell_json(&self, checks: &[Check], languages: &[Language], complete: impl Fn(&Language) -> bool) {
        let rows: Vec<_> = checks
            .iter()
            .map(|check| {
                json!({
                    "language": check.language.name(),
                    "name": check.name,
                    "for": check.purpose,
                    "wanted": check.wanted,
                    "found": check.found,
                    "state": check.state.name(),
                    "mend": (check.state != State::Fine).then(|| check.mend_words()),
                })
            })
            .collect();
        let ready: serde_json::Map<_, _> = languages
            .iter()
            .map(|language| (language.name().to_owned(), complete(language).into()))
            .collect();
        println!("{}", json!({ "ready": ready, "checks": rows }));
    }
}

fn tell(checks: &[Check], languages: &[Language], complete: impl Fn(&Language) -> bool) {
    for language in languages {
        let lacking = checks
            .iter()
            .filter(|check| check.language == *language && check.is_lacking())
            .count();
        match complete(language) {
            true => println!("{language}: ready"),
            false => println!("{language}: {} to mend", counted(lacking, "thing")),
        }
        for check in checks.iter().filter(|check| check.language == *language) {
            let found = check.found.as_deref().unwrap_or("not found");
            println!(
                "  {:8} {:28} {found}  ({})",
                check.state.name(),
                check.name,
                check.purpose
            );
            if check.state != State::Fine {
                println!("           wanted: {}; {}", check.wanted, check.mend_words());
            }
        }
    }
}
