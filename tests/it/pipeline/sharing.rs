//! Messages that another host has, or seems to have.

use super::fakes::FakeSeen;
use super::{Pipeline, pipeline};
use smpp_connector_tests::Message;
use std::sync::Arc;

const REPORT: (&str, &str) = ("on_unanswered", "\"report\"");

#[tokio::test]
async fn two_copies_in_one_batch_are_one_message() {
    let mut pipeline = pipeline(&[], Some(Arc::default())).await;
    let command = pipeline.command("twice");
    pipeline.intake.hand_out(0, false, &[command.clone(), command]);
    let request = pipeline.submitted().await;
    pipeline.accept(request).await;
    pipeline
        .intake
        .until("both are settled", |ends| ends.acked.len() == 2)
        .await;
    pipeline.ends().await;
    assert!(pipeline.nothing_submitted());
}

/// Of `theirs` and `ours`, handed out as 0 and 1.
async fn only_ours_is_sent(mut pipeline: Pipeline, theirs: &Message) {
    let request = pipeline.submitted().await;
    pipeline.accept(request).await;
    pipeline
        .intake
        .until("ours is settled", |ends| ends.acked == [1])
        .await;
    pipeline.store.settled_elsewhere(theirs.id());
    pipeline
        .intake
        .until("theirs is acknowledged", |ends| ends.acked == [1, 0])
        .await;
    pipeline.ends().await;
    assert!(pipeline.nothing_submitted());
}

#[tokio::test]
async fn a_copy_waits_for_the_outcome_of_the_first() {
    let seen = Arc::new(FakeSeen::default());
    let pipeline = pipeline(&[], Some(seen.clone())).await;
    let (theirs, ours) = (pipeline.command("theirs"), pipeline.command("ours"));
    seen.taken_elsewhere(theirs.id());
    pipeline
        .intake
        .hand_out(0, false, &[theirs.clone(), ours.clone()]);
    only_ours_is_sent(pipeline, &theirs).await;
}

#[tokio::test]
async fn a_copy_that_waits_at_the_end_is_let_go() {
    let seen = Arc::new(FakeSeen::default());
    let mut pipeline = pipeline(&[], Some(seen.clone())).await;
    let (theirs, ours) = (pipeline.command("theirs"), pipeline.command("ours"));
    seen.taken_elsewhere(theirs.id());
    pipeline.intake.hand_out(0, false, &[theirs, ours]);
    let request = pipeline.submitted().await;
    pipeline.accept(request).await;
    pipeline.ends().await;
    let ends = pipeline.intake.until("the end", |_| true).await;
    // Given back at once, it would be sent beside the first.
    assert_eq!((ends.let_go, ends.released), (vec![0], vec![]));
}

#[tokio::test]
async fn what_another_host_has_noted_waits_for_its_outcome() {
    let pipeline = pipeline(&[REPORT], None).await;
    let (theirs, ours) = (pipeline.command("theirs"), pipeline.command("ours"));
    pipeline.store.begun_elsewhere(theirs.id());
    pipeline
        .intake
        .hand_out(0, false, &[theirs.clone(), ours.clone()]);
    only_ours_is_sent(pipeline, &theirs).await;
}
