//! How fast commands and events go through JetStream, beside the same work by the bare client.
//!
//! ```text
//! cargo bench -p smpp-connector --bench jetstream [-- --url nats://127.0.0.1:4222 --messages 40000]
//! ```
//! Without a URL it starts `nats-server` from the PATH in a temporary folder. It uses streams of its own (`BENCH_…`), and removes
//! them. Messages a second: the median of three rounds (the best one), client and server on this machine.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use anyhow::{Context, Result, ensure};
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use clap::Parser;
use futures_util::StreamExt;
use smpp_connector::config::{NatsConfig, Secret};
use smpp_connector::events::nats::NatsEvents;
use smpp_connector::intake::nats::NatsQueue;
use smpp_connector::ports::{CommandQueue, Event, EventSink, IntakeOrder, Probe, QueuedCommand};
use smpp_connector::servers::nats::NatsServer;
use smpp_domain::event::EventKind;
use smpp_domain::ids::OperatorId;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

const ROUNDS: usize = 3;
/// Octets of a command or event.
const BODY: usize = 371;
/// Acknowledgements that the bare publisher leaves open, and messages in one call of ours.
const WINDOW: usize = 512;
/// Messages fetched at once.
const BATCH: usize = 500;

#[derive(Parser)]
struct Options {
    /// A private server; without it one is started
    #[arg(long, env = "NATS_URL")]
    url: Option<String>,
    /// Messages of each round
    #[arg(long)]
    messages: Option<usize>,
    /// Given by `cargo bench`; without it a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let messages = options
        .messages
        .unwrap_or(if options.bench { 40_000 } else { 500 });
    let own = options.url.is_none().then(OwnServer::start).transpose()?;
    let url = options
        .url
        .or_else(|| own.as_ref().map(|own| own.url.clone()))
        .context("a server")?;
    let stage = Stage::set(&url, messages).await?;
    let version = stage.server.probe().await?;
    println!(
        "{version}\nmessages/s, median (best) of {ROUNDS} rounds of {messages} messages of {BODY} octets"
    );
    let mut rates: [Vec<f64>; 6] = Default::default();
    for round in 0..ROUNDS {
        rates[0].push(stage.raw_publish("operator", None).await?);
        rates[1].push(stage.publish_commands().await?);
        rates[2].push(stage.raw_fetch().await?);
        rates[3].push(stage.fetch().await?);
        rates[4].push(stage.raw_publish("dlr", Some(round)).await?);
        rates[5].push(stage.publish_events(round).await?);
    }
    let whats = [
        "publish commands",
        "fetch and acknowledge",
        "publish events, with ids",
    ];
    for (what, pair) in whats.into_iter().zip(rates.chunks_exact(2)) {
        let [bare, ours] = pair else { continue };
        let (bare, ours) = (Rates::of(bare), Rates::of(ours));
        let ratio = bare.median / ours.median;
        println!("{what:26} bare {bare:>18}   ours {ours:>18}   bare/ours {ratio:.2}");
    }
    stage.clear().await
}

struct Rates {
    median: f64,
    best: f64,
}

impl Rates {
    fn of(all: &[f64]) -> Self {
        let mut sorted = all.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: sorted.get(sorted.len() / 2).copied().unwrap_or_default(),
            best: sorted.last().copied().unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.0} ({:.0})", self.median, self.best))
    }
}

/// Both sides on one server.
struct Stage {
    messages: usize,
    body: Bytes,
    /// The bare client's operator, and ours.
    operators: [OperatorId; 2],
    bare: jetstream::Context,
    server: NatsServer,
    queue: NatsQueue,
    events: NatsEvents,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Stage {
    async fn set(url: &str, messages: usize) -> Result<Self> {
        let config = NatsConfig {
            url: Secret::new(url),
            creds_file: None,
            user: None,
            password: None,
            token: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
            prefix: "bench".to_owned(),
            replicas: 1,
            keep_events: Duration::from_secs(3600),
            duplicate_window: Duration::from_secs(120),
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let server = NatsServer::connect(&config).await?;
        Ok(Self {
            messages,
            body: Bytes::from(vec![b'x'; BODY]),
            operators: [OperatorId(Uuid::now_v7()), OperatorId(Uuid::now_v7())],
            bare: jetstream::new(async_nats::connect(url).await?),
            queue: NatsQueue::open(server.clone(), &tasks).await?,
            events: NatsEvents::open(server.clone(), &tasks, stop.clone()).await?,
            server,
            tasks,
            stop,
        })
    }

    fn rate(&self, started: Instant) -> f64 {
        u32::try_from(self.messages).map_or(f64::NAN, f64::from) / started.elapsed().as_secs_f64()
    }

    async fn raw_publish(&self, kind: &str, ids: Option<usize>) -> Result<f64> {
        let subject = format!("bench.{kind}.{}", self.operators[0]);
        let started = Instant::now();
        let mut waiting = VecDeque::new();
        for number in 0..self.messages {
            if waiting.len() >= WINDOW
                && let Some(oldest) = waiting.pop_front()
            {
                IntoFuture::into_future(oldest).await?;
            }
            let mut message = PublishMessage::build().payload(self.body.clone());
            if let Some(round) = ids {
                message = message.message_id(format!("bare:{round}:{number}"));
            }
            waiting.push_back(self.bare.send_publish(subject.clone(), message).await?);
        }
        for oldest in waiting {
            oldest.await?;
        }
        Ok(self.rate(started))
    }

    async fn publish_commands(&self) -> Result<f64> {
        let command = QueuedCommand {
            operator_id: self.operators[1],
            body: self.body.clone(),
        };
        let commands = vec![command; self.messages];
        let started = Instant::now();
        for some in commands.chunks(8 * WINDOW) {
            self.queue.publish(some).await?;
        }
        Ok(self.rate(started))
    }

    async fn publish_events(&self, round: usize) -> Result<f64> {
        let event = |number| Event {
            kind: EventKind::Dlr,
            operator_id: self.operators[1],
            dedup_id: format!("ours:{round}:{number}"),
            payload: self.body.clone(),
        };
        let events: Vec<_> = (0..self.messages).map(event).collect();
        let started = Instant::now();
        for some in events.chunks(8 * WINDOW) {
            self.events.publish(some).await?;
        }
        Ok(self.rate(started))
    }

    async fn raw_fetch(&self) -> Result<f64> {
        let consumer = self
            .bare
            .get_stream("BENCH_DISPATCH")
            .await?
            .create_consumer(pull::Config {
                durable_name: Some("bare".to_owned()),
                filter_subject: format!("bench.operator.{}", self.operators[0]),
                ack_policy: AckPolicy::Explicit,
                max_ack_pending: 16_000,
                ..pull::Config::default()
            })
            .await?;
        let started = Instant::now();
        let mut seen = 0;
        while seen < self.messages {
            let mut batch = consumer.fetch().max_messages(BATCH).messages().await?;
            while let Some(message) = batch.next().await {
                message
                    .map_err(anyhow::Error::from_boxed)?
                    .ack()
                    .await
                    .map_err(anyhow::Error::from_boxed)?;
                seen += 1;
            }
        }
        Ok(self.rate(started))
    }

    /// As the pipeline does it: one part fetches, and another acknowledges what is done.
    async fn fetch(&self) -> Result<f64> {
        let intake = self.queue.intake(IntakeOrder {
            operator_id: self.operators[1],
            tps_limit: NonZeroU32::MAX,
            places: 1_000,
            response_timeout: Duration::from_secs(60),
        });
        let started = Instant::now();
        let (done, mut to_acknowledge) = mpsc::channel::<u64>(2 * BATCH);
        let fetching = async {
            let mut seen = 0;
            while seen < self.messages {
                let came = intake.fetch(BATCH).await?;
                seen += came.len();
                for delivery in came {
                    done.send(delivery.token).await?;
                }
            }
            drop(done);
            ensure!(seen == self.messages, "{seen} commands came");
            Ok(())
        };
        let acknowledging = async {
            let mut tokens = Vec::new();
            while to_acknowledge.recv_many(&mut tokens, BATCH).await > 0 {
                intake.ack(&tokens).await?;
                tokens.clear();
            }
            Ok(())
        };
        tokio::try_join!(fetching, acknowledging)?;
        Ok(self.rate(started))
    }

    async fn clear(self) -> Result<()> {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        for stream in ["BENCH_DISPATCH", "BENCH_EVENTS"] {
            self.bare.delete_stream(stream).await?;
        }
        Ok(())
    }
}

/// A server of our own, gone with the benchmark.
struct OwnServer {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl OwnServer {
    fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .context("nats-server is not in the PATH: install it, or give --url")?;
        let own = Self {
            child,
            url: format!("nats://127.0.0.1:{port}"),
            _folder: folder,
        };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            ensure!(
                started.elapsed() < Duration::from_secs(10),
                "nats-server does not start"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(own)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Ended already, perhaps.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}
