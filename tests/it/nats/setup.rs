//! Streams and consumers that were there before us, and servers that do not let us in.

use super::{PATIENCE, administrator, commands, freeze, text, words};
use crate::contracts::nats::{NatsHost, config};
use crate::contracts::{DebianNats, Place as _, operator_1, operator_1_order};
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use smpp_connector::config::Secret;
use smpp_connector::events::nats::NatsEvents;
use smpp_connector::intake::nats::NatsQueue;
use smpp_connector::ports::{BackendErrorKind, CommandQueue, Probe};
use smpp_connector::servers::nats::NatsServer;
use smpp_connector_tests::servers;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

fn dispatch() -> Config {
    Config {
        name: "SMPP_DISPATCH".to_owned(),
        subjects: vec!["smpp.operator.*".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        num_replicas: 1,
        ..Config::default()
    }
}

/// Why the queue and the events cannot be opened where these streams are.
async fn refusals(streams: &[Config]) -> (String, String) {
    let server = servers::NatsServer::start();
    let admin = administrator(&server.url()).await;
    for stream in streams {
        admin.create_stream(stream).await.unwrap();
    }
    let connection = NatsServer::connect(&config(&server.url())).await.unwrap();
    let tasks = TaskTracker::new();
    let queue = NatsQueue::open(connection.clone(), &tasks).await;
    let stop = CancellationToken::new();
    let events = NatsEvents::open(connection, &tasks, stop.clone()).await;
    stop.cancel();
    let told = |error: Option<_>| error.map(|error| words(&error)).unwrap_or_default();
    (told(queue.err()), told(events.err()))
}

#[tokio::test]
async fn a_stream_that_is_set_up_otherwise_is_told_with_what_mends_it() {
    let dispatch = Config {
        subjects: vec!["elsewhere".to_owned()],
        discard: DiscardPolicy::Old,
        max_age: Duration::from_secs(3600),
        ..dispatch()
    };
    let events = Config {
        name: "SMPP_EVENTS".to_owned(),
        subjects: vec!["smpp.submit.*".to_owned(), "other".to_owned()],
        duplicate_window: Duration::from_secs(1),
        num_replicas: 1,
        ..Config::default()
    };
    let (queue, log) = refusals(&[dispatch, events]).await;
    for part in [
        "SMPP_DISPATCH",
        "`nats stream edit SMPP_DISPATCH --subjects 'elsewhere,smpp.operator.*'`",
        "`nats stream edit SMPP_DISPATCH --discard new`",
        "`nats stream edit SMPP_DISPATCH --max-age 0s`",
    ] {
        assert!(queue.contains(part), "{part} is not in: {queue}");
    }
    for part in [
        "smpp.dlr.*",
        "smpp.dead.*",
        "`nats stream edit SMPP_EVENTS --dupe-window 120s`",
    ] {
        assert!(log.contains(part), "{part} is not in: {log}");
    }
    assert!(!log.contains("--discard"), "{log}");
}

#[tokio::test]
async fn a_stream_of_the_wrong_kind_is_told() {
    let dispatch = Config {
        retention: RetentionPolicy::Limits,
        ..dispatch()
    };
    let events = Config {
        name: "ANOTHER".to_owned(),
        subjects: vec!["smpp.dlr.>".to_owned()],
        ..Config::default()
    };
    let (queue, log) = refusals(&[dispatch, events]).await;
    assert!(queue.contains("Limits and must be WorkQueue"), "{queue}");
    assert!(queue.contains("`nats stream rm SMPP_DISPATCH`"), "{queue}");
    assert!(log.contains("another stream takes its subjects"), "{log}");
}

#[tokio::test]
async fn harmless_differences_are_accepted() {
    let dispatch = Config {
        subjects: vec!["smpp.operator.>".to_owned(), "more".to_owned()],
        max_bytes: 10_000_000,
        ..dispatch()
    };
    let events = Config {
        name: "SMPP_EVENTS".to_owned(),
        subjects: [
            "submit",
            "dlr",
            "unmatched",
            "mo",
            "alert",
            "session",
            "stop",
            "dead",
            "more",
        ]
        .map(|kind| format!("smpp.{kind}.*"))
        .into(),
        max_age: Duration::from_secs(500 * 3600),
        duplicate_window: Duration::from_secs(600),
        ..Config::default()
    };
    assert_eq!(
        refusals(&[dispatch, events]).await,
        (String::new(), String::new())
    );
}

#[tokio::test]
async fn a_full_stream_says_so_and_loses_nothing() {
    let server = servers::NatsServer::start();
    let limited = Config {
        max_messages: 3,
        ..dispatch()
    };
    administrator(&server.url())
        .await
        .create_stream(limited)
        .await
        .unwrap();
    let host = NatsHost::open(&server.url()).await;
    let numbers = (0..5).map(|number| number.to_string());
    let error = host.queue.publish(&commands(numbers)).await.unwrap_err();
    assert_eq!(error.kind, BackendErrorKind::Unavailable);
    assert!(words(&error).contains("the stream is full"), "{}", words(&error));
    let intake = host.queue.intake(operator_1_order());
    let came: Vec<_> = intake.fetch(10).await.unwrap().iter().map(text).collect();
    assert_eq!(came, ["0", "1", "2"]);
    drop(intake);
    host.close().await;
}

#[tokio::test]
async fn a_consumer_is_brought_up_to_date_or_told() {
    let place = DebianNats::fresh().await;
    let admin = administrator(&place.server.url()).await;
    let name = format!("operator-{}", operator_1());
    let subject = format!("smpp.operator.{}", operator_1());
    let consumer = |filter_subject: &str| pull::Config {
        durable_name: Some(name.clone()),
        filter_subject: filter_subject.to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(77),
        max_ack_pending: 7,
        ..pull::Config::default()
    };
    admin
        .create_consumer_on_stream(consumer("smpp.operator.another"), "SMPP_DISPATCH")
        .await
        .unwrap();
    let intake = place.host.queue.intake(operator_1_order());
    let error = timeout(PATIENCE, intake.fetch(1)).await.unwrap().unwrap_err();
    let told = words(&error);
    assert!(told.contains("smpp.operator.another"), "{told}");
    assert!(
        told.contains(&format!("`nats consumer rm SMPP_DISPATCH {name}`")),
        "{told}"
    );

    let stream = admin.get_stream("SMPP_DISPATCH").await.unwrap();
    stream.delete_consumer(&name).await.unwrap();
    admin
        .create_consumer_on_stream(consumer(&subject), "SMPP_DISPATCH")
        .await
        .unwrap();
    place
        .host
        .queue
        .publish(&commands(["a".to_owned()]))
        .await
        .unwrap();
    timeout(PATIENCE, intake.fetch(1)).await.unwrap().unwrap();
    let found = stream.consumer_info(&name).await.unwrap().config;
    assert_eq!(found.ack_wait, Duration::from_secs(10));
    assert_eq!(found.max_ack_pending, 16 * 1_000);
    drop(intake);
    place.end().await;
}

#[tokio::test]
async fn a_probe_tells_the_version() {
    for server in [servers::NatsServer::start(), servers::NatsServer::start_current()] {
        let connection = NatsServer::connect(&config(&server.url())).await.unwrap();
        assert_eq!(connection.name(), format!("NATS at {}", server.address()));
        let told = connection.probe().await.unwrap();
        assert!(told.starts_with("nats-server 2."), "{told}");
        freeze(&server);
        let error = connection.probe().await.unwrap_err();
        server.thaw();
        assert!(words(&error).contains("did not answer"), "{}", words(&error));
    }
}

/// A server that the harness does not know: with users, without JetStream.
struct Guarded {
    child: Child,
    url: String,
    _dir: TempDir,
}

impl Guarded {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        // The port may be taken by the time the server wants it: then it ends, and so does the test.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &free.port().to_string()])
            .args(["--user", "me", "--pass", "s@cret"])
            .stderr(log)
            .spawn()
            .unwrap();
        let url = format!("127.0.0.1:{}", free.port());
        Self {
            child,
            url,
            _dir: dir,
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_and_no_secret() {
    let server = Guarded::start();
    let wrong = config(&format!("nats://me:wr0ng@{}", server.url));
    let error = NatsServer::connect(&wrong).await.unwrap_err();
    let told = format!("{} {error:?}", words(&error));
    assert!(told.contains("refuses us"), "{told}");
    assert!(!told.contains("wr0ng"), "{told}");

    let in_url = config(&format!("nats://me:s%40cret@{}", server.url));
    let mut in_keys = config(&server.url);
    in_keys.user = Some("me".to_owned());
    in_keys.password = Some(Secret::new("s@cret"));
    for config in [in_url, in_keys] {
        let connection = NatsServer::connect(&config).await.unwrap();
        assert!(!format!("{connection:?} {}", connection.name()).contains("cret"));
        let error = words(&connection.probe().await.unwrap_err());
        assert!(error.contains("JetStream is off"), "{error}");
        let error = NatsQueue::open(connection, &TaskTracker::new())
            .await
            .err()
            .unwrap();
        assert!(words(&error).contains("is JetStream on"), "{}", words(&error));
    }
}
