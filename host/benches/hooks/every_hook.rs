//! One policy in three languages.

use crate::meter::Meter;
use crate::{load_with, message, receipt};
use anyhow::{Context, Result};
use smpp_connector::policy::Limits;
use smpp_connector::ports::Policy;
use smpp_domain::pdu::SubmitSmPdu;
use smpp_domain::policy::IdOrigin;
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::receipt::{Detection, read};
use smpp_domain::session::SubmitResponse;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// The same policy in three languages, as compiled components that are kept for later gateways: every hook that one message
/// meets, and all of them together.
pub(crate) fn every_hook(meter: &Meter, folder: &Path, language: &str) -> Result<()> {
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
