//! An operator that is stopped by one of its answers.

use super::{Pipeline, pipeline};
use smpp_connector::ports::OperatorStops;
use smpp_domain::event::EventKind;
use smpp_domain::pdu::CommandStatus;
use std::time::Duration;

const NO_CREDIT: CommandStatus = CommandStatus(0x401);
const STATUSES: (&str, &str) = ("statuses", "{ 0x401 = \"stop-operator\" }");

/// One of two messages is answered "no credit", the other accepted.
async fn stopped(lines: &[(&str, &str)]) -> Pipeline {
    let mut pipeline = pipeline(lines, None).await;
    let commands = [
        pipeline.command("first"),
        pipeline.command("second"),
        pipeline.command("third"),
    ];
    pipeline.intake.hand_out(1, false, &commands);
    let (first, second) = (pipeline.submitted().await, pipeline.submitted().await);
    pipeline.answer(first, NO_CREDIT, "").await;
    let mut board = pipeline.stops.stopped();
    super::within("the stop", board.wait_for(|stopped| !stopped.is_empty()))
        .await
        .unwrap();
    pipeline.accept(second).await;
    pipeline
        .intake
        .until("the one that was out", |ends| ends.acked == [2])
        .await;
    assert!(pipeline.nothing_submitted());
    pipeline
}

fn told(pipeline: &Pipeline) -> Vec<bool> {
    let events = pipeline.events.of(EventKind::Stop);
    events
        .iter()
        .map(|event| event["stopped"].as_bool().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_until_a_person_says_so_and_nothing_is_burnt() {
    let mut pipeline = stopped(&[STATUSES]).await;
    let metrics = pipeline.metrics.render();
    assert!(
        metrics.contains("smpp_connector_stopped{operator=\"acme\"} 1"),
        "{metrics}"
    );
    let event = &pipeline.events.of(EventKind::Stop)[0];
    assert_eq!(
        (event["commandStatus"].as_u64(), event["stopped"].as_bool()),
        (Some(0x401), Some(true))
    );
    let id = pipeline.operator.operator_id;
    let was = pipeline.stops.resume(id, "paid").await.unwrap().unwrap();
    assert_eq!(was.command_status, NO_CREDIT);
    for text in ["first", "third"] {
        let next = pipeline.submitted().await;
        assert_eq!(next.pdu.short_message, text.as_bytes(), "each keeps its place");
        pipeline.accept(next).await;
    }
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 3)
        .await;
    assert_eq!(told(&pipeline), [true, false]);
    assert_eq!(pipeline.stops.resume(id, "again").await.unwrap(), None);
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_left_to_others_after_a_while() {
    let mut pipeline = stopped(&[STATUSES]).await;
    let mut ends = pipeline
        .intake
        .until("them given back", |ends| ends.released.len() == 2)
        .await;
    ends.released.sort_unstable();
    assert_eq!(ends.released, [1, 3]);
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_host_is_stopped_by_what_the_store_says() {
    let pipeline = stopped(&[STATUSES]).await;
    let other = smpp_connector::pipeline::Stops::new(pipeline.store.clone(), pipeline.events.clone());
    other.look().await.unwrap();
    assert!(
        other
            .stopped()
            .borrow()
            .contains_key(&pipeline.operator.operator_id)
    );
    other
        .resume(pipeline.operator.operator_id, "over there")
        .await
        .unwrap();
    pipeline.stops.look().await.unwrap();
    let mut pipeline = pipeline;
    let first = pipeline.submitted().await;
    pipeline.accept(first).await;
    let third = pipeline.submitted().await;
    pipeline.accept(third).await;
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 3)
        .await;
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_is_tried_now_and_then_where_the_file_says_so() {
    let mut pipeline = stopped(&[STATUSES, ("stop_retry", "\"1s\"")]).await;
    let tried = pipeline.submitted().await;
    assert_eq!(tried.pdu.short_message, b"first");
    assert!(pipeline.nothing_submitted(), "one at a time");
    pipeline.answer(tried, NO_CREDIT, "").await;
    let begun = std::time::Instant::now();
    let tried = pipeline.submitted().await;
    assert!(
        begun.elapsed() > Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(tried.pdu.short_message, b"first");
    pipeline.accept(tried).await;
    let third = pipeline.submitted().await;
    pipeline.accept(third).await;
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 3)
        .await;
    assert_eq!(told(&pipeline), [true, false]);
    pipeline.ends().await;
}
