//! A recorded hook call as people read it: what was asked, who answered what, and the PDU in fields and octets.

use crate::cli::view::text;
use serde_json::Value;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::status;

/// Digits of a digest that are shown: enough to tell versions apart.
const DIGEST: usize = 12;

/// Lines about a call; those after the first stand deeper.
pub(in crate::cli) fn lines(record: &Value) -> Vec<String> {
    let hook = text(record, "/hook");
    let mut head = format!("{} {hook}", time(record));
    let asked = match hook.as_str() {
        "submit" => format!(
            " of part {}/{}",
            text(record, "/question/input/part/number"),
            text(record, "/question/input/part/count")
        ),
        "submit-result" => format!(" of {}", response(record)),
        "message-ids" => format!(
            " of {} from {}",
            text(record, "/question/input/raw"),
            text(record, "/question/input/origin")
        ),
        "splitting" => format!(" of {} octets", text(record, "/question/input/octets")),
        _ => String::new(),
    };
    head += &asked;
    if let Some(number) = record.get("sequenceNumber").and_then(Value::as_u64) {
        head += &format!(", sequence_number {number}");
    }
    if let Some(outcome) = record.get("outcome").and_then(Value::as_str) {
        head += &format!(", {outcome}");
    }
    head += &format!(": {}, by {}", answer(record), who(record));
    let mut lines = vec![head];
    match hook.as_str() {
        "submit" => lines.extend(
            sent(record)
                .map(|pdu| told("submit_sm", pdu))
                .into_iter()
                .flatten(),
        ),
        "inbound" => {
            let pdu = record.pointer("/question/input/pdu");
            lines.extend(pdu.map(|pdu| told("deliver_sm", pdu)).into_iter().flatten());
            lines.extend(reading(record));
        }
        _ => {}
    }
    lines.extend(record.get("hint").and_then(Value::as_str).map(str::to_owned));
    lines
}

/// The submit_sm of a call of `submit` as it went out.
pub(in crate::cli) fn sent(record: &Value) -> Option<&Value> {
    let rewritten = record.pointer("/answer/send");
    rewritten.or_else(|| record.pointer("/question/input/pdu"))
}

/// A PDU in the fixture form: its fields in one line, its octets in others.
fn told(name: &str, pdu: &Value) -> Vec<String> {
    let number = |key: &str| pdu.get(key).and_then(Value::as_u64).unwrap_or_default();
    let address = |key: &str| {
        format!(
            "{}/{} {}",
            text(pdu, &format!("/{key}/ton")),
            text(pdu, &format!("/{key}/npi")),
            text(pdu, &format!("/{key}/digits"))
        )
    };
    let short_message = text(pdu, "/short-message");
    let mut fields = format!(
        "{name}: source {}, destination {}, esm_class 0x{:02x}, data_coding 0x{:02x}, registered_delivery 0x{:02x}",
        address("source"),
        address("destination"),
        number("esm-class"),
        number("data-coding"),
        number("registered-delivery"),
    );
    for key in ["protocol-id", "priority-flag", "replace-if-present"] {
        if number(key) != 0 {
            fields += &format!(", {} {}", key.replace('-', "_"), number(key));
        }
    }
    for key in ["service-type", "validity-period", "schedule-delivery-time"] {
        let value = text(pdu, &format!("/{key}"));
        if !value.is_empty() && value != "-" {
            fields += &format!(", {} {value}", key.replace('-', "_"));
        }
    }
    let mut lines = vec![fields, octets("short_message", &short_message)];
    let tlvs = pdu.get("tlvs").and_then(Value::as_array);
    for tlv in tlvs.into_iter().flatten() {
        let tag = tlv.get("tag").and_then(Value::as_u64).unwrap_or_default();
        lines.push(octets(&format!("TLV 0x{tag:04x}"), &text(tlv, "/value")));
    }
    lines
}

/// `short_message, 8 octets: 5878787878201b65`; of text in ASCII also the text.
fn octets(what: &str, hexadecimal: &str) -> String {
    let decoded = hex::decode(hexadecimal).unwrap_or_default();
    let printable = |octet: &u8| octet.is_ascii_graphic() || *octet == b' ';
    let words = match String::from_utf8(decoded.clone()) {
        Ok(text) if decoded.len() > 3 && decoded.iter().all(printable) => format!(" {text:?}"),
        _ => String::new(),
    };
    let colon = if decoded.is_empty() { "" } else { ": " };
    format!("{what}, {} octets{colon}{hexadecimal}{words}", decoded.len())
}

/// What the gateway itself reads in a receipt.
fn reading(record: &Value) -> Option<String> {
    let reading = record
        .pointer("/question/input/reading")
        .filter(|reading| !reading.is_null())?;
    Some(format!(
        "read as: id {}, stat {} ({}), err {}, done {}",
        text(reading, "/message-id"),
        text(reading, "/raw-state"),
        text(reading, "/state"),
        text(reading, "/raw-error"),
        text(reading, "/done-at"),
    ))
}

fn response(record: &Value) -> String {
    let input = "/question/input/response";
    let code = record
        .pointer(&format!("{input}/status"))
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let status = CommandStatus(u32::try_from(code).unwrap_or(u32::MAX));
    let id = text(record, &format!("{input}/message-id"));
    let id = if id.is_empty() {
        "no id".to_owned()
    } else {
        format!("id {id}")
    };
    let nack = record.pointer(&format!("{input}/is-nack")) == Some(&Value::Bool(true));
    let what = if nack { "generic_nack" } else { "answer" };
    format!(
        "{what} {} ({status}), {id}, try {}",
        status::name(status),
        text(record, &format!("{input}/attempt"))
    )
}

fn answer(record: &Value) -> String {
    if let Some(fault) = record.get("fault").filter(|fault| !fault.is_null()) {
        return format!("fault {}: {}", text(fault, "/cause"), text(fault, "/text"));
    }
    match record.get("answer") {
        // Its octets are shown with its fields.
        Some(answer) if answer.get("send").is_some() => "rewritten".to_owned(),
        Some(Value::String(word)) => word.clone(),
        Some(Value::Null) | None => "as it is".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn who(record: &Value) -> String {
    if record.get("policy").is_none_or(Value::is_null) {
        return "the built-in behaviour".to_owned();
    }
    let digest = text(record, "/policy/sha256");
    format!(
        "{} {} ({}), {} us",
        text(record, "/policy/plugin"),
        text(record, "/policy/version"),
        digest.get(..DIGEST).unwrap_or(&digest),
        text(record, "/micros")
    )
}

/// When it was asked.
fn time(record: &Value) -> String {
    let at = record.get("nowMs").and_then(Value::as_i64);
    let at = at.and_then(chrono::DateTime::from_timestamp_millis);
    at.map_or_else(
        || text(record, "/at"),
        |at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_submit_sm_is_told_as_it_went_out() {
        let pdu = |data_coding: u8| {
            json!({
                "source": { "ton": 5, "npi": 0, "digits": "Xxme" }, "destination": { "ton": 1, "npi": 1, "digits": "9967" },
                "esm-class": 64, "data-coding": data_coding, "registered-delivery": 1, "priority-flag": 2,
                "validity-period": "000001000000000R", "short-message": "0500032f0201e9",
                "tlvs": [{ "tag": 5120, "value": "31303100" }],
            })
        };
        let record = json!({
            "hook": "submit", "outcome": "planned", "nowMs": 1_795_740_499_456_i64, "micros": 3,
            "question": { "hook": "submit", "input": { "part": { "number": 1, "count": 2 }, "pdu": pdu(0) } },
            "answer": { "send": pdu(3) },
            "policy": { "plugin": "latin1", "version": "0.1.0", "sha256": "0123456789abcdef" },
        });
        assert_eq!(
            lines(&record),
            [
                "2026-11-27T00:48:19.456Z submit of part 1/2, planned: rewritten, by latin1 0.1.0 (0123456789ab), 3 us",
                "submit_sm: source 5/0 Xxme, destination 1/1 9967, esm_class 0x40, data_coding 0x03, registered_delivery 0x01, \
                 priority_flag 2, validity_period 000001000000000R",
                "short_message, 7 octets: 0500032f0201e9",
                "TLV 0x1400, 4 octets: 31303100",
            ]
        );
    }

    #[test]
    fn answers_and_ids_are_told_in_words() {
        let refused = json!({
            "hook": "submit-result", "outcome": "rejected", "nowMs": 0, "answer": "host-default", "policy": null,
            "question": { "input": { "response": { "status": 11, "message-id": "", "attempt": 1, "is-nack": false } } },
        });
        assert_eq!(
            lines(&refused),
            [
                "1970-01-01T00:00:00.000Z submit-result of answer ESME_RINVDSTADR (0x0000000B), no id, try 1, rejected: \
              host-default, by the built-in behaviour"
            ]
        );
        let unmatched = json!({
            "hook": "message-ids", "outcome": "unmatched", "nowMs": 0, "answer": null, "policy": null,
            "question": { "input": { "raw": "43969", "origin": "receipt-text" } }, "hint": "would match ABC1 if ...",
        });
        let told = lines(&unmatched);
        assert!(
            told[0].contains("message-ids of 43969 from receipt-text, unmatched: as it is"),
            "{told:?}"
        );
        assert_eq!(told[1], "would match ABC1 if ...");
    }

    #[test]
    fn a_receipt_is_told_with_its_text_and_its_reading() {
        let record = json!({
            "hook": "inbound", "outcome": "matched", "nowMs": 0, "answer": "host-default", "policy": null,
            "question": { "input": {
                "pdu": { "esm-class": 4, "short-message": hex::encode("id:7 stat:DELIVRD"), "tlvs": [] },
                "reading": { "message-id": "7", "raw-state": "DELIVRD", "state": "delivered", "raw-error": "", "done-at": null },
            } },
        });
        let told = lines(&record);
        assert!(told[2].ends_with("\"id:7 stat:DELIVRD\""), "{told:?}");
        assert_eq!(told[3], "read as: id 7, stat DELIVRD (delivered), err , done -");
    }
}
