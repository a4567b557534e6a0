//! The platform's side: commands in, events out.

use crate::reader::Told;
use anyhow::{Result, bail};
use bytes::Bytes;
use serde_json::json;
use smpp_connector::ports::{CommandQueue, QueuedCommand};
use smpp_domain::ids::OperatorId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// Commands in one publish call.
pub(crate) const BATCH: usize = 200;

/// When each message was published, where times are taken.
pub(crate) type Times = Arc<Mutex<HashMap<Uuid, Instant>>>;

/// What the log has told.
#[derive(Default, Debug)]
pub(crate) struct Carried {
    accepted: usize,
    delivered: usize,
    pub(crate) outcome_after: Vec<Duration>,
    pub(crate) receipt_after: Vec<Duration>,
}

impl Carried {
    pub(crate) fn through(&self, receipts: bool) -> usize {
        if receipts { self.delivered } else { self.accepted }
    }

    /// Anything but accepted and delivered would make the figure a lie.
    pub(crate) fn count(&mut self, event: &Told) -> Result<()> {
        if event.subject.starts_with("smpp.submit.") && event.payload.contains(r#""outcome":"ACCEPTED""#) {
            self.accepted += 1;
        } else if event.subject.starts_with("smpp.dlr.")
            && event.payload.contains(r#""messageState":"DELIVERED""#)
        {
            self.delivered += 1;
        } else if !event.subject.starts_with("smpp.session.") {
            bail!("an event that should not be: {} {}", event.subject, event.payload);
        }
        Ok(())
    }

    pub(crate) fn time(&mut self, event: &Told, now: Instant, published: &Times) -> Result<()> {
        let body: serde_json::Value = serde_json::from_str(&event.payload)?;
        let id = body
            .get("messageId")
            .and_then(|id| id.as_str())
            .and_then(|id| id.parse().ok());
        let times = published.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = id.and_then(|id: Uuid| times.get(&id)) {
            let list = if event.subject.starts_with("smpp.dlr.") {
                &mut self.receipt_after
            } else {
                &mut self.outcome_after
            };
            list.push(now - *at);
        }
        Ok(())
    }
}

/// The platform: publishes commands that were made before the clock ran.
pub(crate) struct Publisher {
    queue: Arc<dyn CommandQueue>,
    pub(crate) commands: Vec<(Uuid, QueuedCommand)>,
    pub(crate) times: Times,
}

impl Publisher {
    pub(crate) fn new(
        queue: Arc<dyn CommandQueue>,
        operator_id: OperatorId,
        messages: usize,
        receipts: bool,
    ) -> Self {
        let command = |n: usize| {
            let id = Uuid::now_v7();
            let body = json!({
                "messageId": id,
                "to": format!("+49151{n:08}"),
                "from": "Bench",
                "text": format!("Your parcel no. {n:08} is on its way and arrives today before noon."),
                "encoding": "GSM7",
                "operatorId": operator_id,
                "accountId": Uuid::nil(),
                "messageType": "SMS",
                "longMessageStrategy": "CSMS",
                "registeredDelivery": receipts,
            });
            (
                id,
                QueuedCommand {
                    operator_id,
                    body: Bytes::from(body.to_string()),
                },
            )
        };
        Self {
            queue,
            commands: (0..messages).map(command).collect(),
            times: Times::default(),
        }
    }

    pub(crate) async fn run(
        self,
        ahead: usize,
        rate: Option<usize>,
        mut through: watch::Receiver<usize>,
    ) -> Result<()> {
        let batch = rate.map_or(BATCH, |rate| (rate / 100).max(1));
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        let mut published = 0;
        for batch in self.commands.chunks(batch) {
            if rate.is_some() {
                beat.tick().await;
                let now = Instant::now();
                let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
                times.extend(batch.iter().map(|(id, _)| (*id, now)));
            } else {
                through
                    .wait_for(|through| published < through.saturating_add(ahead))
                    .await?;
            }
            let commands: Vec<_> = batch.iter().map(|(_, command)| command.clone()).collect();
            self.queue.publish(&commands).await?;
            published += commands.len();
        }
        Ok(())
    }
}
