//! What only a process can show: kill -9, signals, exit codes, the command line, and HTTP as a client sees it.
#![cfg(test)]

mod bad_input;
mod capture;
mod certify;
mod cli;
mod configuration;
mod connect;
mod events;
mod getting_started;
mod http;
mod intake;
pub(crate) mod kill;
mod kill_report;
mod logs;
mod migrate;
mod openapi;
mod operator_files;
mod pdus;
mod plugin_author;
mod plugin_orders;
mod plugin_replay;
mod preview;
mod quirks;
mod secrecy;
mod segments;
mod sessions;
mod shared_tps;
mod shutdown;
mod ten_minutes;
mod tls;
mod trace;
mod try_bind;
mod turns;

use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE};
use smsc_sim::{Counters, Script, Smsc};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The gateway's binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_gateway");

/// A simulated operator on threads of its own, so that the story itself may block; and a folder for the gateway.
struct Stage {
    runtime: Runtime,
    smsc: Smsc,
    dir: TempDir,
}

impl Stage {
    fn new(script: Script) -> Self {
        let runtime = Runtime::new().unwrap();
        let smsc = runtime.block_on(Smsc::start(script)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        Self { runtime, smsc, dir }
    }

    /// The SMSC's operator, `acme`.
    fn operator(&self) -> Operator {
        Operator::at(self.smsc.addr())
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Starts a gateway with this one operator.
    fn gateway(&self, operator: &Operator) -> GatewayProcess {
        GatewayProcess::start(BINARY, self.path(), std::slice::from_ref(operator))
    }

    fn wait_until(&self, condition: impl Fn(&Counters) -> bool) -> Counters {
        self.runtime
            .block_on(self.smsc.wait_until(condition, PATIENCE))
            .unwrap()
    }
}

/// `count` messages to the operator, to numbers that follow `first`.
fn messages(operator: &Operator, first: u64, count: u64) -> Vec<Message> {
    (first..first + count)
        .map(|number| Message::to(&format!("+{number}")).operator(operator.id))
        .collect()
}

/// What a command of the binary came to.
#[derive(Debug)]
struct Told {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs a command in a folder.
fn run(dir: &Path, args: &[&str]) -> Told {
    let output = Command::new(BINARY)
        .args(args)
        .current_dir(dir)
        .env_remove("SMPP_CONNECTOR_CONFIG")
        .env_remove("SMPP_CONNECTOR_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    Told {
        code: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Asserts that a text contains all of these.
pub(crate) fn has(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}
