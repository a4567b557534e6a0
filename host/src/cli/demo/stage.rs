//! What the demo plays on: plugins built from the sources, two simulated operators, and a gateway in a temporary
//! folder.

use crate::app::App;
use crate::cli::Failure;
use crate::config::Config;
use crate::lifecycle::Lifecycle;
use crate::policy::Swap;
use crate::policy::build::{BuildRequest, build};
use crate::ports::{CommandQueue, EventLog};
use anyhow::Context;
use sha2::{Digest, Sha256};
use smsc_sim::{FinalState, IdForm, Receipts, Record, Rule, Script, Smsc, Submit, Then, When, profile};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{broadcast, watch};

/// The operator that wants Latin-1; its plugin is the one that is swapped.
pub(super) const NORDIC: &str = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001";
/// The operator with hex ids in its responses and decimal ones in its receipts.
pub(super) const VOLTA: &str = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0002";

/// submit_sm a second that each operator allows: the traffic lasts long enough to watch.
const TPS: u32 = 800;

/// How long the last messages may take to be decided.
const LAST_DECISIONS: Duration = Duration::from_secs(1);

/// A swap that was seen to take effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenSwap {
    /// From the file being in place to the new version deciding.
    pub(super) took: Duration,
}

/// Everything that runs.
pub(super) struct Stage {
    dir: TempDir,
    life: Lifecycle,
    app: App,
    nordic: Smsc,
    volta: Smsc,
}

impl Stage {
    /// Builds, starts and connects everything. `fixed_port` takes the documented HTTP port if it is free.
    pub(super) async fn set(fixed_port: bool) -> Result<Self, Failure> {
        let dir = tempfile::tempdir().context("a temporary folder")?;
        let folder = dir.path().to_owned();
        tokio::task::spawn_blocking(move || build_plugins(&folder)).await??;
        let nordic = Smsc::start(nordic_script()).await?;
        let volta = Smsc::start(volta_script()).await?;
        write_files(dir.path(), nordic.addr(), volta.addr(), fixed_port)?;
        let config =
            Config::load(Some(&dir.path().join("smpp-connector.toml"))).map_err(Failure::Configuration)?;
        let life = Lifecycle::new(Duration::from_secs(10));
        let app = App::start(config, &life).await?;
        Ok(Self {
            dir,
            life,
            app,
            nordic,
            volta,
        })
    }

    pub(super) fn http_addr(&self) -> SocketAddr {
        self.app.http_addr
    }

    pub(super) fn queue(&self) -> Arc<dyn CommandQueue> {
        self.app.queue.clone()
    }

    pub(super) fn events(&self) -> Arc<dyn EventLog> {
        self.app.events.clone()
    }

    /// Swaps the nordic plugin as an engineer would, by moving a new file over it, spread over the traffic. A swap has
    /// taken effect when `decided` tells of a message that the new version decided; when there is no traffic left to
    /// decide, which `sent` tells, it is when the new version has become active.
    pub(super) async fn swap_during(
        &self,
        swaps: u32,
        messages: u32,
        mut decided: watch::Receiver<String>,
        mut sent: watch::Receiver<bool>,
    ) -> Result<Vec<SeenSwap>, Failure> {
        let mut seen = Vec::new();
        let mut active = self.app.policies.swaps();
        for swap in 1..=swaps {
            let share = u64::from(messages) * u64::from(swap) / u64::from(swaps + 1);
            while self.nordic.counters().submits + self.volta.counters().submits < share {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let sha256 = self.put_version(swap)?;
            let moved = Instant::now();
            activated(&mut active, &sha256).await?;
            let was_active = moved.elapsed();
            let no_more_traffic = async {
                drop(sent.wait_for(|all| *all).await);
                tokio::time::sleep(LAST_DECISIONS).await;
            };
            let took = tokio::select! {
                _ = decided.wait_for(|last| *last == sha256) => moved.elapsed(),
                () = no_more_traffic => was_active,
            };
            seen.push(SeenSwap { took });
        }
        Ok(seen)
    }

    /// Moves the other build of the plugin over the one that runs; returns its sha256.
    fn put_version(&self, swap: u32) -> anyhow::Result<String> {
        let version = if swap % 2 == 1 {
            "payload.wasm"
        } else {
            "parts.wasm"
        };
        let component = std::fs::read(self.dir.path().join("built").join(version))?;
        let sha256 = hex::encode(Sha256::digest(&component));
        let fresh = self.dir.path().join("plugins/nordic.wasm.new");
        std::fs::write(&fresh, component)?;
        std::fs::rename(&fresh, self.dir.path().join("plugins/nordic.wasm"))?;
        Ok(sha256)
    }

    /// How often each part of each message reached an operator and was taken: once, if nothing was sent twice.
    pub(super) fn submits_per_part(&self) -> HashMap<(String, Vec<u8>), u32> {
        let mut counts = HashMap::new();
        for submit in self.nordic.submits().into_iter().chain(self.volta.submits()) {
            if submit.status == Some(0) {
                let key = (
                    submit.destination.digits.to_string(),
                    submit.short_message.to_vec(),
                );
                *counts.entry(key).or_insert(0) += 1;
            }
        }
        counts
    }

    /// What the operator saw of one destination.
    pub(super) fn submits_to(&self, destination: &str) -> Vec<Submit> {
        let all = self.nordic.submits().into_iter().chain(self.volta.submits());
        all.filter(|submit| submit.destination.digits == destination)
            .collect()
    }

    /// How to play on.
    pub(super) fn explain(&self) {
        let (dir, url) = (self.dir.path().display(), self.http_addr());
        println!("\nStill running; Ctrl-C ends it and cleans up.");
        println!("  events:   curl -N http://{url}/api/v1/events?after=0");
        println!("  metrics:  curl http://{url}/metrics");
        println!(
            "  send:     smpp-connector send --config {dir}/smpp-connector.toml --url http://{url} --operator nordic \
             --to +491511234567 --wait 'Hej då'"
        );
        println!("  swap:     smpp-connector plugin build plugins/latin1 --out {dir}/plugins/nordic.wasm");
        println!("  verdict:  cat {dir}/plugins/nordic.wasm.status.json");
        println!("  operators: {dir}/operators/*.toml (changes apply at once)");
    }

    /// Ends everything and removes the folder.
    pub(super) async fn strike(self) {
        self.life.stop();
        self.life.ended().await;
        self.nordic.stop().await;
        self.volta.stop().await;
    }
}

/// Waits until that version is the active one.
async fn activated(active: &mut broadcast::Receiver<Swap>, sha256: &str) -> anyhow::Result<()> {
    let wait = async {
        while active.recv().await?.to_sha != sha256 {}
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .context("the swapped plugin did not become active within 30 s")?
}

fn build_plugins(dir: &Path) -> anyhow::Result<()> {
    let sources = sources()?;
    let built = |name: &str| dir.join("built").join(name);
    let latin1 = |out: PathBuf, payload: bool| BuildRequest {
        crate_dir: sources.join("latin1"),
        out,
        features: Vec::new(),
        no_default_features: !payload,
    };
    build(&latin1(built("parts.wasm"), false))?;
    build(&latin1(built("payload.wasm"), true))?;
    build(&BuildRequest {
        crate_dir: sources.join("hexdec"),
        out: dir.join("plugins/volta.wasm"),
        features: Vec::new(),
        no_default_features: false,
    })?;
    std::fs::copy(built("parts.wasm"), dir.join("plugins/nordic.wasm"))?;
    Ok(())
}

/// The plugins' sources: in the working folder, or where this binary was built.
fn sources() -> anyhow::Result<PathBuf> {
    let candidates = [
        PathBuf::from("plugins"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins"),
    ];
    candidates
        .into_iter()
        .find(|dir| dir.join("latin1/Cargo.toml").is_file())
        .context("the example plugins are not here: run the demo from a checkout of the repository")
}

fn nordic_script() -> Script {
    let other_alphabet = When::Not(Box::new(When::DataCoding(vec![0x03, 0x08, 0x10, 0x14, 0x18])));
    Script::new()
        .latency(Duration::from_millis(10))
        .ids(IdForm::Uuid)
        .respond(Rule::when(other_alphabet).then(Then::Status(0x433)))
        .receipts(Receipts::new().after(Duration::from_millis(300)))
        .record(Record::All)
}

fn volta_script() -> Script {
    let receipts = Receipts::new()
        .after(Duration::from_millis(300))
        .otherwise(FinalState::new("DELIVERED", "000", 2))
        .template(
            "id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit_seconds} done date:{done_seconds} stat:{stat} \
             err:{err} Text:{text}",
        );
    profile("hexdec")
        .unwrap_or_default()
        .latency(Duration::from_millis(25))
        .receipts(receipts)
        .record(Record::All)
}

fn write_files(dir: &Path, nordic: SocketAddr, volta: SocketAddr, fixed_port: bool) -> anyhow::Result<()> {
    let port = if fixed_port && std::net::TcpListener::bind("127.0.0.1:8080").is_ok() {
        8080
    } else {
        0
    };
    std::fs::create_dir_all(dir.join("operators"))?;
    std::fs::write(
        dir.join("smpp-connector.toml"),
        format!("[http]\nlisten = \"127.0.0.1:{port}\"\n"),
    )?;
    let file = |id: &str, plugin: &str, addr: SocketAddr| {
        format!(
            "operator_id = \"{id}\"\ntps_limit = {TPS}\n\n[policy]\nplugin = \"{plugin}\"\n\n[[session]]\n\
             host = \"{}\"\nport = {}\nsystem_id = \"demo\"\npassword = \"demo\"\nwindow = 50\n",
            addr.ip(),
            addr.port()
        )
    };
    std::fs::write(
        dir.join("operators/nordic.toml"),
        file(NORDIC, "nordic.wasm", nordic),
    )?;
    std::fs::write(dir.join("operators/volta.toml"), file(VOLTA, "volta.wasm", volta))?;
    Ok(())
}
