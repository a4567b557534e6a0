//! The plugin that does what its settings say.

use super::{Meter, message, receipt};
use anyhow::{Context, Result};
use smpp_connector::ports::Policy;
use smpp_domain::pdu::SubmitSmPdu;
use smpp_domain::policy::IdOrigin;
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::receipt::{Detection, read};
use smpp_domain::session::SubmitResponse;

/// Something for each hook of the plugin that does what its settings say.
pub(super) fn full_profile() -> serde_json::Value {
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

pub(super) fn measure(meter: &Meter, which: &str, quirks: &dyn Policy) -> Result<()> {
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
