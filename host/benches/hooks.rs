//! What one call of each policy hook costs, beside the gateway's own work for the same message.
//!
//! ```text
//! cargo bench -p smpp-connector --bench hooks [-- --millis 100]
//! ```
//! Plugins are called as the pipeline calls them, through [`smpp_connector::ports::Policy`]: conversion both ways, deadline,
//! limits, circuit breaker and counters included. One thread; ns a call: the median of ten batches (the best one), and of calls that
//! are timed one by one, the one in the middle and the slowest of a hundred. The latter hold a look at the clock, about 30 ns.
//!
//! `--only` plays the rows whose names contain a text, for a profiler.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "hooks/quirks.rs"]
mod quirks;

use anyhow::{Context, Result};
use clap::Parser;
use smpp_connector::policy::build::{BuildRequest, build};
use smpp_connector::policy::{Limits, OperatorPolicyConfig, PolicyHost};
use smpp_connector::ports::{Policy, PolicySource as _};
use smpp_domain::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use smpp_domain::encoding::{Alphabet, UnencodableRule, encode};
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use smpp_domain::pdu::{Address, DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{IdOrigin, OutboundMessage, ReferenceWidth};
use smpp_domain::receipt::message_id::default_key;
use smpp_domain::receipt::{Detection, read};
use smpp_domain::session::SubmitResponse;
use smpp_domain::split::{Plan, split};
use smpp_domain::status::StatusClasses;
use std::convert::Infallible;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Batches of each figure.
const BATCHES: u32 = 10;

#[derive(Parser)]
struct Options {
    /// Length of one batch, in milliseconds
    #[arg(long)]
    millis: Option<u64>,
    /// The rows whose names contain this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Given by `cargo bench`; without it a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let millis = options.millis.unwrap_or(if options.bench { 50 } else { 1 });
    let meter = Meter {
        batch: Duration::from_millis(millis),
        only: options.only,
    };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (latin1, hexdec, dlt) = (
        component(folder.path(), "latin1")?,
        component(folder.path(), "hexdec")?,
        component(folder.path(), "dlt")?,
    );
    println!(
        "{:66} {:>9} {:>8} {:>8} {:>8}",
        "ns a call, one thread", "median", "(best)", "p50", "p99"
    );
    outbound(
        &meter,
        &*load(&latin1, Limits::default())?,
        &*load(&hexdec, Limits::default())?,
    )?;
    inbound(&meter, &*load(&hexdec, Limits::default())?)?;
    let registered = serde_json::json!({ "entity_id": "1101456700000012345", "template_id": "42" });
    submits(&meter, &*load_with(&dlt, Limits::default(), registered)?)?;
    for language in ["rust", "javascript", "python"] {
        every_hook(&meter, folder.path(), language)?;
    }
    // No such file: the plugin that the gateway brings along.
    let prebuilt = folder.path().join("quirks.wasm");
    quirks::measure(
        &meter,
        "",
        &*load_with(&prebuilt, Limits::default(), quirks::full_profile())?,
    )?;
    quirks::measure(&meter, ", no settings", &*load(&prebuilt, Limits::default())?)?;
    lives(&meter, &latin1)
}

/// The same policy in three languages, as compiled components that are kept for later gateways: every hook that one message
/// meets, and all of them together.
fn every_hook(meter: &Meter, folder: &Path, language: &str) -> Result<()> {
    let suffix = |name: &str| format!("{name}, {language}");
    let all = suffix("all seven calls of one message");
    // Python takes half a minute to compile.
    if !meter.only.is_empty() && !all.contains(&meter.only) && !meter.only.contains(language) {
        return Ok(());
    }
    let policy = kept(folder, language)?;
    let message = message("Your parcel arrives today, and nobody need be at home for it.");
    let pdu = SubmitSmPdu {
        source: message.source.clone(),
        destination: message.destination.clone(),
        short_message: message.text.clone().into_bytes(),
        registered_delivery: 1,
        ..SubmitSmPdu::default()
    };
    let place = PartPlace { number: 1, count: 1 };
    let response = SubmitResponse {
        message_id: "10C8F40D".to_owned(),
        ..SubmitResponse::default()
    };
    let receipt = receipt("DELIVRD");
    let reading = read(&receipt, Detection::EsmClass, None).context("a receipt that cannot be read")?;
    let octets = u32::try_from(message.text.len())?;
    meter.row(&suffix("encoding.choose, 61 characters"), || {
        policy.encoding(&message)
    })?;
    meter.row(&suffix("splitting.plan, 61 characters"), || {
        policy.splitting(&message, 0, octets)
    })?;
    meter.row(&suffix("submit.rewrite, a field and a TLV"), || {
        policy.submit(&message, &pdu, place)
    })?;
    meter.row(&suffix("submit-result.classify, accepted"), || {
        policy.submit_result(&response, 1)
    })?;
    meter.row(&suffix("message-ids.normalise"), || {
        policy.message_key("10C8F40D", IdOrigin::SubmitResp)
    })?;
    meter.row(&suffix("inbound.interpret, a word it leaves"), || {
        policy.inbound(&receipt, Some(&reading))
    })?;
    meter.row(&all, || {
        black_box(policy.encoding(&message)?);
        black_box(policy.splitting(&message, 0, octets)?);
        black_box(policy.submit(&message, &pdu, place)?);
        black_box(policy.message_key("10C8F40D", IdOrigin::SubmitResp)?);
        black_box(policy.submit_result(&response, 1)?);
        black_box(policy.inbound(&receipt, Some(&reading))?);
        policy.message_key("0281605133", IdOrigin::ReceiptText)
    })
}

/// A component of `tests/fixtures/published`, at work.
fn kept(folder: &Path, language: &str) -> Result<Arc<dyn Policy>> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/published/1.0.0")
        .join(language)
        .with_extension("wasm.zst");
    let mut unpacked = ruzstd::decoding::StreamingDecoder::new(std::fs::File::open(&packed)?)?;
    let file = folder.join(language).with_extension("wasm");
    std::io::copy(&mut unpacked, &mut std::fs::File::create(&file)?)?;
    load_with(
        &file,
        Limits::default(),
        serde_json::json!({ "service_type": "CMT" }),
    )
}

fn outbound(meter: &Meter, latin1: &dyn Policy, hexdec: &dyn Policy) -> Result<()> {
    let short = message(
        &"Your parcel arrives today. "
            .repeat(3)
            .chars()
            .take(70)
            .collect::<String>(),
    );
    let long = message(
        &"Your parcel arrives today. "
            .repeat(30)
            .chars()
            .take(600)
            .collect::<String>(),
    );
    let cyrillic = message(
        &"Посылка придёт сегодня. "
            .repeat(20)
            .chars()
            .take(300)
            .collect::<String>(),
    );
    let whole = Plan::Udh {
        width: ReferenceWidth::EightBits,
        max_octets: None,
        max_parts: None,
    };
    for (name, message, alphabet) in [
        ("70 characters", &short, Alphabet::Gsm7Unpacked),
        ("600 characters", &long, Alphabet::Gsm7Unpacked),
        ("300 characters, UCS2", &cyrillic, Alphabet::Ucs2),
    ] {
        let encoded = encode(&message.text, &alphabet, &UnencodableRule::Reject)?;
        let octets = u32::try_from(encoded.octets_len())?;
        meter.row(&format!("encoding.choose, {name}, latin1"), || {
            latin1.encoding(message)
        })?;
        meter.row(&format!("splitting.plan, {name}, latin1"), || {
            latin1.splitting(message, 3, octets)
        })?;
        meter.row(&format!("  built in: encode, {name}"), || {
            encode(&message.text, &alphabet, &UnencodableRule::Reject)
        })?;
        meter.row(&format!("  built in: split, {name}"), || {
            split(&encoded, &whole, 7)
        })?;
    }
    meter.row(
        "a hook that the plugin does not export (encoding.choose, hexdec)",
        || hexdec.encoding(&short),
    )
}

fn inbound(meter: &Meter, hexdec: &dyn Policy) -> Result<()> {
    meter.row("message-ids.normalise, hexdec", || {
        hexdec.message_key("10C8F40D", IdOrigin::SubmitResp)
    })?;
    meter.row("  built in: default key", || {
        Ok::<_, Infallible>(default_key("10C8F40D"))
    })?;
    for (name, word) in [("a word it corrects", "FAILED"), ("a word it leaves", "DELIVRD")] {
        let receipt = receipt(word);
        let reading = read(&receipt, Detection::EsmClass, None).context("a receipt that cannot be read")?;
        meter.row(&format!("inbound.interpret, {name}, hexdec"), || {
            hexdec.inbound(&receipt, Some(&reading))
        })?;
    }
    let receipt = receipt("DELIVRD");
    meter.row("  built in: read the receipt", || {
        Ok::<_, Infallible>(read(&receipt, Detection::EsmClass, None))
    })
}

fn submits(meter: &Meter, dlt: &dyn Policy) -> Result<()> {
    let message = message("Your parcel arrives today, and nobody need be at home for it.");
    let pdu = SubmitSmPdu {
        source: message.source.clone(),
        destination: message.destination.clone(),
        short_message: message.text.clone().into_bytes(),
        ..SubmitSmPdu::default()
    };
    let place = PartPlace { number: 1, count: 1 };
    meter.row("submit.rewrite, two TLVs, dlt", || {
        dlt.submit(&message, &pdu, place)
    })?;
    let response = SubmitResponse {
        message_id: "10C8F40D".to_owned(),
        ..SubmitResponse::default()
    };
    meter.row("submit-result.classify, accepted, dlt", || {
        dlt.submit_result(&response, 1)
    })?;
    meter.row("  built in: class of a status", || {
        Ok::<_, Infallible>(StatusClasses::default().verdict(&response))
    })
}

/// What comes before a call: once a version, or once an instance (1,000 calls).
fn lives(meter: &Meter, latin1: &Path) -> Result<()> {
    let started = Instant::now();
    drop(load(latin1, Limits::default())?);
    println!(
        "{:66} {:>9.1} ms",
        "engine, compilation, settings.validate and trial of a plugin",
        millis(started.elapsed())
    );
    let fresh = load(
        latin1,
        Limits {
            calls_per_instance: 1,
            ..Limits::default()
        },
    )?;
    let message = message("Your parcel arrives today.");
    meter.row(
        "encoding.choose with an instance of its own for each call",
        || fresh.encoding(&message),
    )
}

/// Takes times.
struct Meter {
    batch: Duration,
    only: String,
}

impl Meter {
    /// Prints the cost of one call. A call that fails would be cheap, so it ends the benchmark.
    fn row<T, E>(&self, name: &str, mut call: impl FnMut() -> Result<T, E>) -> Result<()>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        if !name.contains(&self.only) {
            return Ok(());
        }
        let mut nanos = Vec::new();
        // The first batch warms up.
        for batch in 0..=BATCHES {
            let (started, mut calls) = (Instant::now(), 0_u32);
            while started.elapsed() < self.batch {
                for _ in 0..20 {
                    drop(black_box(call()?));
                }
                calls += 20;
            }
            if batch > 0 {
                nanos.push(started.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
            }
        }
        let (started, mut single) = (Instant::now(), Vec::new());
        while started.elapsed() < 2 * self.batch || single.len() < 100 {
            let before = Instant::now();
            drop(black_box(call()?));
            single.push(before.elapsed().as_secs_f64() * 1e9);
        }
        println!(
            "{name:66} {:>9.0} {:>8} {:>8.0} {:>8.0}",
            at(&mut nanos, 50),
            format!("({:.0})", at(&mut nanos, 0)),
            at(&mut single, 50),
            at(&mut single, 99)
        );
        Ok(())
    }
}

/// The figure that so many of a hundred are below.
fn at(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures
        .get(figures.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn component(folder: &Path, name: &str) -> Result<PathBuf> {
    let out = folder.join(name).with_extension("wasm");
    build(&BuildRequest {
        crate_dir: Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../plugins")
            .join(name),
        out: out.clone(),
        features: Vec::new(),
        no_default_features: false,
    })?;
    Ok(out)
}

fn load(file: &Path, limits: Limits) -> Result<Arc<dyn Policy>> {
    load_with(file, limits, serde_json::json!({}))
}

fn load_with(file: &Path, limits: Limits, settings: serde_json::Value) -> Result<Arc<dyn Policy>> {
    let policy = PolicyHost::new(limits)?.load_operator(OperatorPolicyConfig {
        settings,
        ..OperatorPolicyConfig::new(OperatorId(Uuid::now_v7()), "bench", Some(file.to_owned()))
    })?;
    Ok(policy.current())
}

fn message(text: &str) -> OutboundMessage {
    let address = |digits: &str| Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    };
    OutboundMessage {
        message_id: MessageId(Uuid::now_v7()),
        account_id: AccountId(Uuid::nil()),
        source: address("4915112345"),
        destination: address("491511234567"),
        text: text.to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

fn receipt(word: &str) -> DeliverSmPdu {
    let text = format!(
        "id:0281605133 sub:001 dlvrd:001 submit date:250314120000 done date:250314120005 stat:{word} err:000 Text:Your parcel"
    );
    DeliverSmPdu {
        esm_class: 0x04,
        short_message: text.into_bytes(),
        ..DeliverSmPdu::default()
    }
}
