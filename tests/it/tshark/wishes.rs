//! What operators may want of a submit_sm, recorded between gateway and SMSC.

use super::capture::Direction::Out;
use super::reader::{DefaultAlphabet, Seen, read};
use super::relay::Relay;
use serde_json::json;
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc};

const SUBMIT: &str = r#"{ service_type = "CMT", protocol_id = 0x41, esm_class = 3, priority = 2,
    validity = "absolute", utc_offset = "+05:30", registered_delivery = 0x11,
    receipts_on = "last", flash = "tlv", more_messages_to_send = true, tlv = [
        { tag = 0x1400, text = "1101", nul = true },
        { tag = 0x1860, number = 258, octets = 2 },
        { tag = 0x3FFF, hex = "" },
    ] }"#;

const SOURCE: &str = r#"{ alphabet = "gsm7", rule = [{ match = "text", npi = 1 }] }"#;
const DESTINATION: &str = r#"{ rule = [{ prefix = "49", replace_prefix = "0", ton = 2 }] }"#;

const LONG: &str = "Grüße {aus} €uropa, und noch ein Satz, der nicht zu Ende geht. ";

/// The submit_sm of one long flash message, to an operator that takes long texts in this mode.
async fn sent(mode: &str) -> Vec<Seen> {
    let smsc = Smsc::start(Script::new()).await.expect("an SMSC");
    let relay = Relay::to(smsc.addr()).await;
    let operator = Operator::at(relay.addr)
        .set("submit", SUBMIT)
        .set("source", SOURCE)
        .set("destination", DESTINATION)
        .set("splitting", &format!("{{ mode = \"{mode}\" }}"));
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("+4915112345678")
        .with("from", json!("Ünicef_1"))
        .with("messageType", json!("FLASH"))
        .with("expiresAt", json!("2035-03-01T12:30:00.5Z"))
        .with("tlvs", json!([{ "tag": 0x1401, "value": "3700" }]))
        .text(&LONG.repeat(5));
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.end(message.id()).await;
    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    let pdus = relay.pdus();
    let seen = read(&pdus, DefaultAlphabet::Unpacked);
    let directions = pdus.iter().map(|(direction, _)| *direction);
    directions
        .zip(seen)
        .filter(|(direction, pdu)| *direction == Out && pdu.name() == "submit_sm")
        .map(|(_, pdu)| pdu)
        .collect()
}

fn assert_common(part: &Seen) {
    for (field, expected) in [
        ("smpp.service_type", "CMT"),
        ("smpp.destination_addr", "015112345678"),
        ("smpp.validity_period_r", ""),
    ] {
        assert_eq!(part.get(field), expected, "{field}");
    }
    assert!(
        part.get("smpp.validity_period").contains("Mar  1, 2035 12:30:00"),
        "{part:#?}"
    );
    for (field, expected) in [
        ("smpp.source_addr_ton", 5),
        ("smpp.source_addr_npi", 1),
        ("smpp.dest_addr_ton", 2),
        ("smpp.dest_addr_npi", 1),
        ("smpp.protocol_id", 0x41),
        ("smpp.priority_flag", 2),
        ("smpp.esm.submit.msg_mode", 3),
        ("smpp.data_coding", 0),
        ("smpp.dest_addr_subunit", 1),
    ] {
        assert_eq!(part.number(field), expected, "{field}");
    }
    assert_eq!(part.get("smpp.vendor_op"), "3700;3131303100;0102;<none>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_wants_is_read_without_complaint() {
    for (mode, own_tags, parts) in [
        ("udh16", "", 3),
        ("sar", "0x020c;0x020e;0x020f;", 3),
        ("payload", "0x0424;", 1),
    ] {
        let seen = sent(mode).await;
        assert_eq!(seen.len(), parts, "{mode}");
        for (number, part) in (1..).zip(&seen) {
            assert_common(part);
            let last = number == parts;
            let receipts = ("smpp.regdel.receipt", "smpp.regdel.notif");
            let asked = (part.number(receipts.0), part.number(receipts.1));
            assert_eq!(asked, if last { (1, 1) } else { (0, 0) }, "{mode} {number}");
            let more = if parts == 1 { "" } else { "0x0426;" };
            assert_eq!(
                part.get("smpp.opt_param_tag"),
                format!("{own_tags}0x1401;0x0005;{more}0x1400;0x1860;0x3fff"),
                "{mode}"
            );
            if parts > 1 {
                assert_eq!(part.number("smpp.more_messages_to_send"), u32::from(!last));
            }
            let has_header = part.number("smpp.esm.submit.features");
            assert_eq!(has_header, u32::from(mode == "udh16"), "{mode}");
        }
        let text: String = seen.iter().map(|part| part.get("smpp.message_text")).collect();
        assert_eq!(text, LONG.repeat(5), "{mode}");
    }
}
