//! How many messages a second the whole gateway carries on this machine, and what one costs.
//!
//! ```text
//! cargo bench -p smpp-connector --bench whole_path [-- --messages 50000 --runs 3 --window 100 --data-dir DIR]
//! ```
//! A gateway with its embedded backends and a simulated operator run in this process, the operator on a thread of its own
//! behind a TCP socket. Commands are published into the durable queue, 200 at a time, while those before them are being sent:
//! at most 4,000 are under way. A message counts when its last event has been read from the event log: `smpp.dlr` with
//! `messageFinal`, or `smpp.submit` where receipts are off. The clock runs from the first publish to the last of these
//! events. Everything is on disk before it is answered (`synchronous = FULL`), as in production; texts have one part.
//!
//! Not measured: the HTTP intake's parsing, TLS, and an operator that is far away. The last line offers a fixed load that the
//! machine carries easily, and tells how long a message takes from its publish call until its events can be read.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use clap::Parser;
use serde_json::json;
use smpp_connector::app::App;
use smpp_connector::config::Config;
use smpp_connector::lifecycle::Lifecycle;
use smpp_connector::policy::build::{BuildRequest, build};
use smpp_connector::ports::{CommandQueue, LoggedEvent, QueuedCommand};
use smpp_domain::ids::OperatorId;
use smsc_sim::{FinalState, IdForm, Receipts, Record, Script, Smsc};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Commands in one publish call.
const BATCH: usize = 200;
/// Published and not yet through, at most.
const AHEAD: usize = 4_000;
/// From submit_sm to its receipt.
const RECEIPT_DELAY: Duration = Duration::from_millis(50);
/// A run that takes longer has lost something.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Parser)]
struct Options {
    /// Messages of one run
    #[arg(long)]
    messages: Option<usize>,
    /// Runs of each case; the median is printed
    #[arg(long)]
    runs: Option<usize>,
    /// Unanswered submit_sm
    #[arg(long, default_value_t = 100)]
    window: u16,
    /// The case whose name contains this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Messages a second of the latency line
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// Where the gateways keep their data: the disk decides a good part
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    data_dir: PathBuf,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    plugin: Option<&'static str>,
    receipts: bool,
}

const CASES: [Case; 4] = [
    Case {
        name: "hexdec plugin, receipts",
        plugin: Some("hexdec"),
        receipts: true,
    },
    Case {
        name: "latin1 plugin, receipts",
        plugin: Some("latin1"),
        receipts: true,
    },
    Case {
        name: "no plugin, receipts",
        plugin: None,
        receipts: true,
    },
    Case {
        name: "hexdec plugin, no receipts",
        plugin: Some("hexdec"),
        receipts: false,
    },
];

fn main() -> Result<()> {
    let options = Options::parse();
    let runs = options.runs.unwrap_or(if options.bench { 3 } else { 1 });
    let messages = options
        .messages
        .unwrap_or(if options.bench { 50_000 } else { 600 });
    let plugins = Plugins::build(&options.data_dir)?;
    println!(
        "{messages} messages a run, median of {runs} runs, window {}, {}",
        options.window,
        machine()
    );
    println!(
        "{:28} {:>10} {:>26}   CPU a message",
        "", "messages/s", "(slowest .. fastest run)"
    );
    let cases: Vec<_> = CASES
        .into_iter()
        .filter(|case| case.name.contains(&options.only))
        .collect();
    let mut figures: Vec<Vec<Figures>> = vec![Vec::new(); cases.len()];
    // In turns, so that a busy minute of the machine does not fall on one case.
    for _ in 0..runs {
        for (case, figures) in cases.iter().zip(&mut figures) {
            figures.push(Stage::play(*case, &options, &plugins, |stage| {
                stage.flood(messages)
            })?);
        }
    }
    let medians: Vec<_> = figures.into_iter().map(median).collect();
    for (case, (all, rates)) in cases.iter().zip(&medians) {
        print_figures(case.name, all, rates);
    }
    let rate_of = |plugin, receipts| {
        let mut found = cases.iter().zip(&medians);
        found
            .find(|(case, _)| case.plugin == plugin && case.receipts == receipts)
            .map(|(_, (all, _))| all.rate)
    };
    if let (Some(on), Some(off)) = (rate_of(Some("hexdec"), true), rate_of(Some("hexdec"), false)) {
        println!("receipts on / off: {:.2}", on / off);
    }
    if let (Some(on), Some(none)) = (rate_of(Some("hexdec"), true), rate_of(None, true)) {
        println!("hexdec plugin / none: {:.2}", on / none);
    }
    if let Some(case) = cases.first() {
        let seconds = if options.bench { 5 } else { 1 };
        println!(
            "{}",
            Stage::play(*case, &options, &plugins, |stage| stage
                .latency(options.rate, seconds))?
        );
    }
    Ok(())
}

/// What one run came to.
#[derive(Clone)]
struct Figures {
    /// Messages a second.
    rate: f64,
    /// CPU microseconds a message, by who used them.
    cpu: [f64; 3],
}

/// The run in the middle, and the rates of the slowest and the fastest.
fn median(mut runs: Vec<Figures>) -> (Figures, (f64, f64)) {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let rate = |figures: Option<&Figures>| figures.map_or(0.0, |figures| figures.rate);
    let rates = (rate(runs.first()), rate(runs.last()));
    let middle = runs.len() / 2;
    (
        runs.into_iter().nth(middle).unwrap_or(Figures {
            rate: 0.0,
            cpu: [0.0; 3],
        }),
        rates,
    )
}

fn print_figures(name: &str, figures: &Figures, (slowest, fastest): &(f64, f64)) {
    let [gateway, sqlite, operator] = figures.cpu;
    let range = format!("({slowest:.0} .. {fastest:.0})");
    println!(
        "{name:28} {:>10.0} {range:>26}   gateway {gateway:.0} us, SQLite {sqlite:.0} us, simulated operator {operator:.0} us",
        figures.rate
    );
}

/// The components, built once.
struct Plugins {
    folder: TempDir,
}

impl Plugins {
    fn build(data_dir: &Path) -> Result<Self> {
        let plugins = Self {
            folder: tempfile::tempdir_in(data_dir)?,
        };
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

/// The simulated operator, on a thread and a runtime of its own.
struct FarSide {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl FarSide {
    fn start(case: Case) -> Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let serve = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(smsc) = Smsc::start(script(case)).await else {
                    return;
                };
                tell.send(smsc.addr()).unwrap_or_default();
                stopped.await.unwrap_or_default();
                smsc.stop().await;
            });
        };
        let thread = std::thread::Builder::new()
            .name("operator".to_owned())
            .spawn(serve)?;
        Ok(Self {
            addr: told.recv().context("the simulated operator does not start")?,
            stop,
            thread,
        })
    }

    fn end(self) {
        self.stop.send(()).unwrap_or_default();
        drop(self.thread.join());
    }
}

fn script(case: Case) -> Script {
    let receipts = Receipts::new()
        .after(RECEIPT_DELAY)
        .otherwise(FinalState::new("DELIVERED", "000", 2));
    let script = Script::new().record(Record::Off).receipts(receipts);
    match case.plugin {
        Some("hexdec") => script
            .first_id(0x10C8_F40D)
            .ids(IdForm::HexUpper)
            .receipt_ids(IdForm::DecimalPadded(10)),
        _ => script.first_id(0x10C8_F40D),
    }
}

/// A gateway with an operator, bound and warm.
struct Stage {
    case: Case,
    app: App,
    operator: OperatorId,
    /// Read from the log so far.
    after: u64,
}

impl Stage {
    /// Starts everything, plays, and ends everything.
    fn play<T, F>(case: Case, options: &Options, plugins: &Plugins, act: impl FnOnce(Self) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let far_side = FarSide::start(case)?;
        let dir = tempfile::tempdir_in(&options.data_dir)?;
        let operator = OperatorId(Uuid::now_v7());
        let files = Files {
            case,
            operator,
            addr: far_side.addr,
            window: options.window,
        };
        let config = files.write(dir.path(), plugins)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("gateway")
            .enable_all()
            .build()?;
        let played = runtime.block_on(async {
            let life = Lifecycle::new(Duration::from_secs(20));
            let app = App::start(config, &life).await?;
            let mut stage = Self {
                case,
                app,
                operator,
                after: 0,
            };
            let warm = stage.carry(BATCH, BATCH, None).await;
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
    async fn flood(mut self, messages: usize) -> Result<Figures> {
        let before = Cpu::now()?;
        let started = Instant::now();
        self.carry(messages, AHEAD, None).await?;
        let took = started.elapsed().as_secs_f64();
        let count = count(messages);
        Ok(Figures {
            rate: count / took,
            cpu: Cpu::now()?.since(&before).map(|micros| micros / count),
        })
    }

    /// A fixed number a second.
    async fn latency(mut self, rate: usize, seconds: usize) -> Result<String> {
        let carried = self.carry(rate * seconds, usize::MAX, Some(rate)).await?;
        let [outcome, receipt] = [carried.outcome_after, carried.receipt_after].map(percentiles);
        Ok(format!(
            "at {rate} messages/s, from publish to outcome event: {outcome}; to receipt event: {receipt}"
        ))
    }

    /// Publishes messages and waits until they are through. With a rate it takes times too.
    async fn carry(&mut self, messages: usize, ahead: usize, rate: Option<usize>) -> Result<Carried> {
        let publisher = Publisher::new(
            self.app.queue.clone(),
            self.operator,
            messages,
            self.case.receipts,
        );
        let (through, watching) = watch::channel(0);
        let published = publisher.times.clone();
        let publishing = tokio::spawn(publisher.run(ahead, rate, watching));
        let mut carried = Carried::default();
        let read = tokio::time::timeout(PATIENCE, async {
            let mut newest = self.app.events.newest();
            while carried.through(self.case.receipts) < messages {
                newest.borrow_and_update();
                let page = self.app.events.read_after(self.after, 2_000).await?;
                let Some(last) = page.last() else {
                    newest.changed().await?;
                    continue;
                };
                self.after = last.seq;
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

/// What the log has told.
#[derive(Default, Debug)]
struct Carried {
    accepted: usize,
    delivered: usize,
    outcome_after: Vec<Duration>,
    receipt_after: Vec<Duration>,
}

impl Carried {
    fn through(&self, receipts: bool) -> usize {
        if receipts { self.delivered } else { self.accepted }
    }

    /// Anything but accepted and delivered would make the figure a lie.
    fn count(&mut self, event: &LoggedEvent) -> Result<()> {
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

    fn time(&mut self, event: &LoggedEvent, now: Instant, published: &Times) -> Result<()> {
        let body: serde_json::Value = serde_json::from_str(&event.payload)?;
        let id = body
            .get("messageId")
            .and_then(|id| id.as_str())
            .and_then(|id| id.parse().ok());
        let times = published
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
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

type Times = Arc<std::sync::Mutex<HashMap<Uuid, Instant>>>;

/// The platform: publishes commands that were made before the clock ran.
struct Publisher {
    queue: Arc<dyn CommandQueue>,
    commands: Vec<(Uuid, QueuedCommand)>,
    times: Times,
}

impl Publisher {
    fn new(queue: Arc<dyn CommandQueue>, operator_id: OperatorId, messages: usize, receipts: bool) -> Self {
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

    async fn run(self, ahead: usize, rate: Option<usize>, mut through: watch::Receiver<usize>) -> Result<()> {
        let batch = rate.map_or(BATCH, |rate| (rate / 100).max(1));
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        let mut published = 0;
        for batch in self.commands.chunks(batch) {
            if rate.is_some() {
                beat.tick().await;
                let now = Instant::now();
                let mut times = self
                    .times
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
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

/// The gateway's files.
struct Files {
    case: Case,
    operator: OperatorId,
    addr: SocketAddr,
    window: u16,
}

impl Files {
    fn write(&self, dir: &Path, plugins: &Plugins) -> Result<Config> {
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
        std::fs::write(&file, "[http]\nlisten = \"127.0.0.1:0\"\n")?;
        Config::load(Some(&file)).map_err(|problems| anyhow::anyhow!("{problems}"))
    }
}

/// CPU microseconds of this process so far: the gateway's own threads, SQLite's, the simulated operator's.
struct Cpu([f64; 3]);

impl Cpu {
    fn now() -> Result<Self> {
        let mut used = [0.0; 3];
        for thread in std::fs::read_dir("/proc/self/task")? {
            // A thread may end between the two.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("stat")) else {
                continue;
            };
            let (name, ticks) = read_stat(&stat).context("/proc/self/task/*/stat has another form")?;
            let [gateway, sqlite, operator] = &mut used;
            *match name {
                "operator" => operator,
                name if name.starts_with("sqlx") => sqlite,
                _ => gateway,
            } += ticks * 10_000.0;
        }
        Ok(Self(used))
    }

    fn since(&self, before: &Self) -> [f64; 3] {
        let ([a, b, c], [x, y, z]) = (self.0, before.0);
        [a - x, b - y, c - z]
    }
}

/// The name of a thread, and its user and system time in ticks of 10 ms (proc(5): USER_HZ is 100 everywhere).
fn read_stat(stat: &str) -> Option<(&str, f64)> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let mut fields = tail.split(' ').skip(11).map(str::parse::<f64>);
    let ticks = fields.next()?.ok()? + fields.next()?.ok()?;
    Some((head.split_once('(')?.1, ticks))
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

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model);
    format!("{cores} cores, {}", model.unwrap_or("unknown CPU"))
}
