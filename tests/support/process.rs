//! A gateway as a process of its own, to be killed.

use crate::gateway::write_files;
use crate::{Message, Operator, PATIENCE};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

/// A child process that runs `smpp-connector run`; killed when dropped.
pub struct GatewayProcess {
    child: Child,
    url: String,
}

impl GatewayProcess {
    /// Starts it in a folder and waits until it listens. `binary` is the test's `CARGO_BIN_EXE_gateway`.
    #[must_use]
    pub fn start(binary: &str, dir: &Path, operators: &[Operator]) -> Self {
        write_files(dir, operators);
        let mut child = Command::new(binary)
            .arg("run")
            .arg("--config")
            .arg(dir.join("smpp-connector.toml"))
            .env("SMPP_CONNECTOR_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the gateway's binary");
        let mut first_line = String::new();
        let stdout = child.stdout.take().expect("a piped stdout");
        BufReader::new(stdout).read_line(&mut first_line).expect("a line");
        let Some(url) = first_line.trim().strip_prefix("listening on ") else {
            panic!("the gateway did not start: {first_line:?}, {:?}", child.wait());
        };
        Self {
            url: url.to_owned(),
            child,
        }
    }

    /// Posts messages; returns once they are accepted. An error is a gateway that is gone.
    ///
    /// # Errors
    /// When the gateway does not answer 202.
    pub fn post(&self, messages: &[Message]) -> Result<(), String> {
        let body: Vec<Value> = messages
            .iter()
            .map(|message| serde_json::from_str(&message.json()).expect("JSON"))
            .collect();
        let sent = ureq::post(format!("{}/api/v1/messages", self.url))
            .content_type("application/json")
            .send(Value::from(body).to_string());
        match sent {
            Ok(answer) if answer.status().as_u16() == 202 => Ok(()),
            Ok(answer) => Err(answer.status().to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Reads events from the beginning until they satisfy the story, and returns them.
    #[must_use]
    pub fn events_until(&self, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let started = Instant::now();
        let answer = ureq::get(format!("{}/api/v1/events?after=0", self.url))
            .call()
            .expect("a stream of events");
        let mut events = Vec::new();
        let (_, body) = answer.into_parts();
        for line in BufReader::new(body.into_reader()).lines() {
            let line = line.expect("a stream that goes on");
            if let Some(data) = line.strip_prefix("data:") {
                events.push(serde_json::from_str(data).expect("JSON"));
                if enough(&events) {
                    return events;
                }
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the story did not go on; {} events",
                events.len()
            );
        }
        panic!("the stream of events ended; {} events", events.len());
    }

    /// A page of its HTTP side.
    #[must_use]
    pub fn get(&self, path: &str) -> String {
        let mut text = String::new();
        if let Ok(answer) = ureq::get(format!("{}{path}", self.url)).call() {
            let (_, body) = answer.into_parts();
            body.into_reader().read_to_string(&mut text).expect("text");
        }
        text
    }

    /// Its resident memory in bytes.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let path = format!("/proc/{}/statm", self.child.id());
        let text = std::fs::read_to_string(path).expect("a process that lives");
        let pages = text
            .split_whitespace()
            .nth(1)
            .and_then(|pages| pages.parse::<u64>().ok());
        // 4 KiB on every machine that this is tested on; the tests compare with what was before.
        4_096 * pages.expect("a number of pages")
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("a process that ended");
    }

    /// SIGTERM, and waits for the end.
    #[must_use]
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill(1)");
        self.child.wait().expect("a process that ended")
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // Ended already, in most stories.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
