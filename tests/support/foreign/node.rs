//! node-smpp as an SMSC: `tests/foreign/smsc.js`.

use super::program::Program;
use super::{libraries, script};
use crate::certificates::Authority;
use crate::servers::Port;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// An SMSC that takes everything, tells what it has read, and sends what it is told to send.
pub struct NodeSmsc {
    port: Port,
    /// Its certificate, its key, and the authority whose clients it lets in.
    tls: Vec<PathBuf>,
    program: Program,
}

impl NodeSmsc {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// The same behind TLS, for clients whose certificate the authority has signed.
    pub async fn start_with_tls(authority: &Authority) -> Self {
        let (certificate, key) = authority.sign("node");
        Self::start_with(vec![certificate, key, authority.certificate()]).await
    }

    async fn start_with(tls: Vec<PathBuf>) -> Self {
        let port = Port::reserve();
        let program = launch(port.number, &tls).await;
        Self { port, tls, program }
    }

    /// kill -9, and a new one on the same port that remembers nothing.
    pub async fn restart(&mut self) {
        self.program.kill();
        self.program = launch(self.port.number, &self.tls).await;
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port.number))
    }

    /// Sends a PDU to the receiver or transceiver that bound last. The fields have node-smpp's names; what they lack it
    /// fills in. A text is encoded by node-smpp for `data_coding`; `{"hex": "00ff"}` stands for octets.
    pub fn send(&mut self, command: &str, fields: &Value) {
        self.order(&json!({ "order": "send", "command": command, "fields": fields }));
    }

    /// Leaves submit_sm without an answer from now on.
    pub async fn hold(&mut self) {
        self.order(&json!({ "order": "hold" }));
        self.events("that it holds", 1, |event| event["event"] == "holding")
            .await;
    }

    /// Answers so many of these, the oldest first.
    pub fn release(&mut self, count: usize) {
        self.order(&json!({ "order": "release", "count": count }));
    }

    /// Answers all of these, and at once from now on.
    pub fn answer(&mut self) {
        self.order(&json!({ "order": "answer" }));
    }

    /// Connects to a gateway as soon as it listens there, and sends outbind with these fields.
    pub fn call(&mut self, gateway: SocketAddr, fields: &Value) {
        self.order(&json!({ "order": "call", "port": gateway.port(), "fields": fields }));
    }

    fn order(&mut self, order: &Value) {
        self.program.say(&order.to_string());
    }

    /// Waits for so many PDUs of this command, and returns what it has told of each: `pdu`, the `session` by its number in
    /// the order of connecting, and how many submit_sm it has left `unanswered`.
    pub async fn pdus(&self, command: &str, count: usize) -> Vec<Value> {
        self.events(&format!("{count} {command}"), count, |event| {
            event["pdu"]["command"] == command
        })
        .await
    }

    /// Waits until so many connections have ended.
    pub async fn closed(&self, count: usize) {
        self.events(&format!("{count} ends"), count, |event| {
            event["event"] == "closed"
        })
        .await;
    }

    async fn events(&self, what: &str, count: usize, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let find = |lines: &[String]| {
            let found: Vec<_> = events(lines).filter(&is_it).collect();
            (found.len() >= count).then_some(found)
        };
        self.program.until(what, find).await
    }
}

async fn launch(port: u16, tls: &[PathBuf]) -> Program {
    let program = Program::start("tests/foreign/smsc.js", "node", |command| {
        command
            .arg(script("smsc.js"))
            .arg(port.to_string())
            .args(tls)
            .env("NODE_PATH", libraries("node").join("node_modules"));
    });
    let is_ready = |lines: &[String]| events(lines).find(|event| event["event"] == "ready");
    program.until("that it is ready", is_ready).await;
    program
}

/// The lines that are events; others are node's own.
fn events(lines: &[String]) -> impl Iterator<Item = Value> {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok())
}
