//! Settings by table, over the quirks that were seen in the field.

mod ids;
mod inbound;
mod outbound;
mod receipts;
mod schema;
mod settings;
mod statuses;

use crate::Quirks;
use serde_json::Value;
use smpp_plugin_sdk::testing::{Context, Entered};
use smpp_plugin_sdk::{
    Address, DeliverSm, LongMessageStrategy, MessageType, OutboundMessage, SmsEncoding, SubmitSm, Tlv,
};

/// Puts settings in force. They must be ones that an operator may have.
fn with(settings: &Value) -> Entered {
    let problems = crate::settings::validate(&settings.to_string());
    assert_eq!(problems, Ok(()), "{settings}");
    Context::new().settings(settings.to_string()).enter()
}

fn address(ton: u8, npi: u8, digits: &str) -> Address {
    Address {
        ton,
        npi,
        digits: digits.to_owned(),
    }
}

fn message(text: &str, encoding: SmsEncoding, message_type: MessageType) -> OutboundMessage {
    OutboundMessage {
        message_id: "m".to_owned(),
        account_id: "a".to_owned(),
        source: address(5, 0, "Acme"),
        destination: address(1, 1, "491500000001"),
        text: text.to_owned(),
        encoding,
        message_type,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

fn sms(text: &str) -> OutboundMessage {
    message(text, SmsEncoding::Gsm7, MessageType::Sms)
}

fn submit_sm() -> SubmitSm {
    SubmitSm {
        service_type: String::new(),
        source: address(5, 0, "Acme"),
        destination: address(1, 1, "491500000001"),
        esm_class: 0,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: String::new(),
        validity_period: "000000010000000R".to_owned(),
        registered_delivery: 1,
        replace_if_present: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: b"Hello".to_vec(),
        tlvs: Vec::new(),
    }
}

fn deliver_sm(esm_class: u8, data_coding: u8, octets: &[u8], tlvs: &[(u16, &[u8])]) -> DeliverSm {
    DeliverSm {
        service_type: String::new(),
        source: address(1, 1, "491500000001"),
        destination: address(3, 0, "12345"),
        esm_class,
        protocol_id: 0,
        priority_flag: 0,
        registered_delivery: 0,
        data_coding,
        sm_default_msg_id: 0,
        short_message: octets.to_vec(),
        tlvs: tlvs
            .iter()
            .map(|&(tag, value)| Tlv {
                tag,
                value: value.to_vec(),
            })
            .collect(),
    }
}
