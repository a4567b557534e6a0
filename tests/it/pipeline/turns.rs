//! Whose turn it is: of the messages to one number only one is under way.

use super::{Pipeline, pipeline};
use smpp_connector_tests::Message;
use smpp_domain::pdu::CommandStatus;

/// Makes messages to one number.
fn to_one(pipeline: &Pipeline) -> impl Fn(&str) -> Message + use<> {
    let operator = pipeline.operator.operator_id;
    move |text| Message::to("4915177").text(text).operator(operator)
}

fn texts(request: &smpp_connector::ports::SubmitRequest) -> String {
    String::from_utf8_lossy(&request.pdu.short_message).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_to_one_number_go_one_after_the_other() {
    let mut pipeline = pipeline(&[], None).await;
    let to_one = to_one(&pipeline);
    let commands = [to_one("a"), to_one("b"), pipeline.command("other"), to_one("c")];
    pipeline.intake.hand_out(1, false, &commands);
    let (a, other) = (pipeline.submitted().await, pipeline.submitted().await);
    assert_eq!((texts(&a), texts(&other)), ("a".to_owned(), "other".to_owned()));
    pipeline.accept(other).await;
    pipeline
        .intake
        .until("the other one settled", |ends| ends.acked == [3])
        .await;
    assert!(pipeline.nothing_submitted(), "`b` waits for `a`");
    // Refused for now: it keeps its turn.
    pipeline.answer(a, CommandStatus::THROTTLED, "").await;
    for expected in ["a", "b", "c"] {
        let next = pipeline.submitted().await;
        assert_eq!(texts(&next), expected);
        assert!(pipeline.nothing_submitted(), "after {expected}");
        pipeline.accept(next).await;
    }
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 4)
        .await;
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_refused_lets_the_next_go() {
    let mut pipeline = pipeline(&[], None).await;
    let to_one = to_one(&pipeline);
    pipeline
        .intake
        .hand_out(1, false, &[to_one("a"), to_one("b"), to_one("c")]);
    let a = pipeline.submitted().await;
    pipeline.answer(a, CommandStatus(0x0B), "").await;
    let b = pipeline.submitted().await;
    assert_eq!(texts(&b), "b");
    // The operator's trouble: tried again in a second, and the next need not wait for that.
    pipeline.answer(b, CommandStatus::SYSTEM_ERROR, "").await;
    for expected in ["c", "b"] {
        let next = pipeline.submitted().await;
        assert_eq!(texts(&next), expected);
        pipeline.accept(next).await;
    }
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 3)
        .await;
    pipeline.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_order_does_not_matter_nobody_waits() {
    let mut pipeline = pipeline(&[("order_per_number", "false")], None).await;
    let to_one = to_one(&pipeline);
    pipeline.intake.hand_out(1, false, &[to_one("a"), to_one("b")]);
    let (a, b) = (pipeline.submitted().await, pipeline.submitted().await);
    assert_eq!((texts(&a), texts(&b)), ("a".to_owned(), "b".to_owned()));
    pipeline.accept(b).await;
    pipeline.accept(a).await;
    pipeline
        .intake
        .until("all settled", |ends| ends.acked.len() == 2)
        .await;
    pipeline.ends().await;
}
