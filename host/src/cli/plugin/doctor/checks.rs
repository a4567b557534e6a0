//! What plugins of each language need of a machine, and what is there.

use crate::policy::build::project::Language;
use crate::policy::build::tools::{Toolbox, install_command, node, pins, python};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// How the compiler gets its standard library for plugins.
pub(super) const ADD_TARGET: &str = "rustup target add wasm32-unknown-unknown";

/// Whether a thing is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Fine,
    Missing,
    /// Another version than what is wanted.
    Old,
    /// Not there, and needed by `--fix` alone.
    Absent,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Missing => "missing",
            Self::Old => "old",
            Self::Absent => "absent",
        }
    }
}

/// How it is had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Mend {
    ByHand(&'static str),
    /// The pinned tools of the language.
    Tools,
    /// The compilation target of Rust.
    Target,
}

/// One thing that plugins of a language need.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) language: Language,
    pub(super) name: String,
    pub(super) purpose: &'static str,
    pub(super) wanted: String,
    pub(super) found: Option<String>,
    pub(super) state: State,
    pub(super) mend: Mend,
}

impl Check {
    /// Whether plugins of the language cannot be built for want of it.
    pub(super) fn is_lacking(&self) -> bool {
        matches!(self.state, State::Missing | State::Old)
    }

    pub(super) fn mend_words(&self) -> String {
        match self.mend {
            Mend::ByHand(words) => words.to_owned(),
            Mend::Tools => format!("run `{}`", install_command(self.language)),
            Mend::Target => format!("run `{ADD_TARGET}`, or `{}`", install_command(self.language)),
        }
    }
}

/// Everything that these languages need.
pub(super) fn all(languages: &[Language], tools: &Toolbox) -> Vec<Check> {
    let mut checks = Vec::new();
    for language in languages {
        match language {
            Language::Rust => rust(&mut checks),
            Language::JavaScript => javascript(&mut checks, tools),
            Language::Python => python_and_tools(&mut checks, tools),
        }
    }
    checks
}

fn rust(checks: &mut Vec<Check>) {
    const GET: &str = "install Rust from https://rustup.rs, or set CARGO to your cargo";
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let found = said(&cargo, &["--version"]);
    checks.push(Check {
        language: Language::Rust,
        name: "cargo".to_owned(),
        purpose: "compiles the plugin",
        wanted: "1.85 or newer".to_owned(),
        state: judge(found.as_deref(), (1, 85)),
        found,
        mend: Mend::ByHand(GET),
    });
    let rustup = said(&"rustup".into(), &["--version"]);
    checks.push(Check {
        language: Language::Rust,
        name: "rustup".to_owned(),
        purpose: "installs the target",
        wanted: "any, if the target is not there".to_owned(),
        state: if rustup.is_some() {
            State::Fine
        } else {
            State::Absent
        },
        found: rustup,
        mend: Mend::ByHand("https://rustup.rs, or install the target with whatever installed Rust"),
    });
    let folder = said(
        &"rustc".into(),
        &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"],
    );
    let found = folder.filter(|folder| Path::new(folder).is_dir());
    checks.push(Check {
        language: Language::Rust,
        name: "wasm32-unknown-unknown".to_owned(),
        purpose: "Rust's standard library for plugins",
        wanted: "that of the compiler".to_owned(),
        state: if found.is_some() {
            State::Fine
        } else {
            State::Missing
        },
        found: found.map(|_| "installed".to_owned()),
        mend: Mend::Target,
    });
}

fn javascript(checks: &mut Vec<Check>, tools: &Toolbox) {
    const GET: &str = "install Node.js: `apt-get install nodejs npm`, `brew install node`, or https://nodejs.org; NODE names another node";
    let found = said(&node(), &["--version"]);
    checks.push(Check {
        language: Language::JavaScript,
        name: "node".to_owned(),
        purpose: "runs componentize-qjs",
        wanted: "18 or newer".to_owned(),
        state: judge(found.as_deref(), (18, 0)),
        found,
        mend: Mend::ByHand(GET),
    });
    let found = said(&"npm".into(), &["--version"]);
    checks.push(Check {
        language: Language::JavaScript,
        name: "npm".to_owned(),
        purpose: "installs the tools, once",
        wanted: "any".to_owned(),
        state: installer_state(found.is_some(), tools, Language::JavaScript),
        found,
        mend: Mend::ByHand(GET),
    });
    checks.push(pinned(
        tools,
        Language::JavaScript,
        "puts JavaScript and QuickJS into a component; takes types out",
    ));
}

fn python_and_tools(checks: &mut Vec<Check>, tools: &Toolbox) {
    const GET: &str = "install Python: `apt-get install python3 python3-pip`, `brew install python`, or https://python.org; PYTHON names another python3";
    let found = said(&python(), &["--version"]);
    checks.push(Check {
        language: Language::Python,
        name: "python3".to_owned(),
        purpose: "runs componentize-py",
        wanted: "3.10 or newer".to_owned(),
        state: judge(found.as_deref(), (3, 10)),
        found,
        mend: Mend::ByHand(GET),
    });
    let found = said(&python(), &["-m", "pip", "--version"]);
    checks.push(Check {
        language: Language::Python,
        name: "pip".to_owned(),
        purpose: "installs the tools, once",
        wanted: "any".to_owned(),
        state: installer_state(found.is_some(), tools, Language::Python),
        found,
        mend: Mend::ByHand(GET),
    });
    checks.push(pinned(
        tools,
        Language::Python,
        "puts Python and CPython into a component",
    ));
}

/// npm and pip are needed until the tools are there.
fn installer_state(is_there: bool, tools: &Toolbox, language: Language) -> State {
    match (is_there, tools.missing(language).is_empty()) {
        (true, _) => State::Fine,
        (false, true) => State::Absent,
        (false, false) => State::Missing,
    }
}

fn pinned(tools: &Toolbox, language: Language, purpose: &'static str) -> Check {
    let is_there = tools.missing(language).is_empty();
    let packages = pins(language).join(", ");
    Check {
        language,
        name: packages.clone(),
        purpose,
        wanted: format!("in {}", tools.of(language).display()),
        found: is_there.then(|| "installed".to_owned()),
        state: if is_there { State::Fine } else { State::Missing },
        mend: Mend::Tools,
    }
}

/// Runs rustup.
pub(super) fn add_target() -> Result<(), String> {
    let mut words = ADD_TARGET.split(' ');
    let program = words.next().unwrap_or_default();
    let output = Command::new(program).args(words).output();
    let output = output.map_err(|error| format!("cannot run `{program}`: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The first line that a program prints; `None` if it cannot be run.
fn said(program: &OsString, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    output.status.success().then_some(line)
}

fn judge(found: Option<&str>, least: (u32, u32)) -> State {
    match found.and_then(version) {
        None => State::Missing,
        Some(version) if version < least => State::Old,
        Some(_) => State::Fine,
    }
}

/// The first number with a dot in it: `v20.11.1`, `cargo 1.95.0 (…)`, `Python 3.11.7`.
fn version(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find(|word| word.contains('.'))?;
    let mut numbers = word.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!(version("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"), Some((1, 95)));
        assert_eq!(version("v20.11.1"), Some((20, 11)));
        assert_eq!(version("Python 3.10.4"), Some((3, 10)));
        assert_eq!(version("something else"), None);
        assert_eq!(judge(Some("Python 3.9.18"), (3, 10)), State::Old);
        assert_eq!(judge(Some("v18.0.0"), (18, 0)), State::Fine);
        assert_eq!(judge(None, (18, 0)), State::Missing);
    }

    #[test]
    fn what_is_not_there_has_a_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Toolbox::new(folder.path().to_owned());
        let checks = all(&[Language::JavaScript, Language::Python], &tools);
        for language in [Language::JavaScript, Language::Python] {
            let lacking: Vec<_> = checks
                .iter()
                .filter(|check| check.language == language && check.mend == Mend::Tools)
                .collect();
            assert_eq!(lacking.len(), 1);
            assert!(lacking[0].is_lacking());
            assert!(
                lacking[0]
                    .mend_words()
                    .contains(&format!("--lang {language} --fix"))
            );
        }
    }

    #[test]
    fn an_installer_is_needed_only_until_the_tools_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Toolbox::new(folder.path().to_owned());
        assert_eq!(installer_state(false, &tools, Language::Python), State::Missing);
        assert_eq!(installer_state(true, &tools, Language::Python), State::Fine);
        assert_eq!(installer_state(false, &tools, Language::Rust), State::Absent);
    }
}
