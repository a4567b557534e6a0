//! Commands that keep coming, whatever happens to who should carry them out.

use crate::process::kill::{Dice, Sent};
use smpp_connector_tests::{Operator, PATIENCE, Platform};
use smpp_domain::ids::MessageId;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between batches of one to six messages: some 100 messages a second.
const PACE: Duration = Duration::from_millis(35);

/// Publishes until it is stopped.
pub(super) struct Traffic {
    stop: CancellationToken,
    task: JoinHandle<BTreeMap<MessageId, Sent>>,
}

impl Traffic {
    /// Begins. The numbers of all traffic of a story start with what is the story's alone.
    pub(super) fn start(platform: &Platform, operator: &Operator, seed: u64) -> Self {
        let stop = CancellationToken::new();
        let (bus, operator, stopped) = (platform.bus(), operator.clone(), stop.clone());
        let task = platform.spawn(async move {
            let mut dice = Dice(seed);
            let mut accepted = BTreeMap::new();
            while !stopped.is_cancelled() {
                let mut batch = Vec::new();
                for _ in 0..=dice.roll(5) {
                    let number = format!("4915{:08}", accepted.len());
                    let sent = Sent::random(number, &mut dice);
                    let message = sent.message(&operator);
                    accepted.insert(message.id(), sent);
                    batch.push(message);
                }
                bus.publish(&batch).await;
                tokio::time::sleep(PACE).await;
            }
            accepted
        });
        Self { stop, task }
    }

    /// Ends; returns all that NATS has accepted.
    pub(super) fn stop(self, platform: &Platform) -> BTreeMap<MessageId, Sent> {
        self.stop.cancel();
        let ended = platform.block_on(async { tokio::time::timeout(PATIENCE, self.task).await });
        ended.expect("an end in time").expect("traffic that goes on")
    }
}
