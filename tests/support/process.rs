//! A gateway as a process of its own, to be killed.

use crate::gateway::write_files_with;
use crate::http::{self, Answer};
use crate::servers::process::{mortal, spawn};
use crate::{Message, Operator, PATIENCE};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A child process that runs `smpp-connector run`; killed when dropped. It logs into `gateway.log` in its folder.
pub struct GatewayProcess {
    child: Child,
    url: String,
    log: PathBuf,
}

impl GatewayProcess {
    /// Starts it in a folder, with files for these operators, and waits until it listens. `binary` is the test's
    /// `CARGO_BIN_EXE_gateway`.
    #[must_use]
    pub fn start(binary: &str, dir: &Path, operators: &[Operator]) -> Self {
        Self::start_with(binary, dir, operators, "")
    }

    /// The same with these top-level lines in its `smpp-connector.toml`, such as `nats.url = "…"`.
    #[must_use]
    pub fn start_with(binary: &str, dir: &Path, operators: &[Operator], settings: &str) -> Self {
        write_files_with(dir, operators, settings);
        Self::launch(binary, dir, "warn")
    }

    /// Starts it with the files that are in the folder, logging at this level, and waits until it listens.
    #[must_use]
    pub fn launch(binary: &str, dir: &Path, level: &str) -> Self {
        Self::launch_as(binary, dir, level, "text")
    }

    /// The same with log lines of this format.
    #[must_use]
    pub fn launch_as(binary: &str, dir: &Path, level: &str, format: &str) -> Self {
        let log = dir.join("gateway.log");
        let stderr = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file");
        let mut command = mortal(binary, "KILL", &[]);
        command
            .args(["run", "--log", format])
            .arg("--config")
            .arg(dir.join("smpp-connector.toml"))
            .env("SMPP_CONNECTOR_LOG", level)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        let mut child = spawn(command).expect("setpriv(1)");
        let mut first_line = String::new();
        let stdout = child.stdout.take().expect("a piped stdout");
        BufReader::new(stdout).read_line(&mut first_line).expect("a line");
        let Some(url) = first_line.trim().strip_prefix("listening on ") else {
            let told = std::fs::read_to_string(&log).unwrap_or_default();
            panic!(
                "the gateway did not start: {first_line:?}, {:?}\n{told}",
                child.wait()
            );
        };
        Self {
            url: url.to_owned(),
            child,
            log,
        }
    }

    /// A URL of its HTTP side.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The id of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far, with what was logged before it in the same folder.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Posts messages; returns once they are accepted. An error is a gateway that is gone.
    ///
    /// # Errors
    /// When the gateway does not answer 202.
    pub fn post(&self, messages: &[Message]) -> Result<(), String> {
        post(&self.url, messages)
    }

    /// Reads events from the beginning until they satisfy the story, which is asked after each, and returns them.
    pub fn events_until(&self, mut enough: impl FnMut(&[Value]) -> bool) -> Vec<Value> {
        let started = Instant::now();
        let mut events = Vec::new();
        for line in http::lines(&self.url("/api/v1/events?after=0")).expect("a stream of events") {
            let line = line.expect("a stream that goes on");
            if let Some(data) = line.strip_prefix("data:") {
                events.push(serde_json::from_str(data).expect("JSON"));
                if enough(&events) {
                    return events;
                }
            }
            if started.elapsed() > PATIENCE {
                let log = self.log();
                let tail: Vec<_> = events.iter().rev().take(5).collect();
                panic!(
                    "the story did not go on; {} events, the last {tail:#?}; log:\n{log}",
                    events.len()
                );
            }
        }
        panic!(
            "the stream of events ended; {} events; log:\n{}",
            events.len(),
            self.log()
        );
    }

    /// GET of a page of its HTTP side.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        http::request("GET", &self.url(path), &[], b"").expect("an answer")
    }

    /// The sum of a counter or gauge over those of its series whose labels contain `labels`.
    #[must_use]
    pub fn metric(&self, name: &str, labels: &str) -> f64 {
        let page = self.get("/metrics").body;
        let values = page.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (family, own) = series.split_once('{')?;
            let is_it = family == name && own.contains(labels);
            is_it.then(|| value.parse::<f64>().ok())?
        });
        values.sum()
    }

    /// Its resident memory in bytes.
    #[must_use]
    pub fn resident(&self) -> u64 {
        self.statm(1)
    }

    /// Of this, what it has taken for itself: without the pages of its program, which are many in a build for tests.
    #[must_use]
    pub fn own_memory(&self) -> u64 {
        self.statm(1).saturating_sub(self.statm(2))
    }

    fn statm(&self, column: usize) -> u64 {
        // 4 KiB on every machine that this is tested on; the tests compare with what was before.
        4_096 * self.proc("statm").get(column).expect("a number of pages")
    }

    /// The time that it has had on the processors.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        // utime and stime, in hundredths of a second: proc(5).
        let stat = self.proc("stat");
        Duration::from_millis(10 * stat.get(13..15).expect("times").iter().sum::<u64>())
    }

    /// The words of a file about it; those that are no number are 0.
    fn proc(&self, file: &str) -> Vec<u64> {
        let path = format!("/proc/{}/{file}", self.child.id());
        let text = std::fs::read_to_string(path).expect("a process that lives");
        let number = |word: &str| word.parse().unwrap_or_default();
        text.split_whitespace().map(number).collect()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("a process that ended");
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("kill(1)").success(), "the process is gone already");
    }

    /// Waits until it has ended by itself.
    #[must_use]
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a process of ours") {
                return status;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the gateway does not end; log:\n{}",
                self.log()
            );
            // A process is not an event source that std can wait on with a limit.
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM, and waits for the end.
    #[must_use]
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // Ended already, in most stories.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Posts messages to the gateway at `url` (`http://host:port`).
///
/// # Errors
/// When it does not answer 202.
pub fn post(url: &str, messages: &[Message]) -> Result<(), String> {
    let body: Vec<Value> = messages
        .iter()
        .map(|message| serde_json::from_str(&message.json()).expect("JSON"))
        .collect();
    let url = format!("{url}/api/v1/messages");
    let json = [("Content-Type", "application/json")];
    let answer = http::request("POST", &url, &json, Value::from(body).to_string().as_bytes())?;
    if answer.status == 202 {
        Ok(())
    } else {
        Err(format!("{}: {}", answer.status, answer.body))
    }
}
