//! A gateway inside the test's own process, in a temporary folder.

use crate::{Message, Operator, PATIENCE};
use bytes::Bytes;
use serde_json::Value;
use smpp_connector::app::App;
use smpp_connector::config::Config;
use smpp_connector::lifecycle::{Ended, Lifecycle};
use smpp_connector::ports::{EventLog, QueuedCommand};
use smpp_domain::ids::MessageId;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A running gateway with what it has told so far.
pub struct Gateway {
    dir: Arc<TempDir>,
    life: Lifecycle,
    /// The gateway itself.
    pub app: App,
    operators: Vec<Operator>,
}

impl Gateway {
    /// Starts a gateway with these operators in a folder of its own.
    pub async fn start(operators: Vec<Operator>) -> Self {
        Self::start_in(
            Arc::new(tempfile::tempdir().expect("a temporary folder")),
            operators,
        )
        .await
    }

    /// Starts a gateway that shares a Redis with others.
    pub async fn start_with_redis(url: &str, operators: Vec<Operator>) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let redis = format!("redis.url = \"{url}\"\nlease = \"2s\"\n");
        Self::start_with(dir, operators, &redis).await
    }

    /// Starts a gateway in a folder that another one may have used before.
    pub async fn start_in(dir: Arc<TempDir>, operators: Vec<Operator>) -> Self {
        Self::start_with(dir, operators, "").await
    }

    /// The same with these top-level lines in its `smpp-connector.toml`, such as `nats.url = "…"`.
    pub async fn start_with(dir: Arc<TempDir>, operators: Vec<Operator>, settings: &str) -> Self {
        write_files_with(dir.path(), &operators, settings);
        let config =
            Config::load(Some(&dir.path().join("smpp-connector.toml"))).expect("a good configuration");
        let life = Lifecycle::new(Duration::from_secs(20));
        let app = App::start(config, &life).await.expect("a gateway that starts");
        Self {
            dir,
            life,
            app,
            operators,
        }
    }

    /// Its folder, which outlives it.
    #[must_use]
    pub fn folder(&self) -> Arc<TempDir> {
        self.dir.clone()
    }

    /// A file or folder in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A URL of its HTTP side.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.http_addr)
    }

    /// Publishes messages; those without an operator go to the first one.
    pub async fn send(&self, messages: &[Message]) {
        let first = self.operators.first().expect("an operator").id;
        let commands: Vec<_> = messages
            .iter()
            .map(|message| {
                let json: Value = serde_json::from_str(&message.json()).expect("JSON");
                let own = json["operatorId"].as_str().and_then(|id| id.parse().ok());
                let operator_id = own.unwrap_or(first);
                let body = Bytes::from(message.clone().operator(operator_id).json());
                QueuedCommand { operator_id, body }
            })
            .collect();
        self.app
            .queue
            .publish(&commands)
            .await
            .expect("a queue that takes commands");
    }

    /// Waits until the events satisfy the story, and returns them.
    pub async fn events_until(&self, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        events_until(&*self.app.events, enough).await
    }

    /// All events so far.
    pub async fn events(&self) -> Vec<Value> {
        self.events_until(|_| true).await
    }

    /// The outcome of a message: its `smpp.submit` event.
    pub async fn outcome(&self, id: MessageId) -> Value {
        let is_it = |event: &Value| event["type"] == "submit" && is_of(event, id);
        let events = self.events_until(|events| events.iter().any(is_it)).await;
        events.into_iter().find(is_it).expect("it was there")
    }

    /// The receipt that ended a message: its `smpp.dlr` event with `messageFinal`.
    pub async fn end(&self, id: MessageId) -> Value {
        let is_it = |event: &Value| event["messageFinal"] == true && is_of(event, id);
        let events = self.events_until(|events| events.iter().any(is_it)).await;
        events.into_iter().find(is_it).expect("it was there")
    }

    /// Drains, unbinds and ends.
    pub async fn shutdown(self) -> Ended {
        self.life.stop();
        self.life.ended().await
    }
}

fn is_of(event: &Value, id: MessageId) -> bool {
    event["messageId"] == id.to_string()
}

async fn events_until(log: &dyn EventLog, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut newest = log.newest();
    let (mut after, mut events) = (0, Vec::new());
    let waiting = async {
        loop {
            newest.borrow_and_update();
            for event in log
                .read_after(after, 10_000)
                .await
                .expect("a log that can be read")
            {
                after = event.seq;
                let mut value: Value = serde_json::from_str(&event.payload).expect("JSON");
                value["type"] = Value::from(event.subject.split('.').nth(1).unwrap_or_default());
                value["seq"] = Value::from(event.seq);
                events.push(value);
            }
            if enough(&events) {
                return;
            }
            newest.changed().await.expect("a log that lives");
        }
    };
    if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
        let tail: Vec<_> = events.iter().rev().take(10).collect();
        panic!(
            "the story did not go on within {PATIENCE:?}; {} events, the last: {tail:#?}",
            events.len()
        );
    }
    events
}

/// Writes the gateway's files into a folder, with a free HTTP port.
pub fn write_files(dir: &Path, operators: &[Operator]) {
    write_files_with(dir, operators, "");
}

/// The same with these top-level lines in `smpp-connector.toml`.
pub fn write_files_with(dir: &Path, operators: &[Operator], settings: &str) {
    let write = |path: PathBuf, text: &str| std::fs::write(path, text).expect("a folder that can be written");
    for folder in ["operators", "plugins"] {
        std::fs::create_dir_all(dir.join(folder)).expect("a folder that can be written");
    }
    write(
        dir.join("smpp-connector.toml"),
        &format!("shutdown_grace = \"20s\"\nhttp.listen = \"127.0.0.1:0\"\n{settings}\n"),
    );
    for operator in operators {
        write(
            dir.join(format!("operators/{}.toml", operator.name)),
            &operator.toml(),
        );
        if let Some(component) = operator.component() {
            let target = dir.join(format!("plugins/{}.wasm", operator.name));
            std::fs::copy(component, target).expect("a component that was built");
        }
    }
}
