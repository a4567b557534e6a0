//! aiosmpplib, which can be no SMSC: its codec reads what the gateway has written, and as an ESME it talks to the simulator.

use super::program::Program;
use super::{libraries, script};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// What aiosmpplib makes of each of these submit_sm: `text`, its place (`number` of `total`), and some other fields.
#[must_use]
pub fn read_submits(pdus: &[Vec<u8>]) -> Vec<Value> {
    let mut file = tempfile::tempfile().expect("a temporary file");
    for pdu in pdus {
        writeln!(file, "{}", hex::encode(pdu)).expect("a file that can be written");
    }
    std::io::Seek::rewind(&mut file).expect("a file of ours");
    let mut command = Command::new("python3");
    let output = with_library(command.arg(script("reader.py")))
        .stdin(Stdio::from(file))
        .output()
        .expect("python3");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "tests/foreign/reader.py, for which `tests/setup` installs what it needs: {errors}"
    );
    let lines = output
        .stdout
        .split(|octet| *octet == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect()
}

/// An ESME, bound as a transceiver: `tests/foreign/esme.py`.
pub struct AioEsme {
    program: Program,
}

impl AioEsme {
    /// Binds to this SMSC.
    #[must_use]
    pub fn at(smsc: SocketAddr) -> Self {
        let program = Program::start("tests/foreign/esme.py", "python3", |command| {
            with_library(command.arg(script("esme.py"))).arg(smsc.port().to_string());
        });
        Self { program }
    }

    /// Submits a message under a name of the story's own.
    pub fn submit(&mut self, name: &str, from: &str, to: &str, text: &str) {
        let order = json!({ "name": name, "from": from, "to": to, "text": text });
        self.program.say(&order.to_string());
    }

    /// Waits for an event with these values in it.
    pub async fn told(&self, values: Value) -> Value {
        let values = values.as_object().expect("an object");
        let is_it = |event: &Value| values.iter().all(|(key, value)| event[key] == *value);
        let find = |lines: &[String]| {
            let mut events = lines.iter().filter_map(|line| serde_json::from_str(line).ok());
            events.find(is_it)
        };
        self.program.until(&format!("{values:?}"), find).await
    }

    /// Unbinds and ends.
    pub async fn stop(mut self) {
        self.program.say_no_more();
        self.program.until_ended().await;
    }
}

fn with_library(command: &mut Command) -> &mut Command {
    // Python finds our scripts' neighbours by itself, and writes nothing beside them.
    command
        .env("PYTHONPATH", OsString::from(libraries("python")))
        .env("PYTHONDONTWRITEBYTECODE", "1")
}
