//! Policy plugin for an operator that writes its message ids in hexadecimal in submit_sm_resp and in
//! receipted_message_id, in decimal in the text of receipts, and whose receipts use words of their own for states.

use smpp_plugin_sdk::inbound::{Answer, DlrState, Receipt};
use smpp_plugin_sdk::message_ids::Origin;
use smpp_plugin_sdk::{DeliverSm, Fault, Inbound, MessageIds, operator_policy};

/// SMPP 3.4 section 5.3.2.35.
const MESSAGE_STATE: u16 = 0x0427;

struct HexDec;

impl MessageIds for HexDec {
    /// The key is the number in decimal without padding: `39F99DD5` and `0972660181` are both `972660181`.
    fn normalise(raw: &str, origin: Origin) -> Result<Option<String>, Fault> {
        let (base, name) = match origin {
            Origin::SubmitResp | Origin::ReceiptTlv => (16, "hexadecimal"),
            Origin::ReceiptText => (10, "decimal"),
        };
        // Some of the operator's messages end in NUL inside the counted octets.
        let digits = raw.trim_matches(|end: char| end.is_ascii_whitespace() || end == '\0');
        // `from_str_radix` takes a sign, the operator never writes one.
        if !digits.chars().all(|digit| digit.is_digit(base)) {
            return Err(Fault::Malformed(format!("{raw:?} is not {name}")));
        }
        u128::from_str_radix(digits, base)
            .map(|number| Some(number.to_string()))
            .map_err(|_| {
                Fault::Malformed(match digits {
                    "" => "the id is empty".to_owned(),
                    _ => format!("{raw:?} does not fit 128 bits"),
                })
            })
    }
}

impl Inbound for HexDec {
    fn interpret(pdu: DeliverSm, reading: Option<Receipt>) -> Result<Answer, Fault> {
        let Some(receipt) = reading else {
            return Ok(Answer::HostDefault);
        };
        // With message_state in the PDU a number in `raw_state` may be that TLV's, and its 0 is "scheduled".
        let has_state_tlv = pdu.tlvs.iter().any(|tlv| tlv.tag == MESSAGE_STATE);
        match meaning(&receipt.raw_state, has_state_tlv) {
            Some((state, is_final)) if (state, is_final) != (receipt.state, receipt.is_final) => {
                Ok(Answer::Receipt(Receipt {
                    state,
                    is_final,
                    ..receipt
                }))
            }
            _ => Ok(Answer::HostDefault),
        }
    }
}

/// The operator's words, in any case, with the states that they mean and whether another receipt may follow. `None` for
/// a word that is not in its list.
fn meaning(word: &str, has_state_tlv: bool) -> Option<(DlrState, bool)> {
    let word = word.trim().to_ascii_uppercase();
    Some(match word.as_str() {
        "0" if !has_state_tlv => (DlrState::Delivered, true),
        "DELIVRD" | "DELIVERED" => (DlrState::Delivered, true),
        "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "FAILED" => (DlrState::Undeliverable, true),
        "EXPIRED" => (DlrState::Expired, true),
        "DELETED" => (DlrState::Deleted, true),
        "REJECTD" | "REJECTED" | "BARRED" | "BARREDA" | "NOCRED" | "ZEROBAL" => (DlrState::Rejected, true),
        "ACCEPTD" | "ACCEPTED" => (DlrState::Accepted, false),
        "ENROUTE" | "BUFFRED" | "BUFFERD" | "BUFFERED" | "ACKED" => (DlrState::Enroute, false),
        "UNKNOWN" | "NULL" => (DlrState::Unknown, false),
        _ => return None,
    })
}

operator_policy!(HexDec: MessageIds, Inbound);

#[cfg(test)]
mod tests;
