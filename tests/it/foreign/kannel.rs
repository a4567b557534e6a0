//! Kannel's test SMSC, which knows transmitters and receivers and unbinds nobody.

use serde_json::{Value, json};
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::foreign::KannelSmsc;
use smpp_connector_tests::{Gateway, Message, Operator};

const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_go_to_kannel_and_come_from_kannel() {
    let smsc = KannelSmsc::start(MESSAGES);
    let pair = Operator::at(smsc.addr())
        .session("bind_mode", "\"TRANSMITTER\"")
        .primary_at(smsc.addr())
        .session("bind_mode", "\"RECEIVER\"");
    let gateway = Gateway::start(vec![pair]).await;
    smsc.told("Handling SMPP PDU of type bind_transmitter", 1).await;
    smsc.told("Handling SMPP PDU of type bind_receiver", 1).await;

    let messages: Vec<_> = (0..MESSAGES)
        .map(|i| Message::to("+491511234567").text(&format!("For Kannel, the {i}.")))
        .collect();
    gateway.send(&messages).await;
    for message in &messages {
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }
    let of_kind = |event: &&Value| event["type"] == "mo";
    let events = gateway
        .events_until(|events| events.iter().filter(of_kind).count() == MESSAGES)
        .await;
    let texts: Vec<_> = events
        .iter()
        .filter(of_kind)
        .map(|event| event["text"].clone())
        .collect();
    let expected: Vec<_> = (1..=MESSAGES).map(|number| json!(number.to_string())).collect();
    assert_eq!(texts, expected);
    smsc.told("Handling SMPP PDU of type deliver_sm_resp", MESSAGES)
        .await;
    smsc.told("Handling SMPP PDU of type enquire_link_resp", MESSAGES)
        .await;

    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    let log = smsc.ended().await;
    for i in 0..MESSAGES {
        let words = format!("submit_sm: short_message = <For Kannel, the {i}.>");
        assert_eq!(
            log.iter().filter(|line| line.contains(&words)).count(),
            1,
            "{words}"
        );
    }
    let complaints: Vec<_> = log
        .iter()
        .filter(|line| line.contains("ERROR:") || line.contains("PANIC:"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
