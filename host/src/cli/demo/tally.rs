//! What the events tell: every message once, delivered.

use super::stage::{NORDIC, SeenSwap};
use crate::cli::Failure;
use crate::ports::EventLog;
use indicatif::ProgressBar;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The count so far.
pub(super) struct Tally {
    log: Arc<dyn EventLog>,
    after: u64,
    expected: u32,
    accepted: HashSet<String>,
    delivered: HashSet<String>,
    failed: HashSet<String>,
    repeated: u32,
    /// The plugin version that decided last, for the operator whose plugin is swapped.
    decided: watch::Sender<String>,
    /// Swaps that took effect.
    pub(super) swaps: Vec<SeenSwap>,
    /// All events of long messages of the operator whose plugin is swapped, by message: the story is one of them.
    pub(super) stories: HashMap<String, Vec<Value>>,
}

impl Tally {
    pub(super) fn new(log: Arc<dyn EventLog>, expected: u32) -> Self {
        Self {
            log,
            after: 0,
            expected,
            accepted: HashSet::new(),
            delivered: HashSet::new(),
            failed: HashSet::new(),
            repeated: 0,
            decided: watch::Sender::new(String::new()),
            swaps: Vec::new(),
            stories: HashMap::new(),
        }
    }

    /// Tells which plugin version decided last.
    pub(super) fn decided(&self) -> watch::Receiver<String> {
        self.decided.subscribe()
    }

    /// Reads events until every message has its final state.
    pub(super) async fn follow(&mut self, bar: &ProgressBar) -> Result<(), Failure> {
        let mut newest = self.log.newest();
        while self.through() < self.expected as usize {
            newest.borrow_and_update();
            let page = self.log.read_after(self.after, 500).await?;
            if page.is_empty() {
                newest.changed().await?;
                continue;
            }
            for event in page {
                self.after = event.seq;
                let kind = event.subject.split('.').nth(1).unwrap_or_default().to_owned();
                self.count(&kind, serde_json::from_str(&event.payload)?);
            }
            bar.set_position(self.delivered.len() as u64);
        }
        Ok(())
    }

    fn through(&self) -> usize {
        self.delivered.len() + self.failed.len()
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a JSON value answers null for a field that it lacks"
    )]
    fn count(&mut self, kind: &str, mut event: Value) {
        let Some(id) = event["messageId"].as_str().map(ToOwned::to_owned) else {
            return;
        };
        if event["operatorId"] == NORDIC
            && let Some(sha256) = event["policy"]["sha256"].as_str()
        {
            self.decided.send_if_modified(|last| {
                let other = last != sha256;
                if other {
                    sha256.clone_into(last);
                }
                other
            });
        }
        match kind {
            "submit" => {
                let fresh = if event["outcome"] == "ACCEPTED" {
                    self.accepted.insert(id.clone())
                } else {
                    self.failed.insert(id.clone())
                };
                self.repeated += u32::from(!fresh);
            }
            "dlr" if event["messageFinal"] == true => {
                let set = if event["messageState"] == "DELIVERED" {
                    &mut self.delivered
                } else {
                    &mut self.failed
                };
                let fresh = set.insert(id.clone());
                self.repeated += u32::from(!fresh);
            }
            _ => {}
        }
        let is_story =
            self.stories.contains_key(&id) || (event["dataCoding"] == 3 && event["policy"].is_object());
        if is_story {
            event["type"] = Value::from(kind);
            self.stories.entry(id).or_default().push(event);
        }
    }

    /// Adds what an operator took more than once.
    pub(super) fn count_repetitions(&mut self, per_part: &HashMap<(String, Vec<u8>), u32>) {
        self.repeated += per_part.values().map(|count| count - 1).sum::<u32>();
    }

    pub(super) fn sent(&self) -> usize {
        self.expected as usize
    }

    pub(super) fn delivered(&self) -> usize {
        self.delivered.len()
    }

    /// Messages without an end.
    pub(super) fn lost(&self) -> usize {
        self.sent().saturating_sub(self.through())
    }

    pub(super) fn duplicated(&self) -> u32 {
        self.repeated
    }

    pub(super) fn slowest_swap(&self) -> Duration {
        self.swaps.iter().map(|swap| swap.took).max().unwrap_or_default()
    }
}
