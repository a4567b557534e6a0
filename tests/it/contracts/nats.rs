//! Places on a real nats-server: Debian's, and a current one.

use super::{EventPlace, Place, QueuePlace};
use smpp_connector::config::{NatsConfig, Secret};
use smpp_connector::events::nats::NatsEvents;
use smpp_connector::intake::nats::NatsQueue;
use smpp_connector::ports::{CommandQueue, EventLog, EventSink};
use smpp_connector::servers::nats::NatsServer;
use smpp_connector_tests::servers;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Debian's nats-server.
pub(crate) type DebianNats = NatsPlace<false>;
/// A current one.
pub(crate) type CurrentNats = NatsPlace<true>;

/// A nats-server, and a host that is connected to it.
pub(crate) struct NatsPlace<const CURRENT: bool> {
    pub(crate) server: servers::NatsServer,
    pub(crate) host: NatsHost,
}

/// What one host has open on a server.
pub(crate) struct NatsHost {
    pub(crate) queue: NatsQueue,
    pub(crate) events: NatsEvents,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// `[nats]` with nothing but a URL.
pub(crate) fn config(url: &str) -> NatsConfig {
    NatsConfig {
        url: Secret::new(url),
        creds_file: None,
        user: None,
        password: None,
        token: None,
        tls_ca: None,
        tls_cert: None,
        tls_key: None,
        prefix: "smpp".to_owned(),
        replicas: 1,
        keep_events: Duration::from_secs(3600),
        duplicate_window: Duration::from_secs(120),
    }
}

impl NatsHost {
    pub(crate) async fn open(url: &str) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let connection = NatsServer::connect(&config(url)).await.unwrap();
        let queue = NatsQueue::open(connection.clone(), &tasks).await.unwrap();
        let events = NatsEvents::open(connection, &tasks, stop.clone()).await.unwrap();
        Self {
            queue,
            events,
            tasks,
            stop,
        }
    }

    /// Ends its tasks: those of intakes end with the intakes.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        let ended = tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await;
        ended.expect("the intakes are dropped by now");
    }
}

impl<const CURRENT: bool> Place for NatsPlace<CURRENT> {
    async fn fresh() -> Self {
        let server = if CURRENT {
            servers::NatsServer::start_current()
        } else {
            servers::NatsServer::start()
        };
        let host = NatsHost::open(&server.url()).await;
        Self { server, host }
    }

    async fn reopen(&mut self) {
        self.host.close().await;
        self.host = NatsHost::open(&self.server.url()).await;
    }

    async fn end(self) {
        self.host.close().await;
    }
}

impl<const CURRENT: bool> QueuePlace for NatsPlace<CURRENT> {
    fn queue(&self) -> Arc<dyn CommandQueue> {
        Arc::new(self.host.queue.clone())
    }
}

impl<const CURRENT: bool> EventPlace for NatsPlace<CURRENT> {
    fn sink(&self) -> Arc<dyn EventSink> {
        Arc::new(self.host.events.clone())
    }

    fn log(&self) -> Arc<dyn EventLog> {
        Arc::new(self.host.events.clone())
    }
}
