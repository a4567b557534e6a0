//! Outcomes are durable as soon as they can be, whatever comes after them.

use super::{pipeline, within};
use smpp_domain::event::EventKind;
use std::time::Duration;

/// More than the steps of settling have batches under way.
const MESSAGES: usize = 8;

/// With the sink of events the queue is away, mostly: when they are back, another host may get these commands before this one has told
/// of them, and would send again what has no outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_are_recorded_while_no_event_can_be_published() {
    let mut pipeline = pipeline(&[], None).await;
    pipeline.events.away.set(true);
    pipeline.intake.away.set(true);
    for message in 0..MESSAGES {
        let token = u64::try_from(message).unwrap();
        let command = pipeline.command("under way");
        pipeline.intake.hand_out(token, false, &[command]);
        let request = pipeline.submitted().await;
        pipeline.accept(request).await;
        within("its outcome is recorded", async {
            while pipeline.store.settled() <= message {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
    pipeline.events.away.set(false);
    pipeline.intake.away.set(false);
    pipeline
        .intake
        .until("all are acknowledged", |ends| ends.acked.len() == MESSAGES)
        .await;
    assert_eq!(pipeline.events.of(EventKind::Submit).len(), MESSAGES);
    pipeline.ends().await;
}
