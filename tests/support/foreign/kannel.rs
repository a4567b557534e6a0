//! Kannel: its test SMSC `drive_smpp`, and its gateway (bearerbox with smsbox) as an ESME.

use super::program::Program;
use crate::servers::Port;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use tempfile::TempDir;

/// `drive_smpp` wants to be Kannel's other side as well, and looks for it here, at no other port.
const SMSBOX_PORT: u16 = 13_001;

/// An SMSC for one bind_transmitter and one bind_receiver: it takes every submit_sm, writes each PDU down as Kannel's codec has
/// read it, and sends messages of its own, each followed by an enquire_link, as soon as there is a receiver.
pub struct KannelSmsc {
    port: Port,
    program: Program,
    // None where another one listens already: whoever it is does.
    _smsbox: Option<TcpListener>,
}

impl KannelSmsc {
    /// Starts one that sends so many messages. When as many have been submitted and it is unbound from, it ends.
    #[must_use]
    pub fn start(messages: usize) -> Self {
        let smsbox = TcpListener::bind((Ipv4Addr::LOCALHOST, SMSBOX_PORT)).ok();
        let port = Port::reserve();
        let program = Program::start("drive_smpp", "/usr/lib/kannel/test/drive_smpp", |command| {
            command.args(["-v", "0", "-p"]).arg(port.number.to_string());
            command.arg("-m").arg(messages.to_string());
        });
        Self {
            port,
            program,
            _smsbox: smsbox,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port.number))
    }

    /// Waits until so many lines of its log have these words, and returns its whole log.
    pub async fn told(&self, words: &str, times: usize) -> Vec<String> {
        let find = |lines: &[String]| {
            let found = lines.iter().filter(|line| line.contains(words)).count();
            (found >= times).then(|| lines.to_vec())
        };
        self.program
            .until(&format!("{times} times '{words}'"), find)
            .await
    }

    /// Waits until it ends, and returns its whole log.
    pub async fn ended(self) -> Vec<String> {
        self.program.until_ended().await;
        self.program.until("its log", |lines| Some(lines.to_vec())).await
    }
}

/// Kannel as an ESME, bound as a transceiver. To a message from a subscriber it answers `Kannel has read: ` and its text.
pub struct KannelEsme {
    bearerbox: Program,
    smsbox: Program,
    sendsms: Port,
    _dir: TempDir,
}

impl KannelEsme {
    /// Binds to this SMSC.
    pub async fn at(smsc: SocketAddr) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("kannel.conf");
        let [admin, boxes, sendsms] = [(); 3].map(|()| Port::reserve());
        let ports = [&admin, &boxes, &sendsms].map(|port| port.number);
        std::fs::write(&file, configuration(smsc, ports)).expect("a folder that can be written");
        let start = |name: &'static str| {
            Program::start(name, name, |command| {
                command.args(["-v", "0"]).arg(&file).current_dir(dir.path());
            })
        };
        let bearerbox = start("bearerbox");
        bearerbox
            .until("the answer to its bind", has("bind_transceiver_resp"))
            .await;
        let smsbox = start("smsbox");
        smsbox.until("its bearerbox", has("Connected to bearerbox")).await;
        Self {
            bearerbox,
            smsbox,
            sendsms,
            _dir: dir,
        }
    }

    /// Submits a message, and asks for every kind of receipt under a name of the story's own.
    pub fn submit(&self, name: &str, to: &str, text: &str, coding: Coding) {
        let url = format!(
            "http://127.0.0.1:{}/cgi-bin/sendsms?username=story&password=story&from=Kannel&to={}&charset=utf-8&coding={}\
             &text={}&dlr-mask=31&dlr-url={}",
            self.sendsms.number,
            escaped(to),
            coding as u8,
            escaped(text),
            escaped(&format!("{REPORTS}?name={name}&state=%d")),
        );
        let answer = crate::http::request("GET", &url, &[], b"").expect("smsbox");
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, "0: Accepted for delivery")
        );
    }

    /// Waits until it has read a receipt for this message.
    pub async fn receipt(&self, name: &str, state: Receipt) {
        let url = format!("Parsing URL `{REPORTS}?name={name}&state={}'", state as u8);
        self.smsbox.until(&url, has(&url)).await;
    }

    /// Waits until it has answered an enquire_link.
    pub async fn enquire_link(&self) {
        self.bearerbox
            .until("an answer", has("type_name: enquire_link_resp"))
            .await;
    }

    /// The lines of its log in which it complains.
    pub async fn complaints(&self) -> Vec<String> {
        let complains = |line: &&String| {
            ["WARNING:", "ERROR:", "PANIC:"]
                .iter()
                .any(|word| line.contains(word))
        };
        let find = |lines: &[String]| Some(lines.iter().filter(complains).cloned().collect());
        self.bearerbox.until("its log", find).await
    }
}

/// Kannel's word for an alphabet.
#[derive(Clone, Copy, Debug)]
pub enum Coding {
    /// GSM 7-bit.
    Gsm7 = 0,
    /// UCS2.
    Ucs2 = 2,
}

/// Kannel's word for what became of a message.
#[derive(Clone, Copy, Debug)]
pub enum Receipt {
    /// Delivered to the phone.
    Delivered = 1,
    /// Not delivered to the phone.
    Failed = 2,
    /// Taken by the SMSC.
    Taken = 8,
}

/// Where it reports receipts to. Nobody listens: its log says what it would have told there.
const REPORTS: &str = "http://127.0.0.1:9/receipt";

fn configuration(smsc: SocketAddr, [admin, boxes, sendsms]: [u16; 3]) -> String {
    format!(
        r#"
group = core
admin-port = {admin}
admin-password = story
smsbox-port = {boxes}
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = story
host = {host}
port = {port}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 1
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
global-sender = 12345

group = sendsms-user
username = story
password = story
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
text = "Kannel has read: %b"
max-messages = 10
concatenation = true
"#,
        host = smsc.ip(),
        port = smsc.port()
    )
}

/// For a query in a URL.
fn escaped(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

/// Whether a line of a log has these words.
fn has(words: &str) -> impl Fn(&[String]) -> Option<()> {
    let words = words.to_owned();
    move |lines| lines.iter().any(|line| line.contains(&words)).then_some(())
}
