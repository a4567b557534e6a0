//! PDUs as operators really send them, from a peer of hand-made octets: each is answered, the session lives, and what
//! could be read is told.

use super::{count, of_kind};
use serde_json::{Value, json};
use smpp_connector_tests::{Delivery, Gateway, Message, Operator, Peer, PeerLink, PeerPdu};

const DELIVER_SM: u32 = 0x05;
const DATA_SM: u32 = 0x103;
const ALERT_NOTIFICATION: u32 = 0x102;

async fn stage() -> (PeerLink, Gateway) {
    stage_with(|operator| operator).await
}

async fn stage_with(change: impl Fn(Operator) -> Operator) -> (PeerLink, Gateway) {
    let peer = Peer::listen().await;
    let gateway = Gateway::start(vec![change(Operator::at(peer.addr()))]).await;
    (peer.bound().await, gateway)
}

/// Has the gateway send a message and takes it under this id.
async fn taken(link: &mut PeerLink, gateway: &Gateway, id: &str) -> Message {
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    let submit = link.receive().await;
    assert_eq!(submit.command, 0x04);
    let body = [id.as_bytes(), b"\0"].concat();
    link.send(0x8000_0004, 0, submit.sequence, &body).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    message
}

/// The answer to a deliver_sm: 17 octets in all, with one NUL for the message_id.
fn taken_answer(command: u32, answer: &PeerPdu) {
    let (command, body) = (command | 0x8000_0000, vec![0]);
    assert_eq!(
        (answer.command, answer.status, &answer.body),
        (command, 0, &body),
        "{answer:?}"
    );
}

async fn deliver(link: &mut PeerLink, delivery: &Delivery) {
    let answer = link.ask(DELIVER_SM, &delivery.deliver_sm()).await;
    taken_answer(DELIVER_SM, &answer);
}

async fn the_only(gateway: &Gateway, kind: &str) -> Value {
    let events = gateway.events().await;
    assert_eq!(count(&events, kind), 1, "{events:#?}");
    of_kind(&events, kind)[0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_read_is_kept_and_acknowledged_so_that_it_never_comes_again() {
    let (mut link, gateway) = stage().await;
    for (command, body, raw) in [
        (DELIVER_SM, &b""[..], ""),
        (
            DELIVER_SM,
            b"\0\x01\x01491510000009",
            "000101343931353130303030303039",
        ),
        (DATA_SM, b"\0\x01", "0001"),
    ] {
        taken_answer(command, &link.ask(command, body).await);
        let events = gateway.events().await;
        let kept = *of_kind(&events, "unmatched").last().unwrap();
        assert_eq!(
            (&kept["raw"], &kept["operatorMessageId"]),
            (&json!(raw), &json!(""))
        );
        assert!(
            kept["hint"].as_str().unwrap().contains("cannot be read"),
            "{kept}"
        );
    }
    taken(&mut link, &gateway, "1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_short_is_told_as_far_as_it_goes() {
    let (mut link, gateway) = stage().await;
    let whole = Delivery::of_class(0, b"Hello").tlv(0x1400, b"xyz").deliver_sm();
    // In the last TLV, and in the text.
    for (cut, text) in [(2, "Hello"), (9, "Hel")] {
        let answer = link.ask(DELIVER_SM, &whole[..whole.len() - cut]).await;
        taken_answer(DELIVER_SM, &answer);
        let events = gateway.events().await;
        assert_eq!(of_kind(&events, "mo").last().unwrap()["text"], text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_no_esme_understands_get_a_generic_nack_of_their_own_number() {
    let (mut link, gateway) = stage().await;
    // query_sm, replace_sm, cancel_sm, submit_sm, submit_multi, bind_transceiver, and one that nobody knows.
    for command in [0x03, 0x07, 0x08, 0x04, 0x21, 0x09, 0x0001_0777] {
        for sequence in [0, 7, 0x806A_179B, u32::MAX] {
            link.send(command, 0, sequence, b"1\0").await;
            let expected = PeerPdu {
                command: 0x8000_0000,
                status: 0x03,
                sequence,
                body: Vec::new(),
            };
            assert_eq!(link.receive().await, expected, "{command:#x}");
        }
    }
    taken(&mut link, &gateway, "1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_wants_no_answer_gets_none() {
    let (mut link, gateway) = stage().await;
    // Responses to nothing, an outbind, and a nack of nothing.
    for command in [0x8000_0004, 0x8000_0005, 0x8000_0003, 0x8000_0000, 0x0B] {
        link.send(command, 0x08, 99, b"x\0").await;
    }
    deliver(&mut link, &Delivery::of_class(0, b"Hello")).await;
    assert_eq!(the_only(&gateway, "mo").await["text"], "Hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_about_a_subscriber_is_told_and_not_answered() {
    let (mut link, gateway) = stage().await;
    let body = b"\x01\x01491510000009\0\x04\x0912345\0\x04\x22\0\x01\x01";
    link.send(ALERT_NOTIFICATION, 0, 5, body).await;
    link.send(ALERT_NOTIFICATION, 0, 6, &body[..23]).await;
    // The next PDU is the answer to this, and not to those.
    deliver(&mut link, &Delivery::of_class(0, b"Hello")).await;
    let events = gateway.events_until(|events| count(events, "alert") == 2).await;
    let alerts = of_kind(&events, "alert");
    assert_eq!(
        (&alerts[0]["from"], &alerts[0]["to"], &alerts[0]["availability"]),
        (&json!("491510000009"), &json!("12345"), &json!("DENIED"))
    );
    assert_eq!(alerts[1]["availability"], Value::Null);
    assert!(alerts[0]["receivedAt"].is_string() && alerts[0]["operatorId"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_in_a_data_sm_or_with_an_error_status_is_a_message() {
    let (mut link, gateway) = stage().await;
    let hello = Delivery {
        service_type: b"CMT",
        ..Delivery::of_class(0x03, b"Hello")
    };
    taken_answer(DATA_SM, &link.ask(DATA_SM, &hello.data_sm()).await);
    let event = the_only(&gateway, "mo").await;
    assert_eq!(
        (&event["text"], &event["serviceType"]),
        (&json!("Hello"), &json!("CMT"))
    );
    // command_status says nothing in a request (SMPP 3.4 section 3.2).
    link.send(DELIVER_SM, 0x45, 9, &hello.deliver_sm()).await;
    taken_answer(DELIVER_SM, &link.receive().await);
    assert_eq!(count(&gateway.events().await, "mo"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_known_by_its_class_whatever_else_the_octet_says() {
    let (mut link, gateway) = stage().await;
    let text = |id: u8| format!("id:{id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:x").into_bytes();
    let header = b"\x05\x00\x03\x2f\x01\x01".as_slice();
    for (id, esm_class) in (1..).zip([0x04, 0x07, 0x44, 0x84, 0xC7]) {
        let message = taken(&mut link, &gateway, &id.to_string()).await;
        let header = if esm_class & 0x40 == 0 { &[][..] } else { header };
        let octets = [header, &text(id)].concat();
        deliver(&mut link, &Delivery::of_class(esm_class, &octets)).await;
        assert_eq!(
            gateway.end(message.id()).await["messageState"],
            "DELIVERED",
            "{esm_class:#04x}"
        );
    }
    assert_eq!(count(&gateway.events().await, "mo"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_forges_a_receipt_by_writing_one() {
    let (mut link, gateway) = stage().await;
    taken(&mut link, &gateway, "1").await;
    let forged = b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:x";
    // Acknowledgements of a device are written by its owner too.
    for esm_class in [0x00, 0x03, 0x08, 0x10, 0x18, 0x80] {
        deliver(&mut link, &Delivery::of_class(esm_class, forged)).await;
    }
    let events = gateway.events().await;
    assert_eq!((count(&events, "mo"), count(&events, "dlr")), (6, 0));
    assert_eq!(
        of_kind(&events, "mo")[0]["text"],
        *String::from_utf8_lossy(forged)
    );
}

/// Makes a command and its body of a receipt's text.
type Dress = fn(&[u8]) -> (u32, Vec<u8>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_comes_in_every_dress() {
    let (mut link, gateway) = stage().await;
    let words = |id: &str| format!("id:{id} stat:UNDELIV err:032").into_bytes();
    let dresses: [Dress; 5] = [
        // message_payload with sm_length 0 and a NUL at its end.
        |text| {
            let payload = [text, b"\0"].concat();
            (
                DELIVER_SM,
                Delivery::of_class(4, b"").tlv(0x0424, &payload).deliver_sm(),
            )
        },
        |text| (DATA_SM, Delivery::of_class(4, text).data_sm()),
        // UTF-16BE.
        |text| {
            let wide: Vec<u8> = text.iter().flat_map(|octet| [0, *octet]).collect();
            let delivery = Delivery {
                data_coding: 8,
                ..Delivery::of_class(4, &wide)
            };
            (DELIVER_SM, delivery.deliver_sm())
        },
        // Text in data_coding 3 and a service type of the operator's.
        |text| {
            let delivery = Delivery {
                data_coding: 3,
                service_type: b"smsgw",
                ..Delivery::of_class(4, text)
            };
            (DELIVER_SM, delivery.deliver_sm())
        },
        // Parameters alone, in a data_sm; the id has no NUL.
        |text| {
            let id = text
                .strip_prefix(b"id:")
                .unwrap()
                .split(|octet| *octet == b' ')
                .next()
                .unwrap();
            let delivery = Delivery::of_class(4, b"").tlv(0x001E, id).tlv(0x0427, &[5]);
            (DATA_SM, delivery.tlv(0x0423, &[3, 0, 32]).data_sm())
        },
    ];
    for (number, dress) in dresses.iter().enumerate() {
        let id = format!("A{number}");
        let message = taken(&mut link, &gateway, &id).await;
        let (command, body) = dress(&words(&id));
        taken_answer(command, &link.ask(command, &body).await);
        assert_eq!(
            gateway.end(message.id()).await["state"],
            "UNDELIVERABLE",
            "dress {number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intermediate_notification_is_on_the_way_and_never_the_end() {
    let (mut link, gateway) = stage().await;
    let message = taken(&mut link, &gateway, "1").await;
    deliver(&mut link, &Delivery::of_class(0x20, b"id:1 stat:BUFFRED err:000")).await;
    deliver(&mut link, &Delivery::of_class(0x04, b"id:1 stat:DELIVRD err:000")).await;
    let end = gateway.end(message.id()).await;
    assert_eq!(end["intermediate"], false);
    let events = gateway.events().await;
    let first = of_kind(&events, "dlr")[0];
    assert_eq!(
        (&first["state"], &first["final"], &first["intermediate"]),
        (&json!("ENROUTE"), &json!(false), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipts_date_is_in_utc_where_the_operators_clock_is_known() {
    let text = b"id:1 submit date:2106301439 done date:2106301441 stat:DELIVRD err:000";
    for (zone, done_at) in [(None, "2106301441"), (Some("\"+02:00\""), "2021-06-30T12:41:00Z")] {
        let set = |operator: Operator| match zone {
            Some(zone) => operator.set("receipt_time_zone", zone),
            None => operator,
        };
        let (mut link, gateway) = stage_with(set).await;
        let message = taken(&mut link, &gateway, "1").await;
        deliver(&mut link, &Delivery::of_class(4, text)).await;
        assert_eq!(gateway.end(message.id()).await["doneAt"], done_at);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn octets_may_come_one_at_a_time() {
    let (link, gateway) = stage().await;
    let mut link = link.byte_by_byte();
    let message = taken(&mut link, &gateway, "1").await;
    deliver(
        &mut link,
        &Delivery::of_class(0x44, b"\x05\x00\x03\x2f\x01\x01id:1 stat:DELIVRD"),
    )
    .await;
    taken_answer(
        DATA_SM,
        &link
            .ask(DATA_SM, &Delivery::of_class(0, b"Hello").data_sm())
            .await,
    );
    taken_answer(DELIVER_SM, &link.ask(DELIVER_SM, b"\0").await);
    assert_eq!(link.ask(0x03, b"").await.command, 0x8000_0000);
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let events = gateway.events().await;
    assert_eq!((count(&events, "mo"), count(&events, "unmatched")), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reversed_answers_and_a_receipt_on_another_bind_before_them_find_their_messages() {
    let peer = Peer::listen().await;
    let operator = Operator::at(peer.addr()).session("binds", "2");
    let gateway = Gateway::start(vec![operator]).await;
    let mut links = [peer.bound().await, peer.bound().await];
    let messages: Vec<_> = (0..10)
        .map(|number| Message::to(&format!("49151000000{number}")).text(&number.to_string()))
        .collect();
    gateway.send(&messages).await;
    let mut submits = Vec::new();
    for _ in 0..messages.len() {
        let [first, second] = &mut links;
        let bind = tokio::select! {
            () = first.ready() => 0,
            () = second.ready() => 1,
        };
        let submit = links[bind].receive().await;
        let text = submit.body.last().copied().unwrap();
        submits.push((bind, submit.sequence, char::from(text)));
    }
    for (bind, _, text) in &submits {
        let other: &mut PeerLink = &mut links[1 - bind];
        let receipt = format!("id:of-{text} stat:DELIVRD err:000");
        deliver(other, &Delivery::of_class(4, receipt.as_bytes())).await;
    }
    for (bind, sequence, text) in submits.iter().rev() {
        let id = format!("of-{text}\0");
        links[*bind].send(0x8000_0004, 0, *sequence, id.as_bytes()).await;
    }
    for (number, message) in messages.iter().enumerate() {
        let end = gateway.end(message.id()).await;
        assert_eq!(end["operatorMessageId"], format!("of-{number}"));
    }
}
