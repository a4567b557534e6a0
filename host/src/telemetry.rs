//! Logs: to stderr, one line a fact. INFO is for the person who runs the host; texts and full numbers are never logged.
//!
//! The types of the gateway see to that; libraries know nothing of it, and at `debug` and below some of them write what passes
//! through. So they are heard from `warn` on, unless the filter names them.

use std::fmt;
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::thread;
use tracing_subscriber::EnvFilter;

/// The crates whose lines hold nothing private at any level.
const OWN: [&str; 4] = ["smpp_connector", "smpp_codec", "smpp_domain", "smsc_sim"];

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
    let asked = std::env::var("SMPP_CONNECTOR_LOG").ok();
    let filter = asked.and_then(|asked| EnvFilter::try_new(own(&asked)).ok());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(own(default_level))))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that a test or an embedding program has set up its own logging, and its own hook.
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let (place, thread) = (panic.location(), thread::current());
            let place = place.map(tracing::field::display);
            let thread = thread.name();
            tracing::error!(place, thread, words = %words(panic), "a task has panicked: this is a mistake of the gateway");
        }));
    }
}

/// The same filter, in which a level without a target is one for our own crates.
fn own(filter: &str) -> String {
    let each = filter.split(',').map(str::trim).map(|directive| {
        let verbose = ["info", "debug", "trace", "3", "4", "5"];
        if verbose.iter().any(|level| directive.eq_ignore_ascii_case(level)) {
            let ours = OWN.map(|name| format!(",{name}={directive}"));
            format!("warn{}", ours.concat())
        } else {
            directive.to_owned()
        }
    });
    each.collect::<Vec<_>>().join(",")
}

/// What a panic says. Words that are made when it happens may hold what was at hand then, such as the text in which there is
/// no character at an index; the place tells as much.
fn words<'a>(panic: &'a PanicHookInfo<'_>) -> impl fmt::Display + use<'a> {
    let fixed = panic.payload().downcast_ref::<&'static str>();
    fixed
        .copied()
        .unwrap_or("(not shown: they may hold something private)")
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn a_bare_level_is_for_our_own_crates_and_libraries_are_named() {
        let ours = "warn,smpp_connector=trace,smpp_codec=trace,smpp_domain=trace,smsc_sim=trace";
        assert_eq!(own("trace"), ours);
        assert_eq!(own("trace, sqlx=debug"), format!("{ours},sqlx=debug"));
        for kept in [
            "warn",
            "off",
            "smpp_connector::smpp=debug",
            "async_nats=trace,error",
        ] {
            assert_eq!(own(kept), kept);
        }
        assert!(tracing_subscriber::EnvFilter::try_new(ours).is_ok());
    }
}
