//! A message of which some parts were sent before a restart.

use super::pipeline;
use chrono::{TimeDelta, Utc};
use smpp_connector::ports::{CorrelationStore, Settlement};
use smpp_connector_tests::Message;
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::event::EventKind;
use smpp_domain::ids::AccountId;
use uuid::Uuid;

/// The first part of so many was accepted.
fn begun(message: &Message, parts: u8, operator: smpp_domain::ids::OperatorId) -> Settlement {
    let row = MessageCorrelation {
        id: Uuid::now_v7(),
        message_id: message.id(),
        operator_message_id: "id-before".to_owned(),
        operator_id: operator,
        to: "4915177".to_owned(),
        submitted_at: Utc::now(),
        expires_at: Utc::now() + TimeDelta::hours(1),
        message_key: "id-before".to_owned(),
        account_id: AccountId(Uuid::nil()),
        part_number: 1,
        part_count: parts,
        reference: Some(0x2F),
    };
    Settlement {
        correlations: vec![row],
        outcome: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_goes_with_the_same_reference() {
    let mut pipeline = pipeline(&[], None).await;
    let message = pipeline.command(&"x".repeat(200));
    let operator = pipeline.operator.operator_id;
    pipeline
        .store
        .settle(&[begun(&message, 2, operator)])
        .await
        .unwrap();
    pipeline.intake.hand_out(1, true, &[message]);
    let rest = pipeline.submitted().await;
    // Of eight bits, references are 1 to 255: 0x2F is written as 0x30.
    assert_eq!(&rest.pdu.short_message[..6], b"\x05\x00\x03\x30\x02\x02");
    pipeline.accept(rest).await;
    pipeline
        .intake
        .until("it settled", |ends| ends.acked == [1])
        .await;
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_cut_otherwise_now_is_not_mixed_with_what_was_sent() {
    let mut pipeline = pipeline(&[], None).await;
    let message = pipeline.command(&"x".repeat(200));
    let operator = pipeline.operator.operator_id;
    pipeline
        .store
        .settle(&[begun(&message, 3, operator)])
        .await
        .unwrap();
    pipeline.intake.hand_out(1, true, &[message]);
    pipeline
        .intake
        .until("it settled", |ends| ends.acked == [1])
        .await;
    assert!(pipeline.nothing_submitted());
    let outcome = &pipeline.events.of(EventKind::Submit)[0];
    let reason = outcome["reason"].as_str().unwrap();
    assert!(
        outcome["outcome"] == "REJECTED" && reason.starts_with("1 of 3 parts were sent"),
        "{outcome}"
    );
    pipeline.ends().await;
}
