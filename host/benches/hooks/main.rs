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

mod every_hook;
mod meter;

use anyhow::{Context, Result};
use clap::Parser;
use every_hook::every_hook;
use meter::Meter;
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
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

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
    quirks(
        &meter,
        "",
        &*load_with(&prebuilt, Limits::default(), full_profile())?,
    )?;
    quirks(&meter, ", no settings", &*load(&prebuilt, Limits::default())?)?;
    lives(&meter, &latin1)
}

fn outbound(meter: &Meter, latin1: &dyn Policy, hexdec: &dyn Policy) -> Result<()> {
    let of = |sentence: &str, characters| {
        let text: String = sentence.chars().cycle().take(characters).collect();
        message(&text)
    };
    let short = of("Your parcel arrives today. ", 70);
    let long = of("Your parcel arrives today. ", 600);
    let cyrillic = of("Посылка придёт сегодня. ", 300);
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

/// Something for each hook of the plugin that does what its settings say.
fn full_profile() -> serde_json::Value {
    serde_json::json!({
        "message_id": { "submit_resp": "hex", "receipt": "decimal" },
        "receipts": { "time_zone": "+05:30" },
        "states": { "words": { "FAILED": "rejected", "NOCRED": "rejected", "BUFF*": "enroute" }, "codes": { "6": "delivered" } },
        "errors": { "codes": { "21b": { "error": "barred" }, "125": { "error": "not-registered" } } },
        "statuses": { "0x45": "throttle", "0x401": "stop-operator", "0x400-0x4FF": { "class": "reject", "code": "vendor" } },
        "encoding": { "gsm7": { "data_coding": 1 }, "latin1": { "data_coding": 3 } },
        "splitting": { "mode": "udh16", "max_parts": 5 },
        "destination": { "rule": [{ "prefix": "33", "replace_prefix": "0" }, { "match": "international", "replace_prefix": "+" }] },
        "submit": { "service_type": "CMT", "tlv": [{ "tag": 0x1400, "text": "1101456700000012345", "nul": true }] },
    })
}

fn quirks(meter: &Meter, which: &str, quirks: &dyn Policy) -> Result<()> {
    let message = message("Your parcel arrives today, and nobody need be at home for it.");
    let pdu = SubmitSmPdu {
        source: message.source.clone(),
        destination: message.destination.clone(),
        short_message: message.text.clone().into_bytes(),
        ..SubmitSmPdu::default()
    };
    let place = PartPlace { number: 1, count: 1 };
    let response = SubmitResponse {
        message_id: "10C8F40D".to_owned(),
        ..SubmitResponse::default()
    };
    let receipt = receipt("FAILED");
    let reading = read(&receipt, Detection::EsmClass, None).context("a receipt that cannot be read")?;
    meter.row(&format!("encoding.choose, 70 characters, quirks{which}"), || {
        quirks.encoding(&message)
    })?;
    meter.row(&format!("splitting.plan, 600 octets, quirks{which}"), || {
        quirks.splitting(&message, 0, 600)
    })?;
    meter.row(&format!("submit.rewrite, quirks{which}"), || {
        quirks.submit(&message, &pdu, place)
    })?;
    meter.row(
        &format!("submit-result.classify, accepted, quirks{which}"),
        || quirks.submit_result(&response, 1),
    )?;
    meter.row(&format!("message-ids.normalise, quirks{which}"), || {
        quirks.message_key("10C8F40D", IdOrigin::SubmitResp)
    })?;
    meter.row(&format!("inbound.interpret, quirks{which}"), || {
        quirks.inbound(&receipt, Some(&reading))
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
