//! A whole platform for one test: NATS, PostgreSQL and Redis of its own, hosts on them, and who watches from outside.

use crate::bus::{Bus, Ledger};
use crate::servers::{NatsServer, PostgresServer, RedisServer};
use crate::{Gateway, GatewayProcess, Message, Operator, PATIENCE, Relay, write_files_with};
use smsc_sim::{Counters, Script, Smsc};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// The servers of one platform. The test itself blocks; what awaits does so on the platform's threads.
pub struct Platform {
    bus: Arc<Bus>,
    /// The way from the hosts to the servers, when there are relays on it.
    pub relays: Option<Relays>,
    binary: &'static str,
    settings: BTreeMap<String, String>,
    dir: TempDir,
    runtime: Runtime,
    /// Commands and events.
    pub nats: NatsServer,
    /// Correlation.
    pub postgres: PostgresServer,
    /// TPS and bind slots.
    pub redis: RedisServer,
}

/// One relay before each server. The observer of events goes past them.
pub struct Relays {
    /// Before NATS.
    pub nats: Relay,
    /// Before PostgreSQL.
    pub postgres: Relay,
    /// Before Redis.
    pub redis: Relay,
}

impl Platform {
    /// Starts the servers, Debian's NATS among them. `binary` is the test's `CARGO_BIN_EXE_gateway`.
    #[must_use]
    pub fn start(binary: &'static str) -> Self {
        Self::on(NatsServer::start(), binary)
    }

    /// The same on a current NATS.
    #[must_use]
    pub fn start_current(binary: &'static str) -> Self {
        Self::on(NatsServer::start_current(), binary)
    }

    fn on(nats: NatsServer, binary: &'static str) -> Self {
        let runtime = Runtime::new().expect("threads");
        Self {
            bus: Arc::new(runtime.block_on(Bus::connect(&nats.url()))),
            relays: None,
            binary,
            settings: BTreeMap::from([("lease".to_owned(), "\"3s\"".to_owned())]),
            dir: tempfile::tempdir().expect("a temporary folder"),
            runtime,
            nats,
            postgres: PostgresServer::start(),
            redis: RedisServer::start(),
        }
    }

    /// Puts a relay before each server, for hosts that start from now on.
    #[must_use]
    pub fn behind_relays(mut self) -> Self {
        self.relays = Some(Relays {
            nats: Relay::to(self.nats.address()),
            postgres: Relay::to(self.postgres.address()),
            redis: Relay::to(self.redis.address()),
        });
        self
    }

    /// Sets a top-level key, in TOML, in the `smpp-connector.toml` of every host that starts from now on.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The top-level lines of a host's `smpp-connector.toml`.
    fn settings(&self, host: &str) -> String {
        let mut lines = vec![
            format!("host_name = \"{host}\""),
            format!(
                "nats.url = \"nats://{}\"",
                self.way(self.nats.address(), |relays| &relays.nats)
            ),
            format!(
                "postgres.url = \"postgres://smpp@{}/postgres\"",
                self.way(self.postgres.address(), |relays| &relays.postgres)
            ),
            format!(
                "redis.url = \"redis://{}\"",
                self.way(self.redis.address(), |relays| &relays.redis)
            ),
        ];
        for (key, value) in &self.settings {
            lines.retain(|line| !line.starts_with(&format!("{key} =")));
            lines.push(format!("{key} = {value}"));
        }
        lines.join("\n")
    }

    /// Where hosts find a server.
    fn way(&self, direct: SocketAddr, relay: impl Fn(&Relays) -> &Relay) -> SocketAddr {
        self.relays
            .as_ref()
            .map_or(direct, |relays| relay(relays).address())
    }

    /// Starts a host as a process of its own, in the folder of its name, where one of that name may have run before.
    #[must_use]
    pub fn host(&self, name: &str, operators: &[Operator]) -> GatewayProcess {
        let dir = self.files(name, operators);
        GatewayProcess::launch(self.binary, &dir, "warn")
    }

    /// Writes the files of a host that is not started. Returns its folder.
    #[must_use]
    pub fn files(&self, name: &str, operators: &[Operator]) -> PathBuf {
        let dir = self.dir.path().join(name);
        write_files_with(&dir, operators, &self.settings(name));
        dir
    }

    /// Starts a host within the test's process.
    #[must_use]
    pub fn gateway(&self, name: &str, operators: Vec<Operator>) -> Gateway {
        let dir = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        self.block_on(Gateway::start_with(dir, operators, &self.settings(name)))
    }

    /// Starts a simulated operator on the platform's threads.
    #[must_use]
    pub fn smsc(&self, script: Script) -> Smsc {
        self.block_on(Smsc::start(script)).expect("a free port")
    }

    /// Waits until the simulated operator has seen what the story says.
    pub fn seen(&self, smsc: &Smsc, condition: impl Fn(&Counters) -> bool) -> Counters {
        let seen = self.block_on(smsc.wait_until(condition, PATIENCE));
        seen.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Publishes commands directly on NATS; returns when it has acknowledged them.
    pub fn publish(&self, messages: &[Message]) {
        self.block_on(self.bus.publish(messages));
    }

    /// The same without an id for NATS, so that it takes what it has already.
    pub fn publish_again(&self, messages: &[Message]) {
        self.block_on(self.bus.publish_again(messages));
    }

    /// The folder of the hosts' folders.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Waits until the events of all hosts satisfy the story.
    pub fn until(&self, what: &str, enough: impl FnMut(&Ledger) -> bool) {
        self.block_on(self.bus.until(what, enough));
    }

    /// The same with another limit than the usual one.
    pub fn within(&self, limit: Duration, what: &str, enough: impl FnMut(&Ledger) -> bool) {
        self.block_on(self.bus.within(limit, what, enough));
    }

    /// Whether the ledger satisfies the story within this time.
    #[must_use]
    pub fn is_within(&self, limit: Duration, enough: impl FnMut(&Ledger) -> bool) -> bool {
        self.block_on(self.bus.is_within(limit, enough))
    }

    /// Looks at what the events have told so far.
    pub fn ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        self.bus.ledger(look)
    }

    /// The connection to NATS, past the relays.
    #[must_use]
    pub fn bus(&self) -> Arc<Bus> {
        self.bus.clone()
    }

    /// Lets something go on beside the test, on the platform's threads.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Waits for a future on the platform's threads.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}
