//! This project's gateway under load, embedded or on NATS, PostgreSQL and Redis.

use super::cpu::{Processes, Who};
use super::ground::{Ground, Servers};
use super::lane::{Commands, HttpClient, LANES, Lane, number_in};
use super::run::{Stage, WARM};
use super::sink::{Answers, Sink};
use super::tally::{Step, Tally};
use crate::{GatewayProcess, http, plugin, published};
use anyhow::{Context, Result};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::StreamExt;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Commands in one publish or POST.
const BATCH: usize = 200;
/// Lanes that flood.
const FLOODING: usize = 4;

/// Whose policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// The built-in behaviour.
    None,
    /// In Rust, with every hook, and an answer of its own to each.
    EveryHook,
    /// `plugins/hexdec`: ids and receipts.
    Hexdec,
    /// `plugins/latin1`: encoding and splitting.
    Latin1,
    /// `plugins/quirks`, with a setting for each of its hooks.
    Quirks,
    /// The one with every hook, in JavaScript.
    JavaScript,
}

/// How the gateway is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// On NATS JetStream, PostgreSQL and Redis instead of the embedded backends.
    pub platform: bool,
    /// Whose policy decides.
    pub plugin: Plugin,
    /// Whether receipts are asked for.
    pub receipts: bool,
    /// Unanswered submit_sm.
    pub window: u16,
    /// From submit_sm to its response.
    pub latency: Duration,
    /// Whether the operator's ids lie far apart.
    pub scattered_ids: bool,
    /// Whether hook calls and their PDUs are recorded.
    pub recordings: bool,
    /// Where the gateway keeps its data: the disk decides a good part.
    pub data_dir: PathBuf,
}

/// The gateway of this project.
pub struct Ours;

impl Ours {
    /// Starts one, with its servers, for so many messages. `binary` is the benchmark's `CARGO_BIN_EXE_gateway`.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start(binary: &str, setup: &Setup, messages: usize) -> Result<Stage> {
        Self::start_on(binary, setup, Arc::new(Ground::new(setup)?), messages).await
    }

    /// Starts one where another may have ended.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start_on(
        binary: &str,
        setup: &Setup,
        ground: Arc<Ground>,
        messages: usize,
    ) -> Result<Stage> {
        let first = ground.take(WARM + messages);
        let tally = Arc::new(Tally::from(first, WARM + messages));
        let answers = Answers {
            latency: setup.latency,
            two_bases: !matches!(setup.plugin, Plugin::None | Plugin::Latin1),
            first_id: Answers::default().first_id + u32::try_from(first)?,
            scattered: setup.scattered_ids,
            ..Answers::default()
        };
        let sink = Sink::start(answers, tally.clone())?;
        let newest = ground.newest_event().await?;
        write_files(setup, &ground, sink.addr)?;
        let gateway = GatewayProcess::launch(binary, ground.dir.path(), "warn");
        let (me, it) = (std::process::id(), gateway.pid());
        let mut processes = vec![
            ("gateway", Who::Rest(it, "sqlx-sqlite")),
            ("SQLite", Who::Threads(it, "sqlx-sqlite")),
            ("operator", Who::Threads(me, "operator")),
            ("load", Who::Rest(me, "operator")),
        ];
        let commands = Commands {
            operator: ground.operator,
            subject: format!("smpp.operator.{}", ground.operator),
            receipts: setup.receipts,
        };
        let mut lanes = Vec::new();
        if let Some(servers) = &ground.servers {
            processes.extend(servers.processes());
            read_stream(&servers.nats.url(), tally.clone(), setup.receipts).await?;
            for _ in 0..LANES {
                let client = async_nats::connect(servers.nats.url()).await?;
                lanes.push(Lane::Nats(commands.clone(), async_nats::jetstream::new(client)));
            }
        } else {
            let url = gateway.url(&format!("/api/v1/events?after={newest}"));
            read_log(url, tally.clone(), setup.receipts)?;
            let addr = gateway.url("").trim_start_matches("http://").parse()?;
            for _ in 0..LANES {
                lanes.push(Lane::Http(commands.clone(), HttpClient::connect(addr).await?));
            }
        }
        Ok(Stage {
            tally,
            lanes,
            flooding: FLOODING,
            processes: Processes(processes),
            batch: BATCH,
            first,
            given: first,
            props: vec![Box::new(gateway), Box::new(sink), Box::new(ground)],
        })
    }
}

/// Reads the stream of events, as a platform's service would.
async fn read_stream(url: &str, tally: Arc<Tally>, receipts: bool) -> Result<()> {
    let client = async_nats::connect(url).await?;
    let stream = async_nats::jetstream::new(client)
        .get_stream("SMPP_EVENTS")
        .await?;
    let config = pull::Config {
        ack_policy: AckPolicy::None,
        deliver_policy: DeliverPolicy::New,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let mut messages = consumer.stream().max_messages_per_batch(2_000).messages().await?;
    tokio::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            let kind = message.subject.split('.').nth(1).unwrap_or_default();
            tell(&tally, kind, &String::from_utf8_lossy(&message.payload), receipts);
        }
    });
    Ok(())
}

/// Reads the gateway's own log of events, as anybody may; the thread ends with the gateway.
fn read_log(url: String, tally: Arc<Tally>, receipts: bool) -> Result<()> {
    let lines = http::lines(&url).map_err(anyhow::Error::msg)?;
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let Some(event) = line.strip_prefix("data:") else {
                continue;
            };
            let (_, rest) = event.split_once(r#""type":""#).unwrap_or_default();
            let (kind, _) = rest.split_once('"').unwrap_or_default();
            tell(&tally, kind, event, receipts);
        }
    });
    Ok(())
}

/// Anything but accepted and delivered would make the figure a lie.
fn tell(tally: &Tally, kind: &str, event: &str, receipts: bool) {
    let last = match kind {
        "submit" if event.contains(r#""outcome":"ACCEPTED""#) => !receipts,
        "dlr" if event.contains(r#""messageState":"DELIVERED""#) => true,
        "session" => return,
        _ => return tally.fail(format!("an event that should not be: {kind} {event}")),
    };
    if last && let Some(number) = number_in(event) {
        tally.note(Step::Told, number);
    }
}

/// The gateway's files: defaults, but for what the setup is about.
fn write_files(setup: &Setup, ground: &Ground, addr: SocketAddr) -> Result<()> {
    let (dir, operator) = (ground.dir.path(), ground.operator);
    std::fs::create_dir_all(dir.join("operators"))?;
    std::fs::create_dir_all(dir.join("plugins"))?;
    let component = dir.join("plugins/bench.wasm");
    let mut policy = "[policy]\nplugin = \"bench.wasm\"\n";
    match setup.plugin {
        Plugin::None => policy = "",
        Plugin::Quirks => policy = QUIRKS,
        Plugin::EveryHook => std::fs::write(component, published("1.0.0", "rust"))?,
        Plugin::JavaScript => std::fs::write(component, published("1.0.0", "javascript"))?,
        Plugin::Hexdec => drop(std::fs::copy(plugin("hexdec"), component)?),
        Plugin::Latin1 => drop(std::fs::copy(plugin("latin1"), component)?),
    }
    let (ip, port, window) = (addr.ip(), addr.port(), setup.window);
    let text = format!(
        "operator_id = \"{operator}\"\ntps_limit = 1000000\n{policy}[[session]]\nhost = \"{ip}\"\nport = {port}\n\
         system_id = \"bench\"\npassword = \"bench\"\nwindow = {window}\n"
    );
    std::fs::write(dir.join("operators/bench.toml"), text)?;
    let recorded = setup.recordings;
    let mut text = format!("[http]\nlisten = \"127.0.0.1:0\"\n[recordings]\ndecisions = {recorded}\n");
    if let Some(Servers {
        nats,
        postgres,
        redis,
    }) = &ground.servers
    {
        write!(
            text,
            "[nats]\nurl = \"{}\"\n[postgres]\nurl = \"{}\"\n[redis]\nurl = \"{}\"\n",
            nats.url(),
            postgres.url(),
            redis.url()
        )?;
    }
    std::fs::write(dir.join("smpp-connector.toml"), text).context("the gateway's file")
}

/// Something for each of its hooks.
const QUIRKS: &str = r#"[policy]
plugin = "quirks"
[policy.settings]
message_id = { submit_resp = "hex", receipt = "decimal" }
receipts = { time_zone = "+05:30" }
states = { words = { FAILED = "rejected", NOCRED = "rejected" }, codes = { 6 = "delivered" } }
errors = { codes = { 125 = { error = "not-registered" } } }
statuses = { 0x45 = "throttle", 0x401 = "stop-operator" }
encoding = { gsm7 = { data_coding = 1 } }
splitting = { mode = "udh16", max_parts = 5 }
destination = { rule = [{ prefix = "33", replace_prefix = "0" }] }
submit = { service_type = "CMT", tlv = [{ tag = 0x1400, text = "1101456700000012345", nul = true }] }
"#;
