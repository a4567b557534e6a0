//! What is odd about this operator, and nothing else: for the rest the gateway does what it always does.

use serde::Deserialize;
use smpp_plugin_sdk::inbound::{Answer, DlrState, Receipt};
use smpp_plugin_sdk::message_ids::Origin;
use smpp_plugin_sdk::settings::{self, Problem};
use smpp_plugin_sdk::{DeliverSm, Fault, Inbound, MessageIds, Settings, operator_policy};
use std::collections::BTreeMap;

struct Plugin;

/// `[policy.settings]` of the operator's file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Known {
    /// How ids stand in the text of receipts: `decimal` (the default) or `hex`.
    receipt_ids: Base,
    /// Words of its own for states, as in `{ NOCRED = "rejected" }`; all of them are final.
    states: BTreeMap<String, State>,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Base {
    #[default]
    Decimal,
    Hex,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum State {
    Enroute,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Accepted,
    Unknown,
    Rejected,
}

impl Settings for Plugin {
    fn validate(document: &str) -> Result<(), Vec<Problem>> {
        settings::read::<Known>(document)
            .map(drop)
            .map_err(|problem| vec![problem])
    }
}

impl MessageIds for Plugin {
    /// submit_sm_resp and receipted_message_id have the id in hexadecimal. The key is its decimal form.
    fn normalise(raw: &str, origin: Origin) -> Result<Option<String>, Fault> {
        let in_hex = origin != Origin::ReceiptText || settings::settings::<Known>()?.receipt_ids == Base::Hex;
        let base = if in_hex { 16 } else { 10 };
        let digits = raw.trim_matches(|end: char| end.is_ascii_whitespace() || end == '\0');
        match u128::from_str_radix(digits, base) {
            // A sign is read, but no operator writes one.
            Ok(id) if !digits.starts_with('+') => Ok(Some(id.to_string())),
            _ => Err(Fault::Malformed(format!("{raw:?} is no number in base {base}"))),
        }
    }
}

impl Inbound for Plugin {
    /// Corrects states that the gateway cannot know.
    fn interpret(_: DeliverSm, reading: Option<Receipt>) -> Result<Answer, Fault> {
        let Some(receipt) = reading else {
            return Ok(Answer::HostDefault);
        };
        let known = settings::settings::<Known>()?;
        let state = match known.states.get(&receipt.raw_state) {
            None => return Ok(Answer::HostDefault),
            Some(State::Enroute) => DlrState::Enroute,
            Some(State::Delivered) => DlrState::Delivered,
            Some(State::Expired) => DlrState::Expired,
            Some(State::Deleted) => DlrState::Deleted,
            Some(State::Undeliverable) => DlrState::Undeliverable,
            Some(State::Accepted) => DlrState::Accepted,
            Some(State::Unknown) => DlrState::Unknown,
            Some(State::Rejected) => DlrState::Rejected,
        };
        Ok(Answer::Receipt(Receipt {
            state,
            is_final: true,
            ..receipt
        }))
    }
}

operator_policy!(Plugin: Settings, MessageIds, Inbound);

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_plugin_sdk::testing::Context;

    // Hooks are plain functions: `cargo test` runs them natively, with these settings.
    #[test]
    fn both_forms_of_an_id_have_one_key() {
        let _call = Context::new()
            .settings(r#"{"receipt_ids": "decimal"}"#)
            .enter();
        assert_eq!(
            Plugin::normalise("39F99DD5", Origin::SubmitResp),
            Plugin::normalise("0972660181", Origin::ReceiptText)
        );
    }
}
