//! The fields of a submit_sm, as node-smpp and aiosmpplib read them.

use super::{accepted, assert_fields, submits};
use crate::tshark::relay::Relay;
use serde_json::json;
use smpp_connector_tests::foreign::{NodeSmsc, read_submits};
use smpp_connector_tests::{Gateway, Message, Operator};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fields_of_a_submit_sm_are_read_as_they_were_meant() {
    let smsc = NodeSmsc::start().await;
    let relay = Relay::to(smsc.addr()).await;
    let gateway = Gateway::start(vec![Operator::at(relay.addr)]).await;
    let to = Message::to("+491511234567");
    let rows = [
        (
            to.clone()
                .with("priority", json!(3))
                .with("from", json!("+4930123456")),
            json!({ "priority_flag": 3, "source_addr": "4930123456", "source_addr_ton": 1, "source_addr_npi": 1 }),
            json!({ "priority": 3, "from": "4930123456" }),
        ),
        (
            to.clone()
                .with("validityPeriod", json!(90_000))
                .with("from", json!("40404")),
            json!({ "source_addr": "40404", "source_addr_ton": 3 }),
            json!({ "validity": 90_000.0, "from": "40404" }),
        ),
        (
            to.clone().with("registeredDelivery", json!(false)),
            json!({ "registered_delivery": 0, "esm_class": 0 }),
            json!({ "receipt": 0 }),
        ),
        (
            to.clone().with(
                "tlvs",
                json!([{ "tag": 0x1401, "value": "0a0b" }, { "tag": 0x0204, "value": "1234" }]),
            ),
            // Vendors' parameters have no name, but their number.
            json!({ "5121": "0a0b", "user_message_reference": 0x1234 }),
            json!({ "text": "Once upon a time" }),
        ),
    ];
    let mut messages = Vec::new();
    for (message, node, aiosmpplib) in rows {
        let message = message.with("messageId", json!(uuid::Uuid::now_v7()));
        accepted(&gateway, &message).await;
        messages.push((node, aiosmpplib));
    }
    let by_node = smsc.pdus("submit_sm", messages.len()).await;
    let by_aiosmpplib = read_submits(&submits(&relay.pdus()));
    assert_eq!(by_aiosmpplib.len(), messages.len());
    for ((seen, read), (node, aiosmpplib)) in by_node.iter().zip(&by_aiosmpplib).zip(&messages) {
        assert_fields(&seen["pdu"], node);
        assert_fields(read, aiosmpplib);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_wants_is_read_as_it_was_meant() {
    let smsc = NodeSmsc::start().await;
    let relay = Relay::to(smsc.addr()).await;
    let submit = r#"{ service_type = "CMT", protocol_id = 0x41, esm_class = 3, priority = 2, registered_delivery = 0x11,
        default_validity = "36h", flash = "tlv", tlv = [
            { tag = 0x1400, text = "1101", nul = true },
            { tag = 0x0204, number = 258, octets = 2 },
        ] }"#;
    let operator = Operator::at(relay.addr)
        .set("submit", submit)
        .set("source", r#"{ rule = [{ match = "text", npi = 1 }] }"#)
        .set(
            "destination",
            r#"{ rule = [{ prefix = "49", replace_prefix = "0", ton = 2 }] }"#,
        );
    let gateway = Gateway::start(vec![operator]).await;
    let flash = Message::to("+491511234567").with("messageType", json!("FLASH"));
    accepted(&gateway, &flash).await;
    let expected = json!({
        "service_type": "CMT", "protocol_id": 0x41, "esm_class": 3, "priority_flag": 2, "registered_delivery": 0x11,
        "source_addr": "Story", "source_addr_ton": 5, "source_addr_npi": 1,
        "destination_addr": "01511234567", "dest_addr_ton": 2, "dest_addr_npi": 1,
        "data_coding": 0, "dest_addr_subunit": 1, "user_message_reference": 258, "5120": "3131303100",
    });
    assert_fields(&smsc.pdus("submit_sm", 1).await[0]["pdu"], &expected);
    let expected = json!({ "to": "01511234567", "priority": 2, "receipt": 0x11, "validity": 129_600.0 });
    assert_fields(&read_submits(&submits(&relay.pdus()))[0], &expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flash_message_has_its_class_and_its_text() {
    let smsc = NodeSmsc::start().await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let flash = |text: &str| {
        Message::to("+491511234567")
            .with("messageType", json!("FLASH"))
            .text(text)
    };
    let rows = [
        (flash("Now! 5 €"), 0x10),
        (flash("Jetzt 🚂").with("encoding", json!("UCS2")), 0x18),
    ];
    for (message, _) in &rows {
        accepted(&gateway, message).await;
    }
    let seen = smsc.pdus("submit_sm", rows.len()).await;
    for (seen, (message, data_coding)) in seen.iter().zip(&rows) {
        let command: serde_json::Value = serde_json::from_str(&message.json()).expect("JSON");
        let expected = json!({ "data_coding": data_coding, "short_message": { "message": command["text"] } });
        assert_fields(&seen["pdu"], &expected);
    }
}
