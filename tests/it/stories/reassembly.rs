//! Long messages from subscribers, which come in segments.

use super::{count, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Operator};
use smsc_sim::{Mo, Script, Smsc, Tlv};

async fn stage() -> (Smsc, Gateway) {
    stage_with(|operator| operator).await
}

async fn stage_with(change: impl Fn(Operator) -> Operator) -> (Smsc, Gateway) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![change(Operator::at(smsc.addr()))]).await;
    seen(&smsc, |seen| seen.bound == 1).await;
    (smsc, gateway)
}

/// Segment `number` of `total` with a header of 8 bits.
fn segment(reference: u8, total: u8, number: u8, text: &[u8]) -> Mo {
    let header = [5, 0, 3, reference, total, number];
    Mo {
        octets: [&header, text].concat().into(),
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "")
    }
}

/// Delivers these, each after the one before it was taken.
async fn deliver(smsc: &Smsc, mos: impl IntoIterator<Item = Mo>) {
    for mo in mos {
        assert_eq!(smsc.send_mo(mo).await, Ok(0));
    }
}

/// The texts so far, each with whether it is whole.
async fn told(gateway: &Gateway) -> Vec<(String, bool)> {
    let events = gateway.events().await;
    let read = |event: &&Value| {
        (
            event["text"].as_str().unwrap().to_owned(),
            event["complete"].as_bool().unwrap(),
        )
    };
    of_kind(&events, "mo").iter().map(read).collect()
}

fn whole(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_in_any_order_and_twice_are_one_message() {
    let (smsc, gateway) = stage().await;
    let (one, two, three) = (
        segment(7, 3, 1, b"one "),
        segment(7, 3, 2, b"two "),
        segment(7, 3, 3, b"three"),
    );
    deliver(&smsc, [three.clone(), one.clone(), three, one]).await;
    assert_eq!(told(&gateway).await, []);
    deliver(&smsc, [two]).await;
    let events = gateway.events().await;
    let event = of_kind(&events, "mo")[0];
    assert_eq!(event["text"], "one two three");
    assert_eq!(
        (&event["parts"], &event["complete"], &event["concatenation"]),
        (&json!(3), &json!(true), &Value::Null)
    );
    assert_eq!(
        (&event["from"], &event["to"]),
        (&json!("491510000009"), &json!("12345"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emoji_and_an_escape_may_be_cut_by_a_segment() {
    let (smsc, gateway) = stage().await;
    let octets: Vec<u8> = "Да 😀!".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (first, second) = octets.split_at(8);
    let wide = |number, octets: &[u8]| Mo {
        data_coding: 8,
        ..segment(8, 2, number, octets)
    };
    deliver(&smsc, [wide(2, second), wide(1, first)]).await;
    deliver(&smsc, [segment(9, 2, 1, b"5 \x1b"), segment(9, 2, 2, b"e")]).await;
    assert_eq!(told(&gateway).await, [whole("Да 😀!"), whole("5 €")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_of_numbering_segments_is_understood() {
    let (smsc, gateway) = stage().await;
    let sixteen = |number: u8, text: &[u8]| Mo {
        octets: [&[6, 8, 4, 0, 7, 2, number], text].concat().into(),
        ..segment(0, 2, 1, b"")
    };
    let among_others = |number: u8, text: &[u8]| Mo {
        octets: [&[14, 5, 4, 0, 1, 0, 2, 0x70, 1, 9, 0, 3, 8, 2, number], text]
            .concat()
            .into(),
        ..segment(0, 2, 1, b"")
    };
    let sar = |number: u8, text: &str| {
        let tlv = |tag, value: &[u8]| Tlv {
            tag,
            value: value.to_vec().into(),
        };
        Mo {
            tlvs: vec![tlv(0x020F, &[number]), tlv(0x020E, &[2]), tlv(0x020C, &[0, 7])],
            ..Mo::text("491510000009", "12345", text)
        }
    };
    // Too long for short_message: header and text go into message_payload.
    let in_payload = |number| segment(11, 2, number, &[b'p'; 300]);
    let long = "x".repeat(300);
    // One reference for all of them: they are different messages nevertheless.
    deliver(
        &smsc,
        [
            in_payload(1),
            sixteen(1, b"16 "),
            among_others(2, b"others"),
            segment(7, 2, 1, b"8 "),
            sar(1, &long),
            sixteen(2, b"bits"),
            sar(2, " by parameters"),
            among_others(1, b"among "),
            segment(7, 2, 2, b"bits"),
            in_payload(2),
        ],
    )
    .await;
    let by_parameters = format!("{long} by parameters");
    let in_payload = "p".repeat(600);
    let expected = ["16 bits", &by_parameters, "among others", "8 bits", &in_payload].map(whole);
    assert_eq!(told(&gateway).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_with_one_reference_do_not_mix() {
    let (smsc, gateway) = stage().await;
    let of = |from: &str, number, text: &[u8]| Mo {
        from: from.to_owned(),
        ..segment(1, 2, number, text)
    };
    deliver(
        &smsc,
        [
            of("491510000001", 1, b"A1 "),
            of("491510000002", 2, b"B2"),
            of("491510000002", 1, b"B1 "),
            of("491510000001", 2, b"A2"),
        ],
    )
    .await;
    assert_eq!(told(&gateway).await, [whole("B1 B2"), whole("A1 A2")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_sent_again_after_the_end_is_answered_and_not_told() {
    let (smsc, gateway) = stage().await;
    let (one, two) = (segment(1, 2, 1, b"one "), segment(1, 2, 2, b"two"));
    deliver(&smsc, [one.clone(), two.clone(), two, one]).await;
    assert_eq!(told(&gateway).await, [whole("one two")]);
    // The next message under the reference is another one.
    deliver(&smsc, [segment(1, 2, 1, b"three "), segment(1, 2, 2, b"two")]).await;
    assert_eq!(told(&gateway).await, [whole("one two"), whole("three two")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_stays_incomplete_is_told_with_what_is_missing() {
    let (smsc, gateway) = stage_with(|operator| operator.set("mo_reassembly_timeout", "\"1s\"")).await;
    deliver(&smsc, [segment(1, 4, 4, b"four"), segment(1, 4, 1, b"one ")]).await;
    let events = gateway.events_until(|events| count(events, "mo") == 1).await;
    let event = of_kind(&events, "mo")[0];
    assert_eq!((&event["text"], &event["parts"]), (&json!("one four"), &json!(2)));
    assert_eq!(
        (&event["complete"], &event["missing"]),
        (&json!(false), &json!([2, 3]))
    );
    // What comes after that is not dropped either.
    deliver(&smsc, [segment(1, 4, 2, b"two ")]).await;
    let events = gateway.events_until(|events| count(events, "mo") == 2).await;
    let event = of_kind(&events, "mo")[1];
    assert_eq!(
        (&event["text"], &event["missing"]),
        (&json!("two "), &json!([1, 3, 4]))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_wait_across_a_restart() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    seen(&smsc, |seen| seen.bound == 1).await;
    deliver(&smsc, [segment(1, 2, 2, b"two")]).await;
    let folder = gateway.folder();
    gateway.shutdown().await;
    let gateway = Gateway::start_in(folder, vec![operator]).await;
    seen(&smsc, |seen| seen.binds == 2).await;
    deliver(&smsc, [segment(1, 2, 1, b"one ")]).await;
    assert_eq!(told(&gateway).await, [whole("one two")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_may_leave_incomplete_is_bounded() {
    const BOUND: usize = 10_000;
    const MORE: usize = 50;
    let (smsc, gateway) = stage().await;
    let first_segments = (0..BOUND + MORE).map(|number| Mo {
        from: format!("4915{number:08}"),
        ..segment(1, 2, 1, b"half")
    });
    let all = futures_util::future::join_all(first_segments.map(|mo| smsc.send_mo(mo))).await;
    assert!(all.iter().all(|answer| *answer == Ok(0)));
    let events = gateway.events().await;
    let told = of_kind(&events, "mo");
    assert_eq!(told.len(), MORE, "the oldest make room");
    assert!(told.iter().all(|event| event["missing"] == json!([2])));
}
