//! What a hostile plugin costs the operators beside its own.
//!
//! ```text
//! cargo bench -p smpp-connector-tests --bench hostile [-- --messages 30000 --pairs 3 --only loop]
//! ```
//! One gateway with its embedded backends has four operators: `latin1`, `hexdec` and one without a plugin, and beside them one whose
//! plugin is hostile. All four get messages at the same rate, as fast as the gateway takes them. A run ends when the outcomes of the
//! three are read; then the hostile operator's messages are waited for, and one without an outcome ends the benchmark.
//!
//! Each kind of misdeed is played in pairs of runs: one in which the plugin is told to behave, one in which nearly every call of it
//! misbehaves. Only that differs, and the runs alternate, so that a busy minute of the machine falls on both. What is printed is how
//! much of the calm throughput is left, and how much more CPU the whole process has used: where others use the machine too, the
//! second figure is the one to believe.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod stage;

use anyhow::Result;
use clap::Parser;
use stage::{Figures, Stage};

#[derive(Parser)]
struct Options {
    /// Messages to each operator in one run
    #[arg(long)]
    messages: Option<usize>,
    /// Pairs of runs of each kind
    #[arg(long)]
    pairs: Option<usize>,
    /// The kind of this name, alone
    #[arg(long)]
    only: Option<String>,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the hostile plugin is told to do, by name; the n-th message has the n-th of the texts, and then the first again.
const KINDS: [(&str, &[&str]); 8] = [
    ("loop", &["!encoding:loop", "!splitting:loop", "!submit:loop"]),
    ("bomb", &["!encoding:bomb", "!splitting:bomb", "!submit:bomb"]),
    (
        "recurse",
        &["!encoding:recurse", "!splitting:recurse", "!submit:recurse"],
    ),
    ("trap", &["!encoding:trap", "!splitting:trap", "!submit:trap"]),
    (
        // Never so many in a row that its breaker stays open for good: each failure costs an instance.
        "trap at random",
        &[
            "plain",
            "plain",
            "!encoding:trap",
            "plain",
            "!submit:trap",
            "plain",
            "plain",
            "plain",
            "!splitting:trap",
            "plain",
            "plain",
        ],
    ),
    ("huge", &["!encoding:huge", "!splitting:huge", "!submit:huge"]),
    (
        "lies",
        &[
            "!encoding:bad-unit",
            "!encoding:bad-replace",
            "!splitting:bad-part",
            "!splitting:bad-many",
            "!submit:bad-address",
            "!submit:bad-segment",
        ],
    ),
    (
        "floods of log lines",
        &["!encoding:logs", "!splitting:logs", "!submit:logs"],
    ),
];

fn main() -> Result<()> {
    let options = Options::parse();
    let pairs = options.pairs.unwrap_or(if options.bench { 3 } else { 1 });
    let messages = options
        .messages
        .unwrap_or(if options.bench { 30_000 } else { 200 });
    println!(
        "{messages} messages to each of 3 operators and to a hostile one, {pairs} pairs of runs of each kind"
    );
    println!(
        "{:22} {:>9} {:>11} {:>8} {:>9}",
        "", "calm, /s", "hostile, /s", "left", "CPU"
    );
    let kinds = KINDS
        .into_iter()
        .filter(|(name, _)| options.only.as_ref().is_none_or(|only| only == name));
    for (name, texts) in kinds {
        let (mut calm, mut hostile) = (Vec::new(), Vec::new());
        for pair in 0..pairs {
            // Who comes first changes too.
            if pair % 2 == 0 {
                calm.push(Stage::play(messages, &["plain"])?);
            }
            hostile.push(Stage::play(messages, texts)?);
            if pair % 2 == 1 {
                calm.push(Stage::play(messages, &["plain"])?);
            }
        }
        let ratios = hostile
            .iter()
            .zip(&calm)
            .map(|(hostile, calm)| hostile.rate / calm.rate);
        let ratios: Vec<_> = ratios.map(|ratio| format!("{:.0}%", 100.0 * ratio)).collect();
        let rate = |of: &[Figures]| median(of.iter().map(|run| run.rate).collect());
        let cpu = |of: &[Figures]| median(of.iter().map(|run| run.cpu).collect());
        println!(
            "{name:22} {:>9.0} {:>11.0} {:>7.1}% {:>+8.1}%   (of pairs: {})",
            rate(&calm),
            rate(&hostile),
            100.0 * rate(&hostile) / rate(&calm),
            100.0 * (cpu(&hostile) / cpu(&calm) - 1.0),
            ratios.join(", ")
        );
    }
    Ok(())
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}
