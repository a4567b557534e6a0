//! What is kept of an odd PDU, and what is not.

use super::super::seen;
use super::{DELIVER_SM, Story, get, pdu};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, http};
use smsc_sim::{Script, Smsc, Writes};

/// A receipt that ends within a TLV, with a number and a text in it.
fn odd_receipt() -> Vec<u8> {
    let text = b"id:0A42 stat:UNDELIV err:021 text:Your pin is 4711";
    [
        b"\0\x01\x01491701234589\0\x05\0ACME\0\x04\0\0\0\0\0\0\0\0".as_slice(),
        &[u8::try_from(text.len()).unwrap()],
        text,
        b"\x04\x27\0\x09\x05",
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_shows_the_pdu_and_nothing_private() {
    let mut story = Story::begin(Writes::Whole).await;
    let (_, _) = story.in_flight().await;
    story.write(&pdu(DELIVER_SM, 0, 77, &odd_receipt()));
    story.answer(77).await;
    story.write(&pdu(0x09, 0, 78, b"user\0secret\0\0\x34\0\0\0"));
    story.answer(78).await;
    let kept = story.kept().await;
    assert_eq!(kept.len(), 2, "{kept:?}");

    let receipt = &kept[0];
    let expected = json!({
        "operator": "acme", "bind": 0, "direction": "received", "command": "deliver_sm", "commandStatus": 0,
        "sequenceNumber": 77, "kind": "beyond_end", "oddity": "beyond_end in tlv", "length": 16 + odd_receipt().len(),
    });
    super::assert_tells(receipt, &expected, "the receipt");
    assert!(receipt["at"].is_string() && receipt["operatorId"].is_string());
    let octets = hex::decode(receipt["octets"].as_str().unwrap()).unwrap();
    assert_eq!(octets.len(), 16 + odd_receipt().len());
    let shown = String::from_utf8_lossy(&octets);
    assert!(
        shown.contains("**********89\0\x05\0**ME\0\x04")
            && shown.contains("id:0A42 stat:UNDELIV err:021 text:Xxxx xxx xx 0000\x04\x27\0\x09"),
        "{shown:?}"
    );
    let summary = receipt["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("deliver_sm seq 77 from **********89 to **ME"),
        "{summary}"
    );

    let bind = String::from_utf8(hex::decode(kept[1]["octets"].as_str().unwrap()).unwrap()).unwrap();
    assert!(bind.contains("user\0******\0"), "{bind:?}");

    let file = std::fs::read_to_string(story.gateway.path("data/odd-pdus.ndjson")).unwrap();
    assert_eq!(file.lines().count(), 2);
    for private in ["4917012345", "pin is 4711", "secret"] {
        assert!(
            !file.contains(private) && !file.contains(&hex::encode(private)),
            "{private}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_of_each_kind_are_kept_and_all_are_counted() {
    let mut story = Story::begin(Writes::Whole).await;
    let (message, submit) = story.in_flight().await;
    for sequence in 0..500 {
        story.write(&pdu(0x0001_0200, 0, 10_000 + sequence, b""));
    }
    story.write(&pdu(0x03, 0, 400, b""));
    story.take(submit, "fine");
    story.gateway.outcome(message.id()).await;
    let kept = story.kept().await;
    let of = |command: &str| kept.iter().filter(|record| record["command"] == command).count();
    assert_eq!((of("command 0x00010200"), of("query_sm")), (10, 1));
    let metrics = story.gateway.app.metrics.render();
    let counted = r#"smpp_connector_odd_pdus_total{operator="acme",kind="unknown_command"} 501"#;
    assert!(metrics.contains(counted), "{metrics}");
}

/// Two operators, and an odd PDU from each.
async fn two_operators() -> (Vec<Operator>, Vec<Smsc>, Gateway) {
    let smscs = vec![
        Smsc::start(Script::new().bind_body(&b"N"[..])).await.unwrap(),
        Smsc::start(Script::new().bind_body(&b"S"[..])).await.unwrap(),
    ];
    let named = ["north", "south"].into_iter().zip(&smscs);
    let operators: Vec<_> = named
        .map(|(name, smsc)| Operator::at(smsc.addr()).named(name))
        .collect();
    let gateway = Gateway::start(operators.clone()).await;
    for (smsc, operator) in smscs.iter().zip(&operators) {
        let message = Message::to("491510000009").operator(operator.id);
        gateway.send(std::slice::from_ref(&message)).await;
        gateway.outcome(message.id()).await;
        seen(smsc, |seen| seen.bound == 1).await;
    }
    (operators, smscs, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_told_by_operator_and_outlive_the_gateway() {
    let (operators, smscs, gateway) = two_operators().await;
    let names = |answer: &Value| -> Vec<Value> {
        let records = answer["oddPdus"].as_array().unwrap();
        records.iter().map(|record| record["operator"].clone()).collect()
    };
    let of_one = get(&gateway, "/api/v1/odd-pdus?operator=south").await;
    assert_eq!(names(&of_one), [json!("south")]);
    let by_id = format!("/api/v1/odd-pdus?operator={}", operators[0].id);
    assert_eq!(names(&get(&gateway, &by_id).await), [json!("north")]);
    assert_eq!(names(&get(&gateway, "/api/v1/odd-pdus").await).len(), 2);
    assert_eq!(names(&get(&gateway, "/api/v1/odd-pdus?limit=1").await).len(), 1);

    for query in ["limit=0", "limit=many", "who=south"] {
        let url = gateway.url(&format!("/api/v1/odd-pdus?{query}"));
        let answer = tokio::task::spawn_blocking(move || http::request("GET", &url, &[], b""));
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains("1 to 1000"), "{}", answer.body);
    }

    let folder = gateway.folder();
    gateway.shutdown().await;
    // Nothing new will come.
    drop(smscs);
    let gateway = Gateway::start_in(folder, operators).await;
    assert_eq!(names(&get(&gateway, "/api/v1/odd-pdus").await).len(), 2);
}
