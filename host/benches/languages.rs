//! What a plugin costs by the language that it is written in: one policy, three times.
//!
//! ```text
//! smpp-connector plugin doctor --fix
//! cargo bench -p smpp-connector --bench languages [-- --millis 2000] [--language python]
//! ```
//! The plugins are those of `tests/fixtures/published`, called as the pipeline calls them, with the limits of an operator whose
//! file says nothing. One thread; µs a call: median and 99th percentile.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use serde_json::{Value, json};
use smpp_connector::policy::build::{BuildRequest, build};
use smpp_connector::policy::{Limits, OperatorPolicyConfig, PolicyHost};
use smpp_connector::ports::{Policy, PolicySource as _};
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::question::Question;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const LANGUAGES: [&str; 3] = ["rust", "javascript", "python"];
/// A question of each kind, by its fixture.
const QUESTIONS: [(&str, &str); 8] = [
    ("encoding.choose, short", "a-short-text"),
    ("encoding.choose, long", "a-long-text"),
    ("splitting.plan", "a-few-parts"),
    ("submit.rewrite, one TLV added", "a-service-type"),
    ("submit-result.classify", "accepted"),
    ("message-ids.normalise", "an-id-in-hexadecimal"),
    ("inbound.interpret, left", "a-known-state"),
    ("inbound.interpret, corrected", "a-state-of-its-own"),
];
/// Operators with an instance each, to see what one takes.
const OPERATORS: u32 = 20;

#[derive(Parser)]
struct Options {
    /// How long each question is asked, in milliseconds
    #[arg(long)]
    millis: Option<u64>,
    /// Only this language
    #[arg(long)]
    language: Option<String>,
    /// Given by `cargo bench`; without it a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let asked = Duration::from_millis(options.millis.unwrap_or(if options.bench { 1_000 } else { 5 }));
    // Python alone takes most of a minute, and the tests build it anyway.
    let all: &[&str] = if options.bench { &LANGUAGES } else { &["rust"] };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    for language in all {
        if options.language.as_deref().is_none_or(|only| only == *language) {
            measure(language, asked, folder.path())?;
        }
    }
    Ok(())
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/published")
}

fn measure(language: &str, asked: Duration, folder: &Path) -> Result<()> {
    let built = build(&BuildRequest {
        crate_dir: fixtures().join("src").join(language),
        out: folder.join(language).with_extension("wasm"),
        features: Vec::new(),
        no_default_features: false,
    })?;
    println!(
        "{language}: built in {:.1} s, {} octets",
        seconds(built.millis),
        built.size
    );
    let before = resident()?;
    let started = Instant::now();
    let host = PolicyHost::new(Limits::default())?;
    let first = load(&host, &built.path)?;
    println!(
        "  compiled and tried in {:.2} s; {:.1} MiB more are resident",
        started.elapsed().as_secs_f64(),
        mib(resident()?.saturating_sub(before))
    );
    for (name, file) in QUESTIONS {
        let question = question(file)?;
        let (median, p99) = times(&*first, &question, asked)?;
        println!("  {name:32} {median:>8.1} {p99:>8.1}");
    }
    let question = question("an-id-in-hexadecimal")?;
    let before = resident()?;
    let mut policies = Vec::new();
    for _ in 0..OPERATORS {
        let policy = load(&host, &built.path)?;
        drop(black_box(policy.ask(&question)?));
        policies.push(policy);
    }
    let each = resident()?.saturating_sub(before) / u64::from(OPERATORS);
    println!("  an instance: {:.2} MiB", mib(each));
    Ok(())
}

/// µs of a call: median and 99th percentile.
fn times(policy: &dyn Policy, question: &Question, asked: Duration) -> Result<(f64, f64)> {
    let mut micros = Vec::new();
    // The first calls warm up.
    for _ in 0..200 {
        drop(black_box(policy.ask(question)?));
    }
    let started = Instant::now();
    while started.elapsed() < asked {
        let call = Instant::now();
        drop(black_box(policy.ask(question)?));
        micros.push(call.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    let at = |part: usize| micros.get(micros.len() * part / 100).copied().unwrap_or_default();
    Ok((at(50), at(99)))
}

fn question(file: &str) -> Result<Question> {
    let path = fixtures().join("fixtures").join(file).with_extension("json");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let fixture: Value = serde_json::from_str(&text)?;
    Ok(serde_json::from_value(
        json!({ "hook": fixture.get("hook"), "input": fixture.get("input") }),
    )?)
}

fn load(host: &PolicyHost, file: &Path) -> Result<Arc<dyn Policy>> {
    let policy = host.load_operator(OperatorPolicyConfig {
        settings: json!({ "service_type": "VMA" }),
        ..OperatorPolicyConfig::new(OperatorId(Uuid::now_v7()), "bench", Some(file.to_owned()))
    })?;
    Ok(policy.current())
}

/// Octets of memory that this process has.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.ok_or_else(|| anyhow!("no VmRSS in /proc/self/status"))? << 10)
}

fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn mib(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}
