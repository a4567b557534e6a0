//! Questions and answers for people: numbers masked, texts by their length. What decides (ids, states, codes, flags) stays.

use crate::policy::imports::{mask_numbers, printable};
use serde_json::{Map, Value};
use smpp_domain::pdu::{masked, tag};
use smpp_domain::policy::question::{Answer, Question};

/// Octets of a reason that are shown.
const REASON: usize = 256;
/// No number, and no text worth the name, fits into a parameter of so few octets.
const HARMLESS: usize = 4;

pub(super) fn question(question: &Question) -> Value {
    redacted(serde_json::to_value(question))
}

pub(super) fn answer(answer: &Answer) -> Value {
    redacted(serde_json::to_value(answer))
}

/// A plugin's words.
pub(super) fn reason(text: &str) -> String {
    mask_numbers(&printable(text, REASON)).into_owned()
}

fn redacted(written: Result<Value, serde_json::Error>) -> Value {
    let mut value = written.unwrap_or_default();
    walk(&mut value);
    value
}

fn walk(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(parameter) = harmless_parameter(fields) {
                if !parameter {
                    by_length(fields.get_mut("value"));
                }
                return;
            }
            for (name, field) in fields.iter_mut() {
                match (name.as_str(), &*field) {
                    ("digits", Value::String(digits)) => *field = Value::String(masked(digits)),
                    // An alphanumeric sender is a text too, and a replacement for characters is none.
                    ("text", Value::String(text)) => {
                        *field = Value::String(format!("<{} characters>", text.chars().count()));
                    }
                    ("short-message" | "octets", Value::String(_)) => by_length(Some(field)),
                    ("refuse" | "ignore", Value::String(words)) => *field = Value::String(reason(words)),
                    _ => walk(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether these are the fields of an optional parameter, and if so whether its value may be shown.
fn harmless_parameter(fields: &Map<String, Value>) -> Option<bool> {
    let (number, value) = (fields.get("tag")?.as_u64()?, fields.get("value")?.as_str()?);
    let is_id = number == u64::from(tag::RECEIPTED_MESSAGE_ID);
    Some(is_id || value.len() <= 2 * HARMLESS)
}

fn by_length(field: Option<&mut Value>) {
    if let Some(Value::String(hex)) = field {
        *hex = format!("<{} octets>", hex.len() / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_private_goes_and_what_decides_stays() {
        let mut value = json!({
            "hook": "inbound",
            "input": {
                "pdu": {
                    "source": { "ton": 1, "npi": 1, "digits": "491511234567" },
                    "short-message": "68656c6c6f",
                    "tlvs": [
                        { "tag": 0x1E, "value": "314132423343344500" },
                        { "tag": 0x427, "value": "02" },
                        { "tag": 0x424, "value": "68656c6c6f" },
                    ],
                },
                "reading": { "message-id": "1234567890123", "raw-state": "DELIVRD", "text": "Hello" },
            },
        });
        walk(&mut value);
        let input = &value["input"];
        assert_eq!(input["pdu"]["source"]["digits"], "**********67");
        assert_eq!(input["pdu"]["short-message"], "<5 octets>");
        assert_eq!(input["pdu"]["tlvs"][0]["value"], "314132423343344500");
        assert_eq!(input["pdu"]["tlvs"][1]["value"], "02");
        assert_eq!(input["pdu"]["tlvs"][2]["value"], "<5 octets>");
        assert_eq!(input["reading"]["message-id"], "1234567890123");
        assert_eq!(input["reading"]["text"], "<5 characters>");
        let mut refusal = json!({ "refuse": "not to +491511234567" });
        walk(&mut refusal);
        assert_eq!(refusal["refuse"], "not to +**********67");
    }
}
