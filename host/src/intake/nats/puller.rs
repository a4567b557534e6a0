//! The task behind an intake: it pulls while somebody waits, and never more than was asked for.
//!
//! It is a task of its own so that a dropped fetch loses nothing: what was asked for comes all the same, and the next fetch
//! takes it, or it is given back.

use super::RELEASE;
use super::consumer::{self, Life, Terms};
use super::held::{self, Shared};
use super::line::{Line, Step};
use crate::clock;
use crate::ports::BackendError;
use crate::servers::nats::{Lost, NatsServer};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long commands lie ready for a fetch that does not come, before another host gets them: this part of `ack_wait`.
const LINGER: u32 = 16;

const ACTION: &str = "fetching commands";

/// By which the server's clock, which says when a command was published, may be ahead of ours.
const SKEW: TimeDelta = TimeDelta::seconds(1);

/// See the module.
pub(super) struct Puller {
    server: NatsServer,
    terms: Terms,
    shared: Arc<Shared>,
    closed: CancellationToken,
    connections: watch::Receiver<u64>,
    connections_made: u64,
    line: Option<Line>,
    life: Option<Life>,
    /// Commands published before this may have been handed out, whatever the server says.
    suspect_before: DateTime<Utc>,
    idle_since: Option<Instant>,
}

/// The server's words for not giving anything.
#[derive(Debug, thiserror::Error)]
#[error("the server refuses the pull: {0}")]
struct Refused(String);

/// What has happened.
enum Happened {
    Closed,
    Asked,
    Message(async_nats::Message),
    /// The subscription has ended.
    Ended,
    Reconnected,
    Time,
}

impl Puller {
    pub(super) fn new(
        server: NatsServer,
        terms: Terms,
        shared: Arc<Shared>,
        closed: CancellationToken,
        suspect_before: DateTime<Utc>,
    ) -> Self {
        Self {
            connections: server.connections(),
            connections_made: server.connections_made(),
            server,
            terms,
            shared,
            closed,
            line: None,
            life: None,
            suspect_before,
            idle_since: None,
        }
    }

    /// Runs until the intake is dropped.
    pub(super) async fn run(mut self) {
        let closed = self.closed.clone();
        loop {
            if closed.run_until_cancelled(self.ask()).await.is_none() {
                break;
            }
            match self.happening().await {
                Happened::Closed => break,
                Happened::Asked => {
                    if self.shared.is_in_doubt() {
                        self.look_after(false).await;
                    }
                }
                Happened::Message(message) => {
                    self.mind_the_connection();
                    let step = self
                        .line
                        .as_mut()
                        .map_or(Step::On, |line| line.on_message(message, &self.shared));
                    match step {
                        Step::On => {}
                        Step::Gone => self.look_after(true).await,
                        Step::Refused(words) => self.refused(words),
                    }
                }
                Happened::Ended => self.leave_line(),
                Happened::Reconnected => {
                    self.mind_the_connection();
                    if let Some(line) = &mut self.line {
                        line.forget_pull();
                    }
                }
                Happened::Time => self.on_time().await,
            }
        }
        self.close().await;
    }

    /// What comes over another connection than before is suspect: perhaps the server was killed and has forgotten what it had delivered.
    /// Asked with every message, since a pull that was made as soon as there was a connection may be answered before we hear of it.
    fn mind_the_connection(&mut self) {
        let made = self.server.connections_made();
        if made == self.connections_made {
            return;
        }
        self.connections_made = made;
        self.suspect_before = clock::utc_now() + SKEW;
        if let Some(line) = &mut self.line {
            line.suspect(self.suspect_before);
        }
    }

    fn linger(&self) -> Duration {
        self.terms.ack_wait / LINGER
    }

    async fn happening(&mut self) -> Happened {
        if self.shared.is_idle() {
            self.idle_since.get_or_insert_with(Instant::now);
        } else {
            self.idle_since = None;
        }
        let linger = self.idle_since.map(|since| since + self.linger());
        let line_wakes = self.line.as_ref().and_then(Line::wakes_at);
        let wake = [linger, line_wakes].into_iter().flatten().min();
        let timer = async {
            match wake {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let message = async {
            match &mut self.line {
                Some(line) => line.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.closed.cancelled() => Happened::Closed,
            message = message => message.map_or(Happened::Ended, Happened::Message),
            () = self.shared.asked.notified() => Happened::Asked,
            // The sender lives as long as the client.
            Ok(()) = self.connections.changed() => Happened::Reconnected,
            () = timer => Happened::Time,
        }
    }

    /// Pulls if somebody waits and no pull is open.
    async fn ask(&mut self) {
        let wanted = self.shared.wanted().min(self.terms.batch);
        if wanted == 0 || self.line.as_ref().is_some_and(|line| !line.is_free()) {
            return;
        }
        if let Err(error) = self.try_ask(wanted).await {
            self.shared.fail(error);
        }
    }

    async fn try_ask(&mut self, wanted: usize) -> Result<(), BackendError> {
        let server = self.server.clone();
        if !server.is_connected() {
            return Err(server.failed(ACTION, Lost));
        }
        if self.line.is_none() {
            self.open().await?;
        }
        let Some(line) = &mut self.line else {
            return Ok(());
        };
        let asked = tokio::time::timeout(crate::servers::nats::REQUEST, line.ask(&server, wanted)).await;
        match asked {
            Ok(asked) => asked.map_err(|error| server.failed(ACTION, error)),
            Err(_) => Err(server.failed(ACTION, Lost)),
        }
    }

    async fn open(&mut self) -> Result<(), BackendError> {
        let server = &self.server;
        let life = consumer::ensure(server, &self.terms)
            .await
            .map_err(|error| server.failed(ACTION, error))?;
        match self.life {
            Some(before) if before.stream != life.stream => {
                // What this host has of the old stream cannot be acknowledged, and its numbers mean other commands now.
                let gone = self.shared.forget_all();
                tracing::warn!(
                    stream = server.dispatch_stream(),
                    gone,
                    "the stream of commands was made anew"
                );
            }
            Some(before) if before.consumer != life.consumer => {
                tracing::warn!(consumer = self.terms.name(), "the consumer was made anew");
                self.suspect_before = life.consumer;
            }
            Some(_) | None => {}
        }
        self.life = Some(life);
        let inbox = server.client().new_inbox();
        let subscribed = server.client().subscribe(format!("{inbox}.*")).await;
        let subscriber = subscribed.map_err(|error| server.failed(ACTION, error))?;
        let name = self.terms.name();
        self.line = Some(Line::new(server, subscriber, inbox, &name, self.suspect_before));
        Ok(())
    }

    async fn on_time(&mut self) {
        let lost = self.line.as_mut().is_some_and(|line| line.on_time(&self.shared));
        if lost {
            self.look_after(false).await;
        }
        if self
            .idle_since
            .is_some_and(|since| since + self.linger() <= Instant::now())
        {
            self.idle_since = None;
            self.give_back(self.shared.take_back()).await;
        }
    }

    /// Whoever waits is told, and comes again after a while.
    fn refused(&self, words: String) {
        self.shared.fail(self.server.failed(ACTION, Refused(words)));
    }

    /// The consumer may be gone: if it is, it is made anew. `refused` when a pull was answered that there is none: one that is
    /// there all the same is not asked again at once.
    async fn look_after(&mut self, refused: bool) {
        if !self.server.is_connected() {
            self.shared.fail(self.server.failed(ACTION, Lost));
            return;
        }
        match consumer::info(&self.server, self.terms.operator).await {
            Ok(Some(_)) => {
                // With its subscription goes what is still on its way: see `Line::on_command`.
                self.leave_line();
                if refused {
                    self.refused("the consumer does not answer".to_owned());
                }
            }
            Ok(None) => {
                self.close_line().await;
                // At once, also if nobody waits: what others publish needs its stream.
                if let Err(error) = self.open().await {
                    self.shared.fail(error);
                }
            }
            Err(error) => self.shared.fail(self.server.failed(ACTION, error)),
        }
    }

    fn leave_line(&mut self) {
        if let Some(line) = self.line.take() {
            line.leave(&self.shared);
        }
    }

    async fn close_line(&mut self) {
        if let Some(line) = self.line.take() {
            line.close(&self.shared).await;
        }
    }

    async fn close(&mut self) {
        self.close_line().await;
        self.give_back(self.shared.take_all()).await;
    }

    /// What this fails with comes back by itself, after `ack_wait`.
    async fn give_back(&self, replies: Vec<async_nats::Subject>) {
        if held::send(&self.server, RELEASE, replies).await.is_err() {
            tracing::debug!(
                consumer = self.terms.name(),
                "commands could not be given back: they come again later"
            );
        }
    }
}
