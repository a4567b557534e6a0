//! Logs: to stderr, one line a fact. INFO is for the person who runs the host; texts and full numbers are never logged.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// The format of log lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `default_level` applies unless `SMPP_CONNECTOR_LOG` gives a filter. A second call does nothing.
pub fn start(format: LogFormat, default_level: &str) {
    let filter =
        EnvFilter::try_from_env("SMPP_CONNECTOR_LOG").unwrap_or_else(|_| EnvFilter::new(default_level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that a test or an embedding program has set up its own logging.
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    drop(started);
}
