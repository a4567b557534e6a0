//! What is held of the queue is worked on, what cannot be held is not.

use super::fakes::Ends;
use super::{HOLD_EVERY, Pipeline, WINDOW, pipeline};
use smpp_connector::ports::{BindStatus, PartResult};
use std::collections::BTreeSet;
use std::time::Instant;

/// Two parts at the bind, and three messages that wait.
const ALL: u64 = 5;

async fn busy(lines: &[(&str, &str)]) -> (Pipeline, Vec<smpp_connector::ports::SubmitRequest>) {
    let mut pipeline = pipeline(lines, None).await;
    let commands: Vec<_> = (0..ALL).map(|n| pipeline.command(&n.to_string())).collect();
    pipeline.intake.hand_out(0, false, &commands);
    let mut out = Vec::new();
    for _ in 0..WINDOW {
        out.push(pipeline.submitted().await);
    }
    (pipeline, out)
}

fn set(tokens: &[u64]) -> BTreeSet<u64> {
    tokens.iter().copied().collect()
}

/// Those that have not come to the bind.
fn waiting() -> BTreeSet<u64> {
    (u64::try_from(WINDOW).unwrap()..ALL).collect()
}

#[tokio::test]
async fn what_cannot_be_held_is_let_go_and_never_sent() {
    let (mut pipeline, out) = busy(&[]).await;
    let leases: Vec<_> = out.iter().map(|request| request.lease.clone()).collect();
    assert!(leases.iter().all(|lease| !lease.is_over(Instant::now())));
    pipeline.intake.away.set(true);
    let ends = pipeline
        .intake
        .until("they are let go", |ends| !ends.let_go.is_empty())
        .await;
    assert_eq!(set(&ends.let_go), waiting());
    assert!(ends.released.is_empty(), "they may be somebody else's: {ends:?}");
    // A bind that has not written its parts yet gives them back.
    assert!(leases.iter().all(|lease| lease.is_over(Instant::now())));
    let mut out = out.into_iter();
    let (written, unwritten) = (out.next().unwrap(), out.next().unwrap());
    pipeline.comes_back(unwritten, PartResult::NotSent).await;
    let ends = pipeline
        .intake
        .until("it is let go too", |ends| ends.let_go.len() == 4)
        .await;
    assert_eq!(ends.let_go[3], 1);
    pipeline.intake.away.set(false);
    pipeline.accept(written).await;
    let ends = pipeline
        .intake
        .until("the one that was sent is settled", |ends| !ends.acked.is_empty())
        .await;
    assert_eq!(ends.acked, [0]);
    // It goes on by itself, with what comes then.
    pipeline.intake.hand_out(9, true, &[pipeline.command("again")]);
    let again = pipeline.submitted().await;
    assert!(!again.lease.is_over(Instant::now()));
    pipeline.accept(again).await;
    pipeline
        .intake
        .until("the new one", |ends| ends.acked.contains(&9))
        .await;
    pipeline.ends().await;
}

#[tokio::test]
async fn waiting_for_the_store_is_no_reason_to_fall_silent() {
    let (mut pipeline, out) = busy(&[]).await;
    pipeline.store.away.set(true);
    // A redelivery is looked up, which waits for the store.
    pipeline.intake.hand_out(9, true, &[pipeline.command("again")]);
    let before = pipeline.intake.until("a hold", |ends| ends.holds > 0).await.holds;
    let ends = pipeline
        .intake
        .until("holds go on", |ends| ends.holds > before + 5)
        .await;
    assert!(ends.let_go.is_empty(), "{ends:?}");
    pipeline.store.away.set(false);
    for request in out {
        pipeline.accept(request).await;
    }
    for _ in 0..4 {
        let request = pipeline.submitted().await;
        pipeline.accept(request).await;
    }
    pipeline
        .intake
        .until("everything is settled", |ends| ends.acked.len() == 6)
        .await;
    pipeline.ends().await;
}

#[tokio::test]
async fn what_lapses_during_a_wait_is_not_sent_after_it() {
    let (mut pipeline, out) = busy(&[]).await;
    pipeline.store.away.set(true);
    pipeline.intake.away.set(true);
    pipeline.intake.hand_out(9, true, &[pipeline.command("again")]);
    let before = pipeline
        .intake
        .until("an unheard hold", |ends| ends.unheard > 0)
        .await;
    // Longer than the right lasts, and then the queue hears of us again before the store does.
    tokio::time::sleep(HOLD_EVERY * 3).await;
    pipeline.intake.away.set(false);
    pipeline
        .intake
        .until("a hold that is heard", |ends| ends.holds > before.holds)
        .await;
    pipeline.store.away.set(false);
    let lapsed = |ends: &Ends| ends.let_go.len() == 4;
    let ends = pipeline.intake.until("they are let go", lapsed).await;
    assert_eq!(set(&ends.let_go), waiting().into_iter().chain([9]).collect());
    assert!(pipeline.nothing_submitted());
    for request in out {
        pipeline.accept(request).await;
    }
    pipeline.ends().await;
    assert!(pipeline.nothing_submitted());
}

#[tokio::test]
async fn without_a_bind_others_get_what_waits() {
    let (mut pipeline, out) = busy(&[]).await;
    pipeline.board.post(BindStatus::Down);
    let back = |ends: &Ends| !ends.released.is_empty();
    let ends = pipeline.intake.until("they are given back", back).await;
    assert_eq!(set(&ends.released), waiting());
    for request in out {
        pipeline.accept(request).await;
    }
    pipeline.ends().await;
}

#[tokio::test]
async fn at_the_end_the_rest_is_given_back_and_not_noted() {
    let (mut pipeline, out) = busy(&[("on_unanswered", "\"report\"")]).await;
    assert_eq!(pipeline.store.noted().len(), WINDOW);
    let mut out = out.into_iter();
    let (sent, unsent) = (out.next().unwrap(), out.next().unwrap());
    pipeline.stop.cancel();
    pipeline.accept(sent).await;
    pipeline.comes_back(unsent, PartResult::NotSent).await;
    pipeline.ends().await;
    let ends = pipeline.intake.until("the end", |_| true).await;
    assert_eq!(
        (set(&ends.acked), set(&ends.released)),
        (set(&[0]), set(&[1, 2, 3, 4]))
    );
    assert!(pipeline.store.noted().is_empty(), "it was never sent");
    assert_eq!(pipeline.events.count(), 1);
}
