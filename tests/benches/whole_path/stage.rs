//! A gateway and a simulated operator, started for one run and ended after it.

use crate::cpu::Cpu;
use crate::reader::Reader;
use crate::traffic::{BATCH, Carried, Publisher};
use crate::{Case, EVERY_HOOK, Figures, Options};
use anyhow::{Context, Result};
use smpp_connector::app::App;
use smpp_connector::config::Config;
use smpp_connector::lifecycle::Lifecycle;
use smpp_connector::policy::build::{BuildRequest, build};
use smpp_connector_tests::servers::{NatsServer, PostgresServer, RedisServer};
use smpp_connector_tests::{FarSide, published};
use smpp_domain::ids::OperatorId;
use smsc_sim::{FinalState, IdForm, Receipts, Record, Script};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

/// Published and not yet through, at most.
const AHEAD: usize = 4_000;
/// From submit_sm to its receipt.
const RECEIPT_DELAY: Duration = Duration::from_millis(50);
/// A run that takes longer has lost something.
const PATIENCE: Duration = Duration::from_secs(120);

/// A gateway with an operator, bound and warm.
pub(crate) struct Stage {
    case: Case,
    app: App,
    operator: OperatorId,
    reader: Reader,
    /// The processes of the servers, if the gateway runs on any.
    servers: Option<[u32; 3]>,
}

impl Stage {
    /// Starts everything, plays, and ends everything.
    pub(crate) fn play<T, F>(
        case: Case,
        options: &Options,
        plugins: &Plugins,
        act: impl FnOnce(Self) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let far_side = FarSide::start(script(case))?;
        let servers = options.platform.then(Servers::start);
        let dir = tempfile::tempdir_in(&options.data_dir)?;
        let operator = OperatorId(Uuid::now_v7());
        let files = Files {
            case,
            operator,
            addr: far_side.addr,
            window: options.window,
            recordings: !options.no_recordings,
        };
        let config = files.write(dir.path(), plugins, servers.as_ref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("gateway")
            .enable_all()
            .build()?;
        let played = runtime.block_on(async {
            let life = Lifecycle::new(Duration::from_secs(20));
            let app = App::start(config, &life).await?;
            let reader = match &servers {
                Some(servers) => Reader::of_stream(&servers.nats.url()).await?,
                None => Reader::of_log(app.events.clone()),
            };
            let mut stage = Self {
                case,
                app,
                operator,
                reader,
                servers: servers.as_ref().map(Servers::pids),
            };
            let warm = stage.publisher(BATCH);
            let warm = stage.carry(warm, BATCH, None).await;
            let played = match warm {
                Ok(_) => act(stage).await,
                Err(error) => Err(error),
            };
            life.stop();
            life.ended().await;
            played
        });
        far_side.end();
        played
    }

    /// As many as it can.
    pub(crate) async fn flood(mut self, messages: usize) -> Result<Figures> {
        let publisher = self.publisher(messages);
        let before = Cpu::now(self.servers)?;
        let started = Instant::now();
        self.carry(publisher, AHEAD, None).await?;
        let took = started.elapsed().as_secs_f64();
        let count = count(messages);
        Ok(Figures {
            rate: count / took,
            cpu: Cpu::now(self.servers)?
                .since(&before)
                .map(|micros| micros / count),
        })
    }

    /// A fixed number a second.
    pub(crate) async fn latency(mut self, rate: usize, seconds: usize) -> Result<String> {
        let publisher = self.publisher(rate * seconds);
        let carried = self.carry(publisher, usize::MAX, Some(rate)).await?;
        let [outcome, receipt] = [carried.outcome_after, carried.receipt_after].map(percentiles);
        Ok(format!(
            "at {rate} messages/s, from publish to outcome event: {outcome}; to receipt event: {receipt}"
        ))
    }

    fn publisher(&self, messages: usize) -> Publisher {
        Publisher::new(
            self.app.queue.clone(),
            self.operator,
            messages,
            self.case.receipts,
        )
    }

    /// Publishes messages and waits until they are through. With a rate it takes times too.
    async fn carry(&mut self, publisher: Publisher, ahead: usize, rate: Option<usize>) -> Result<Carried> {
        let messages = publisher.commands.len();
        let (through, watching) = watch::channel(0);
        let published = publisher.times.clone();
        let publishing = tokio::spawn(publisher.run(ahead, rate, watching));
        let mut carried = Carried::default();
        let read = tokio::time::timeout(PATIENCE, async {
            while carried.through(self.case.receipts) < messages {
                let page = self.reader.next().await?;
                let now = Instant::now();
                for event in &page {
                    carried.count(event)?;
                    if rate.is_some() {
                        carried.time(event, now, &published)?;
                    }
                }
                through.send_replace(carried.through(self.case.receipts));
            }
            Ok(())
        });
        read.await
            .with_context(|| format!("{carried:?} of {messages} after {PATIENCE:?}"))?
            .and(publishing.await?)?;
        Ok(carried)
    }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(times.len() * percent / 100)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    format!("p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms", at(50), at(95), at(99))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]
fn count(messages: usize) -> f64 {
    messages as f64
}

/// The components, built once.
pub(crate) struct Plugins {
    folder: TempDir,
}

impl Plugins {
    pub(crate) fn build(data_dir: &Path) -> Result<Self> {
        let plugins = Self {
            folder: tempfile::tempdir_in(data_dir)?,
        };
        std::fs::write(plugins.component(EVERY_HOOK), published("1.0.0", "rust"))?;
        for name in ["hexdec", "latin1"] {
            build(&BuildRequest {
                crate_dir: Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("../plugins")
                    .join(name),
                out: plugins.component(name),
                features: Vec::new(),
                no_default_features: false,
            })?;
        }
        Ok(plugins)
    }

    fn component(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("wasm")
    }
}

fn script(case: Case) -> Script {
    let receipts = Receipts::new()
        .after(RECEIPT_DELAY)
        .otherwise(FinalState::new("DELIVERED", "000", 2));
    let script = Script::new().record(Record::Off).receipts(receipts);
    match case.plugin {
        Some("hexdec" | EVERY_HOOK) => script
            .first_id(0x10C8_F40D)
            .ids(IdForm::HexUpper)
            .receipt_ids(IdForm::DecimalPadded(10)),
        _ => script.first_id(0x10C8_F40D),
    }
}

/// Fresh servers, on the same machine.
struct Servers {
    nats: NatsServer,
    postgres: PostgresServer,
    redis: RedisServer,
}

impl Servers {
    fn start() -> Self {
        Self {
            nats: NatsServer::start(),
            postgres: PostgresServer::start(),
            redis: RedisServer::start(),
        }
    }

    fn pids(&self) -> [u32; 3] {
        [self.nats.pid(), self.postgres.pid(), self.redis.pid()]
    }

    fn toml(&self) -> String {
        format!(
            "[nats]\nurl = \"{}\"\n[postgres]\nurl = \"{}\"\n[redis]\nurl = \"{}\"\n",
            self.nats.url(),
            self.postgres.url(),
            self.redis.url()
        )
    }
}

/// The gateway's files.
struct Files {
    case: Case,
    operator: OperatorId,
    addr: SocketAddr,
    window: u16,
    recordings: bool,
}

impl Files {
    fn write(&self, dir: &Path, plugins: &Plugins, servers: Option<&Servers>) -> Result<Config> {
        std::fs::create_dir_all(dir.join("operators"))?;
        std::fs::create_dir_all(dir.join("plugins"))?;
        let policy = match self.case.plugin {
            Some(name) => {
                std::fs::copy(plugins.component(name), dir.join("plugins/bench.wasm"))?;
                "[policy]\nplugin = \"bench.wasm\"\n"
            }
            None => "",
        };
        let (operator, ip, port, window) = (self.operator, self.addr.ip(), self.addr.port(), self.window);
        let text = format!(
            "operator_id = \"{operator}\"\ntps_limit = 1000000\n{policy}[[session]]\nhost = \"{ip}\"\nport = {port}\n\
             system_id = \"bench\"\npassword = \"bench\"\nwindow = {window}\n"
        );
        std::fs::write(dir.join("operators/bench.toml"), text)?;
        let file = dir.join("smpp-connector.toml");
        let servers = servers.map(Servers::toml).unwrap_or_default();
        let recordings = self.recordings;
        let text =
            format!("[http]\nlisten = \"127.0.0.1:0\"\n[recordings]\ndecisions = {recordings}\n{servers}");
        std::fs::write(&file, text)?;
        Config::load(Some(&file)).map_err(|problems| anyhow::anyhow!("{problems}"))
    }
}
