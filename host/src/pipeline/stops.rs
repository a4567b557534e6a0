//! Operators to whom nothing is sent: noted in the store, where the other hosts and later starts find it, and told in an
//! event.

use super::publish::{event, publish};
use super::retry::until_done;
use crate::errors;
use crate::ports::{BackendError, EventSink, OperatorStop, OperatorStops, StopStore, Stopped};
use async_trait::async_trait;
use smpp_domain::event::{EventKind, StopEvent};
use smpp_domain::ids::OperatorId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often other hosts' stops are looked for. Until then a host finds out by itself: the same answer stops it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is stopped, as this host knows it.
pub struct Stops {
    store: Arc<dyn StopStore>,
    events: Arc<dyn EventSink>,
    board: watch::Sender<Stopped>,
    /// Held from a look into the store until the board says the same: an old look never overwrites a new note.
    looking: Mutex<()>,
}

impl Stops {
    /// A board that is empty until [`Stops::look`].
    #[must_use]
    pub fn new(store: Arc<dyn StopStore>, events: Arc<dyn EventSink>) -> Self {
        Self {
            store,
            events,
            board: watch::Sender::default(),
            looking: Mutex::default(),
        }
    }

    /// Reads what is stopped.
    ///
    /// # Errors
    /// When the store cannot be reached: what was known stands.
    pub async fn look(&self) -> Result<(), BackendError> {
        let _looking = self.looking.lock().await;
        let stopped = self.store.stopped().await?;
        let stopped: BTreeMap<_, _> = stopped.into_iter().map(|stop| (stop.operator_id, stop)).collect();
        self.board.send_if_modified(|board| {
            let news = **board != stopped;
            if news {
                *board = Arc::new(stopped);
            }
            news
        });
        Ok(())
    }

    /// Follows what other hosts do, until `stopping`.
    pub async fn follow(self: Arc<Self>, stopping: CancellationToken) {
        while stopping
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_some()
        {
            if let Err(error) = self.look().await {
                tracing::debug!(
                    error = errors::chain(&error),
                    "what is stopped elsewhere cannot be read"
                );
            }
        }
    }

    fn show(&self, change: impl FnOnce(&mut BTreeMap<OperatorId, OperatorStop>)) {
        self.board.send_modify(|board| change(Arc::make_mut(board)));
    }

    async fn tell(&self, stop: &OperatorStop, stopped: bool, reason: &str) {
        let told = StopEvent {
            operator_id: stop.operator_id,
            stopped,
            reason: reason.to_owned(),
            command_status: stopped.then_some(stop.command_status),
            since: stop.since,
        };
        let id = format!("stop:{}", Uuid::now_v7());
        let operator = stop.operator_id;
        let event = event(EventKind::Stop, operator, id, &told);
        publish(&*self.events, &operator.to_string(), &[event]).await;
    }
}

#[async_trait]
impl OperatorStops for Stops {
    async fn stop(&self, stop: OperatorStop) {
        let looking = self.looking.lock().await;
        let name = stop.operator_id.to_string();
        let news = until_done(&name, || self.store.stop(&stop)).await;
        self.show(|board| {
            board.entry(stop.operator_id).or_insert_with(|| stop.clone());
        });
        drop(looking);
        if news {
            self.tell(&stop, true, &stop.reason).await;
        }
    }

    async fn resume(&self, operator: OperatorId, why: &str) -> Result<Option<OperatorStop>, BackendError> {
        let looking = self.looking.lock().await;
        let stop = self.store.resume(operator).await?;
        self.show(|board| drop(board.remove(&operator)));
        drop(looking);
        if let Some(stop) = &stop {
            tracing::info!(%operator, why, "the operator goes on");
            self.tell(stop, false, why).await;
        }
        Ok(stop)
    }

    fn stopped(&self) -> watch::Receiver<Stopped> {
        self.board.subscribe()
    }
}
