//! A whole session, recorded between gateway and SMSC.

use super::capture::Direction::{self, In, Out};
use super::reader::{DefaultAlphabet, Seen, read};
use super::relay::Relay;
use serde_json::json;
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Mo, Script, Smsc};

/// enquire_link, sequence number 77.
const ENQUIRE_LINK: [u8; 16] = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 77];

const LONG: &str = "Grüße {aus} €uropa, und noch ein Satz, der nicht zu Ende geht. ";

fn messages() -> Vec<Message> {
    let to = |n: u32| Message::to(&format!("+49151123450{n:02}"));
    vec![
        to(1)
            .text("Plain")
            .with("priority", json!(3))
            .with("validityPeriod", json!(90_000)),
        to(2).text(&LONG.repeat(5)),
        to(3)
            .text(&"Zug 🚂 nach 日本. ".repeat(12))
            .with("encoding", json!("UCS2")),
        to(4)
            .text(&LONG.repeat(8))
            .with("longMessageStrategy", json!("TLV")),
        to(5).text("Now!").with("messageType", json!("FLASH")),
        to(6)
            .text("Jetzt 🚂")
            .with("messageType", json!("FLASH"))
            .with("encoding", json!("UCS2")),
        to(7).text(""),
        to(8).text("Vendor").with("from", json!("+4930123456")).with(
            "tlvs",
            json!([{"tag": 0x1401, "value": "0a0b"}, {"tag": 0x3FFF, "value": ""}]),
        ),
        to(9)
            .text("Silent")
            .with("registeredDelivery", json!(false))
            .with("from", json!("40404")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_read_from_its_bind_to_its_unbind() {
    let smsc = Smsc::start(Script::new()).await.expect("an SMSC");
    let relay = Relay::to(smsc.addr()).await;
    let operator = Operator::at(relay.addr)
        .session("enquire_link", "\"1s\"")
        .session("window", "3");
    let gateway = Gateway::start(vec![operator]).await;

    let messages = messages();
    gateway.send(&messages).await;
    for message in &messages {
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(outcome["outcome"], "ACCEPTED", "{outcome}");
    }
    for message in &messages[..8] {
        gateway.end(message.id()).await;
    }
    let answered = smsc
        .send_mo(Mo::text("491511234567", "40404", "Hello"))
        .await
        .expect("an answer");
    assert_eq!(answered, 0);
    assert_eq!(smsc.send_raw(ENQUIRE_LINK.to_vec()), 1);
    relay.until_answered((In, 0x15), (Out, 0x8000_0015), 1).await;
    relay.until_answered((In, 0x05), (Out, 0x8000_0005), 9).await;
    // After a second of silence.
    relay.until_answered((Out, 0x15), (In, 0x8000_0015), 1).await;
    assert!(
        matches!(gateway.shutdown().await, Ended::Clean),
        "the gateway drains and unbinds"
    );

    let pdus = relay.pdus();
    let seen = read(&pdus, DefaultAlphabet::Unpacked);
    let directions = pdus.iter().map(|(direction, _)| *direction);
    let seen: Vec<_> = directions.zip(&seen).collect();
    the_conversation_is_in_order(&seen);
    every_request_has_its_answer(&seen);
    the_messages_are_as_meant(&seen);
}

type Conversation<'a> = [(Direction, &'a Seen)];

fn the_conversation_is_in_order(seen: &Conversation<'_>) {
    let names: Vec<_> = seen
        .iter()
        .map(|(direction, pdu)| (*direction, pdu.name()))
        .collect();
    let at = |direction, name: &str| (direction, name.to_owned());
    assert_eq!(
        names[..2],
        [at(Out, "bind_transceiver"), at(In, "bind_transceiver_resp")]
    );
    // An enquire_link of the last moment may be answered between unbind and its answer.
    assert_eq!(names.last(), Some(&at(In, "unbind_resp")));
    let count = |direction, name| names.iter().filter(|seen| **seen == at(direction, name)).count();
    for (direction, name, times) in [
        (Out, "bind_transceiver", 1),
        (Out, "unbind", 1),
        (In, "submit_sm_resp", count(Out, "submit_sm")),
        (Out, "deliver_sm_resp", count(In, "deliver_sm")),
        (Out, "enquire_link_resp", 1),
        (In, "enquire_link_resp", count(Out, "enquire_link")),
        (Out, "generic_nack", 0),
        (In, "generic_nack", 0),
    ] {
        assert_eq!(count(direction, name), times, "{direction:?} {name}: {names:?}");
    }
    assert!(count(Out, "enquire_link") > 0);
}

fn every_request_has_its_answer(seen: &Conversation<'_>) {
    let is_answer = |pdu: &Seen| pdu.number("smpp.command_id") & 0x8000_0000 != 0;
    let mut own = Vec::new();
    for (place, (direction, request)) in seen.iter().enumerate().filter(|(_, (_, pdu))| !is_answer(pdu)) {
        let number = request.number("smpp.sequence_number");
        if *direction == Out {
            own.push(number);
        }
        let answer = seen[place..].iter().find(|(back, pdu)| {
            back != direction && is_answer(pdu) && pdu.number("smpp.sequence_number") == number
        });
        let (_, answer) = answer.unwrap_or_else(|| panic!("{request:#?} has no answer"));
        assert_eq!(answer.name(), format!("{}_resp", request.name()));
        assert_eq!(answer.number("smpp.command_status"), 0);
    }
    let expected: Vec<_> = (1..).take(own.len()).collect();
    assert_eq!(own, expected, "sequence numbers count from 1");
}

fn the_messages_are_as_meant(seen: &Conversation<'_>) {
    let to = |n: u32| -> Vec<&Seen> {
        let destination = format!("49151123450{n:02}");
        let is_it =
            |pdu: &&Seen| pdu.name() == "submit_sm" && pdu.get("smpp.destination_addr") == destination;
        seen.iter().map(|(_, pdu)| *pdu).filter(is_it).collect()
    };
    let one = |n| -> &Seen {
        let found = to(n);
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0]
    };
    let text =
        |parts: &[&Seen]| -> String { parts.iter().map(|part| part.get("smpp.message_text")).collect() };

    let plain = one(1);
    assert_eq!(plain.get("smpp.message_text"), "Plain");
    assert_eq!(
        (
            plain.get("smpp.source_addr"),
            plain.number("smpp.source_addr_ton")
        ),
        ("Story", 5)
    );
    assert_eq!(
        (
            plain.number("smpp.dest_addr_ton"),
            plain.number("smpp.dest_addr_npi")
        ),
        (1, 1)
    );
    assert_eq!(
        (
            plain.number("smpp.priority_flag"),
            plain.number("smpp.regdel.receipt")
        ),
        (3, 1)
    );
    assert_eq!(plain.get("smpp.validity_period_r"), "90000.000000000");

    for (n, expected, data_coding) in [(2, LONG.repeat(5), 0), (3, "Zug 🚂 nach 日本. ".repeat(12), 8)] {
        let parts = to(n);
        let total = u32::try_from(parts.len()).expect("few parts");
        assert!(total > 1, "{parts:#?}");
        // The parts of one message leave in their order.
        for (part, number) in parts.iter().zip(1..) {
            assert_eq!(part.number("smpp.data_coding"), data_coding);
            assert_eq!(part.number("smpp.esm.submit.features"), 1);
            assert_eq!(part.number("gsm_sms.udh.mm.msg_part"), number);
            assert_eq!(part.number("gsm_sms.udh.mm.msg_parts"), total);
            assert_eq!(
                part.get("gsm_sms.udh.mm.msg_id"),
                parts[0].get("gsm_sms.udh.mm.msg_id")
            );
        }
        assert_eq!(text(&parts), expected);
    }

    let payload = one(4);
    assert_eq!(payload.number("smpp.sm_length"), 0);
    assert_eq!(payload.get("smpp.opt_param_tag"), "0x0424");
    assert_eq!(payload.get("smpp.message_text"), LONG.repeat(8));

    for (n, data_coding, octets) in [
        (5, 0x10, "4e6f7721"),
        (6, 0x18, "004a00650074007a00740020d83dde82"),
    ] {
        let flash = one(n);
        assert_eq!(flash.number("smpp.data_coding"), data_coding);
        assert_eq!(flash.get("smpp.message"), octets);
    }
    assert_eq!(one(7).number("smpp.sm_length"), 0);

    let vendor = one(8);
    assert_eq!(
        (
            vendor.get("smpp.source_addr"),
            vendor.number("smpp.source_addr_ton")
        ),
        ("4930123456", 1)
    );
    assert_eq!(vendor.get("smpp.opt_param_tag"), "0x1401;0x3fff");
    assert_eq!(vendor.get("smpp.opt_param_len"), "2;0");

    let silent = one(9);
    assert_eq!(
        (
            silent.get("smpp.source_addr"),
            silent.number("smpp.source_addr_ton")
        ),
        ("40404", 3)
    );
    assert_eq!(silent.number("smpp.regdel.receipt"), 0);
}
