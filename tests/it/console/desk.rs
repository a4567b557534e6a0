//! Two operators with quirks of their own, and a gateway process between them and the browser.

use crate::process::BINARY;
use serde_json::{Value, json};
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, play, plugin};
use smsc_sim::{FinalState, IdForm, Receipts, Rule, Script, Smsc, Then, When, status};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The stage of most stories.
pub(super) struct Desk {
    pub(super) runtime: Runtime,
    /// Tells ids in hexadecimal, and receipts in decimal; its plugin brings them together.
    pub(super) acme: Smsc,
    /// Refuses numbers that end in 66, cannot deliver to those that end in 77, and has no plugin.
    pub(super) globe: Smsc,
    /// acme and globe.
    pub(super) operators: [Operator; 2],
    pub(super) dir: TempDir,
    pub(super) gateway: GatewayProcess,
}

pub(super) fn acme_script() -> Script {
    Script::new()
        .ids(IdForm::HexLower)
        .receipt_ids(IdForm::Decimal)
        .first_id(1_000_000)
}

pub(super) fn globe_script() -> Script {
    let undelivered = FinalState::undelivered("027");
    let unknown = When::DestinationSuffix("66".to_owned());
    Script::new()
        .ids(IdForm::Uuid)
        .receipt_ids(IdForm::Uuid)
        .latency(Duration::from_millis(20))
        .respond(Rule::when(unknown).then(Then::Status(status::INVALID_DESTINATION)))
        .receipts(Receipts::new().state_for("77", undelivered))
}

/// acme with the plugin that it needs.
pub(super) fn hexdec([acme, globe]: [Operator; 2]) -> [Operator; 2] {
    [acme.plugin(plugin("hexdec")), globe]
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with("", hexdec)
    }

    /// With these lines in `smpp-connector.toml`, and the operators' files changed; acme has no plugin then.
    pub(super) fn with(settings: &str, change: impl FnOnce([Operator; 2]) -> [Operator; 2]) -> Self {
        let runtime = Runtime::new().unwrap();
        let acme = runtime.block_on(Smsc::start(acme_script())).unwrap();
        let globe = runtime.block_on(Smsc::start(globe_script())).unwrap();
        let operators = change([
            Operator::at(acme.addr())
                .session("binds", "2")
                .set("tps_limit", "200"),
            Operator::at(globe.addr())
                .named("globe")
                .session("window", "4")
                .set("tps_limit", "50")
                .set("splitting.mode", "\"sar\""),
        ]);
        let dir = tempfile::tempdir().unwrap();
        let gateway = GatewayProcess::start_with(BINARY, dir.path(), &operators, settings);
        Self {
            runtime,
            acme,
            globe,
            operators,
            dir,
            gateway,
        }
    }

    /// Plays the steps of a page with these facts beside the operators' ids.
    pub(super) fn play(&self, page: &str, facts: Value, deed: impl FnMut(&str, &Value) -> Value) {
        let [acme, globe] = &self.operators;
        let mut all = json!({ "acme": acme.id.to_string(), "globe": globe.id.to_string() });
        if let (Some(all), Value::Object(facts)) = (all.as_object_mut(), facts) {
            all.extend(facts);
        }
        play(page, &self.gateway.url(""), &all, deed);
    }

    /// A message to acme (0) or globe (1).
    pub(super) fn message(&self, operator: usize, to: &str) -> Message {
        Message::to(to).operator(self.operators[operator].id)
    }

    /// Posts messages and waits until each has its outcome and each accepted part its receipt.
    pub(super) fn send(&self, messages: &[Message]) {
        self.gateway.post(messages).unwrap();
        let ids: Vec<_> = messages.iter().map(|message| message.id().to_string()).collect();
        self.gateway.events_until(|events| {
            let over = |id: &String| {
                events.iter().any(|event| {
                    let refused = event["type"] == "submit" && event["outcome"] != "ACCEPTED";
                    event["messageId"] == id.as_str() && (refused || event["messageFinal"] == true)
                })
            };
            ids.iter().all(over)
        });
    }

    /// A little traffic to both, until the answer is dropped.
    pub(super) fn traffic(&self) -> Traffic {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, url) = (stop.clone(), self.gateway.url(""));
        let ids = [self.operators[0].id, self.operators[1].id];
        let thread = std::thread::spawn(move || {
            let mut number = 4_860_000_000_u64;
            // A gateway that is gone takes nothing; that ends the traffic too.
            while !stopped.load(Ordering::Relaxed) {
                let both: Vec<_> = (0..6)
                    .map(|index| {
                        number += 1;
                        Message::to(&format!("+{number}")).operator(ids[index % 2])
                    })
                    .collect();
                if smpp_connector_tests::post(&url, &both).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(150));
            }
        });
        Traffic {
            stop,
            thread: Some(thread),
        }
    }

    /// Waits until all binds of both operators are up.
    pub(super) fn bound(&self) {
        let bound = |count| move |told: &smsc_sim::Counters| told.binds >= count;
        let waiting = async {
            self.acme.wait_until(bound(2), PATIENCE).await.unwrap();
            self.globe.wait_until(bound(1), PATIENCE).await.unwrap();
        };
        self.runtime.block_on(waiting);
    }

    /// The hexdec plugin under another digest, as a file.
    pub(super) fn version(&self, name: &str) -> PathBuf {
        let mut wasm = std::fs::read(plugin("hexdec")).unwrap();
        let section = [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        wasm.extend([0, u8::try_from(section.len()).unwrap()]);
        wasm.extend(section);
        let file = self.dir.path().join(format!("{name}.wasm"));
        std::fs::write(&file, wasm).unwrap();
        file
    }
}

/// Ends with its drop.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}
