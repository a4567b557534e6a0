//! The command line. Exit codes: 0 done, 1 failed, 64 wrong usage, 69 a needed service is unavailable, 78 wrong
//! configuration.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line talks to people"
)]

mod capture;
mod certify;
mod check;
mod client;
mod config;
mod demo;
mod fields;
mod health;
mod manual;
mod message;
mod migrate;
mod pdus;
mod plugin;
mod preview;
mod quirks;
mod recorded;
mod run;
mod send;
mod sessions;
mod sim;
mod trace;
mod view;

use crate::config::{Config, Problems};
use crate::telemetry::{self, LogFormat};
use chrono::TimeDelta;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a command ended without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It tried and could not: exit code 1.
    Failed(anyhow::Error),
    /// The configuration is wrong: exit code 78.
    Configuration(Problems),
    /// A service that it needs is not there: exit code 69.
    Unavailable(anyhow::Error),
    /// It has told everything itself: this exit code.
    Told(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

type CommandResult = Result<(), Failure>;

/// An SMPP gateway whose operator quirks live in hot-swapped WASM policy plugins.
#[derive(Parser, Debug)]
#[command(name = "smpp-connector", version, disable_help_subcommand = true)]
struct Cli {
    /// The host's file; without it smpp-connector.toml in this folder is read, if it is there
    #[arg(long, global = true, env = "SMPP_CONNECTOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How log lines look
    #[arg(long, global = true, value_enum, default_value_t)]
    log: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the gateway
    Run,
    /// Check the configuration and every plugin, and report all problems at once
    Check(check::Check),
    /// Watch it work: two simulated operators, a few thousand messages, a plugin swapped in mid-traffic
    Demo(demo::Demo),
    /// Run a simulated operator (SMSC) with the quirks of a profile
    Sim(sim::Sim),
    /// Send one message through a running gateway
    Send(send::Send),
    /// Certify a new operator: send test messages to a number, report what came back and which settings that needs
    #[command(after_help = certify::EXAMPLES)]
    Certify(certify::Certify),
    /// Tell what became of a message
    Trace(trace::Trace),
    /// Show how each bind is: state, window, round trip, last error, and why nothing is sent
    Sessions(sessions::Sessions),
    /// Show the last PDUs of an operator's binds, those that bind included
    Pdus(pdus::Pdus),
    /// Show what a gateway would do with a message or a PDU, without doing it
    Preview(preview::Preview),
    /// Write what a running gateway has recorded of an operator as fixtures, and for Wireshark
    Capture(capture::Capture),
    /// Show every key of the configuration as it is in force, and where its value comes from
    Config(config::Show),
    /// Bring the databases up to what this version needs, as `run` does when it starts
    Migrate,
    /// Build, test, try and ship policy plugins
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Settings of the plugin that is brought along: what real operators need, their schema, what is wrong with yours
    #[command(subcommand)]
    Quirks(quirks::Quirks),
    /// Ask a running gateway whether it is well; exit code 0 says yes
    Health(health::Health),
    /// Print the completions of a shell
    Completions(manual::Completions),
    /// Print the manual page
    Man(manual::Man),
    /// Print the version
    Version,
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let level = match cli.command {
        Command::Run | Command::Sim(_) => "info",
        Command::Demo(_) => "error",
        _ => "warn",
    };
    telemetry::start(cli.log, level);
    let result = match cli.command {
        Command::Run => run::run(cli.config.as_deref()),
        Command::Check(check) => check.run(cli.config.as_deref()),
        Command::Demo(demo) => demo.run(),
        Command::Sim(sim) => sim.run(),
        Command::Send(send) => send.run(cli.config.as_deref()),
        Command::Certify(certify) => certify.run(cli.config.as_deref()),
        Command::Trace(trace) => trace.run(cli.config.as_deref()),
        Command::Sessions(sessions) => sessions.run(cli.config.as_deref()),
        Command::Pdus(pdus) => pdus.run(cli.config.as_deref()),
        Command::Preview(preview) => preview.run(cli.config.as_deref()),
        Command::Capture(capture) => capture.run(cli.config.as_deref()),
        Command::Config(show) => show.run(cli.config.as_deref()),
        Command::Migrate => migrate::run(cli.config.as_deref()),
        Command::Plugin(plugin) => plugin.run(cli.config.as_deref()),
        Command::Quirks(quirks) => quirks.run(),
        Command::Health(health) => health.run(cli.config.as_deref()),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Version => {
            println!("smpp-connector {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(failure),
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done about a closed terminal.
    drop(error.print());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(64),
    }
}

fn tell(failure: Failure) -> ExitCode {
    match failure {
        Failure::Failed(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        Failure::Unavailable(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(69)
        }
        Failure::Configuration(problems) => {
            for problem in problems.iter() {
                eprintln!("error: {problem}");
            }
            eprintln!(
                "{} to mend; nothing was started",
                counted(problems.iter().count(), "problem")
            );
            ExitCode::from(78)
        }
        Failure::Told(code) => ExitCode::from(code),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn load(config: Option<&std::path::Path>) -> Result<Config, Failure> {
    Config::load(config).map_err(Failure::Configuration)
}

/// Runs async work on the runtime of the process.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// A time on the command line.
fn duration(text: &str) -> Result<TimeDelta, String> {
    let time = crate::config::parse_duration(text).and_then(|time| TimeDelta::from_std(time).ok());
    let most = TimeDelta::days(3_650);
    time.filter(|time| *time <= most)
        .ok_or_else(|| "use a time such as 30s, 15m, 1h or 2d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_back_is_a_number_and_a_unit() {
        assert_eq!(duration("15m"), Ok(TimeDelta::minutes(15)));
        assert_eq!(duration("2d"), Ok(TimeDelta::days(2)));
        for wrong in ["", "h", "1", "1w", "-1h", "99999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
