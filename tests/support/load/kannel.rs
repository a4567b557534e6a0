//! Kannel under the same load: its own two boxes, in whatever configuration a benchmark gives it.

use super::cpu::{Processes, Who};
use super::lane::{HttpClient, LANES, Lane, Sendsms, destination, text};
use super::run::{Stage, WARM};
use super::sink::{Answers, Sink};
use super::tally::{Step, Tally};
use crate::PATIENCE;
use crate::servers::process::{kill_all, mortal, spawn};
use crate::servers::{Port, PostgresServer};
use anyhow::{Context, Result, bail};
use sqlx::{Connection, Executor as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// Messages that are written at once where nobody answers a request.
const BATCH: usize = 50;

/// How messages come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// By HTTP into smsbox.
    Http,
    /// Straight into bearerbox.
    Box,
}

/// How Kannel is set up.
#[derive(Clone, Debug)]
pub struct KannelSetup {
    /// Its file; `@SMSC_PORT@` and the like stand for what is known at the start.
    pub configuration: &'static str,
    /// How messages come in.
    pub intake: Intake,
    /// Whether receipts are asked for.
    pub receipts: bool,
    /// Whether it is given a PostgreSQL of its own, with its table of receipts.
    pub postgres: bool,
    /// Where it keeps its data.
    pub data_dir: PathBuf,
}

/// Kannel.
pub struct Kannel;

/// A box: killed with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        kill_all(self.0.id(), &mut || drop(self.0.wait()));
    }
}

impl Kannel {
    /// Starts one for so many messages.
    ///
    /// # Errors
    /// When something does not start; `tests/setup` installs Kannel.
    pub async fn start(setup: &KannelSetup, messages: usize) -> Result<Stage> {
        let tally = Arc::new(Tally::of(WARM + messages));
        let answers = Answers {
            tells: !setup.receipts,
            ..Answers::default()
        };
        let sink = Sink::start(answers, tally.clone())?;
        let dir = tempfile::tempdir_in(&setup.data_dir)?;
        let postgres = setup.postgres.then(PostgresServer::start);
        if let Some(postgres) = &postgres {
            sqlx::PgConnection::connect(&postgres.url())
                .await?
                .execute(TABLE)
                .await?;
        }
        let [admin, boxes, sendsms] = [(); 3].map(|()| Port::reserve());
        let configuration = setup
            .configuration
            .replace("@SMSC_PORT@", &sink.addr.port().to_string())
            .replace("@ADMIN_PORT@", &admin.number.to_string())
            .replace("@BOXES_PORT@", &boxes.number.to_string())
            .replace("@SENDSMS_PORT@", &sendsms.number.to_string())
            .replace("@DIR@", &dir.path().display().to_string());
        let port = postgres
            .as_ref()
            .map(|postgres| postgres.address().port().to_string());
        let configuration = configuration.replace("@POSTGRES_PORT@", &port.unwrap_or_default());
        let file = dir.path().join("kannel.conf");
        std::fs::write(&file, configuration)?;
        std::fs::create_dir_all(dir.path().join("store"))?;
        std::fs::create_dir_all(dir.path().join("receipts"))?;
        let me = std::process::id();
        let bearerbox = start("bearerbox", &file)?;
        wait("a bind of bearerbox", &dir.path().join("bearerbox.log"), || {
            sink.binds() > 0
        })
        .await?;
        let mut processes = vec![
            ("bearerbox", Who::Family(bearerbox.0.id())),
            ("operator", Who::Threads(me, "operator")),
            ("load", Who::Rest(me, "operator")),
        ];
        let mut props: Vec<Box<dyn std::any::Any>> = Vec::new();
        let local = |port: &Port| SocketAddr::from((Ipv4Addr::LOCALHOST, port.number));
        let lanes = match setup.intake {
            Intake::Http => {
                let smsbox = start("smsbox", &file)?;
                let to = local(&sendsms);
                let listens = || std::net::TcpStream::connect(to).is_ok();
                wait("a port of smsbox", &dir.path().join("smsbox.log"), listens).await?;
                processes.push(("smsbox", Who::Family(smsbox.0.id())));
                props.push(Box::new(smsbox));
                let reports = match setup.receipts {
                    true => Some(serve_reports(tally.clone()).await?),
                    false => None,
                };
                let mut lanes = Vec::with_capacity(LANES);
                for _ in 0..LANES {
                    lanes.push(Lane::Sendsms(Sendsms { reports }, HttpClient::connect(to).await?));
                }
                lanes
            }
            Intake::Box => {
                let (reader, writer) = TcpStream::connect(local(&boxes)).await?.into_split();
                let writer = Arc::new(Mutex::new(writer));
                tokio::spawn(read_box(reader, writer.clone(), tally.clone()));
                vec![Lane::Box(writer, setup.receipts)]
            }
        };
        if let Some(postgres) = &postgres {
            processes.push(("PostgreSQL", Who::Family(postgres.pid())));
        }
        props.push(Box::new(bearerbox));
        props.push(Box::new((postgres, sink, dir, [admin, boxes, sendsms])));
        Ok(Stage {
            tally,
            flooding: lanes.len(),
            lanes,
            processes: Processes(processes),
            batch: if setup.intake == Intake::Box { BATCH } else { 1 },
            first: 0,
            given: 0,
            props,
        })
    }
}

/// As Kannel's manual has it, with the index that its queries want.
const TABLE: &str =
    "CREATE TABLE dlr (smsc text, ts text, destination text, source text, service text, url text, mask int,
     status int, boxc_id text);
     CREATE INDEX dlr_by_id ON dlr (smsc, ts)";

fn start(name: &str, file: &Path) -> Result<Process> {
    let log = std::fs::File::create(file.with_file_name(name).with_extension("log"))?;
    let mut command = mortal(name, "KILL", &[]);
    // Panics alone are logged: lines cost.
    command
        .args(["-v", "4"])
        .arg(file)
        .current_dir(file.parent().context("a folder")?)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let child = spawn(command).context("setpriv(1)")?;
    Ok(Process(child))
}

async fn wait(what: &str, log: &Path, mut is_there: impl FnMut() -> bool) -> Result<()> {
    let started = Instant::now();
    while !is_there() {
        if started.elapsed() > PATIENCE {
            let told = std::fs::read_to_string(log).unwrap_or_default();
            bail!("there is not: {what}; `tests/setup` installs Kannel. It told:\n{told}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The platform's side of `dlr-url`: a GET for each receipt.
async fn serve_reports(tally: Arc<Tally>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_reports(stream, tally.clone()));
        }
    });
    Ok(addr)
}

async fn answer_reports(mut stream: TcpStream, tally: Arc<Tally>) {
    let mut input = Vec::new();
    loop {
        match stream.read_buf(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        while let Some(end) = input.windows(4).position(|octets| octets == b"\r\n\r\n") {
            let request: Vec<u8> = input.drain(..end + 4).collect();
            let request = String::from_utf8_lossy(&request);
            let path = request.split(' ').nth(1).unwrap_or_default();
            match path.trim_start_matches('/').parse() {
                Ok(number) => tally.note(Step::Told, number),
                Err(_) => tally.fail(format!("a report that should not be: {request}")),
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

/// Types of messages between Kannel's boxes (its gw/msg-decl.h).
const SMS: i32 = 2;
const ACK: i32 = 3;
/// `sms_type` of a message to a phone.
const MT_PUSH: i32 = 2;
/// What is not said.
const UNDEFINED: i32 = -1;
/// Before the number of a message, where Kannel keeps the URL of a report.
const REPORT: &[u8] = b"number-";

/// A message as a box writes it: its length, its type, and all of its fields in their order.
pub(super) fn boxed_sms(octets: &mut Vec<u8>, number: usize, receipt: bool) {
    let mut body = Boxed(Vec::with_capacity(400));
    body.integer(SMS);
    for field in [
        Some("Bench"),
        Some(&destination(number)),
        None,
        Some(&text(number)),
    ] {
        body.text(field);
    }
    body.integer(UNDEFINED); // time
    (0..5).for_each(|_| body.text(None)); // smsc_id, smsc_number, foreign_id, service, account
    body.text(Some("00000000-0000-0000-0000-000000000000")); // id: bearerbox takes one
    // sms_type, mclass, mwi, coding (7 bit), compress, validity, deferred, dlr_mask (delivered, not delivered)
    let mask = if receipt { 3 } else { UNDEFINED };
    for field in [
        MT_PUSH, UNDEFINED, UNDEFINED, 0, UNDEFINED, UNDEFINED, UNDEFINED, mask,
    ] {
        body.integer(field);
    }
    body.text(receipt.then(|| format!("number-{number:08}")).as_deref()); // dlr_url
    (0..3).for_each(|_| body.integer(UNDEFINED)); // pid, alt_dcs, rpi
    (0..3).for_each(|_| body.text(None)); // charset, boxc_id, binfo
    (0..4).for_each(|_| body.integer(UNDEFINED)); // msg_left, priority, resend_try, resend_time
    body.text(None); // meta_data
    body.write_to(octets);
}

struct Boxed(Vec<u8>);

impl Boxed {
    fn integer(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }

    fn text(&mut self, text: Option<&str>) {
        let length = text.map_or(UNDEFINED, |text| i32::try_from(text.len()).unwrap_or(UNDEFINED));
        self.integer(length);
        self.0.extend(text.unwrap_or_default().as_bytes());
    }

    fn write_to(&self, octets: &mut Vec<u8>) {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        octets.extend(length.to_be_bytes());
        octets.extend(&self.0);
    }
}

/// What bearerbox tells a box: acknowledgements, which tell nothing here, and reports, which want one.
async fn read_box(
    mut reader: OwnedReadHalf,
    writer: Arc<Mutex<tokio::net::tcp::OwnedWriteHalf>>,
    tally: Arc<Tally>,
) {
    let mut input = bytes::BytesMut::with_capacity(1 << 16);
    loop {
        match reader.read_buf(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let mut acks = Vec::new();
        while let Some(length) = integer(&input).and_then(|length| usize::try_from(length).ok())
            && input.len() >= 4 + length
        {
            let message = input.split_to(4 + length).freeze();
            if let Some((number, ack)) = report(&message[4..]) {
                tally.note(Step::Told, number);
                ack.write_to(&mut acks);
            } else if integer(&message[4..]) == Some(ACK) && integer(&message[8..]) != Some(0) {
                tally.fail("bearerbox has refused a message");
            }
        }
        if !acks.is_empty() && writer.lock().await.write_all(&acks).await.is_err() {
            return;
        }
    }
}

/// The number of the message that a report is about, and the acknowledgement of the report.
fn report(message: &[u8]) -> Option<(usize, Boxed)> {
    let mut rest = message.get(4..).filter(|_| integer(message) == Some(SMS))?;
    // Four texts, a time, five texts, and then the report's own id.
    for field in 0..10 {
        let length = usize::try_from(integer(rest)?).ok().filter(|_| field != 4);
        rest = rest.get(4 + length.unwrap_or_default()..)?;
    }
    let id = std::str::from_utf8(rest.get(4..40)?).ok()?;
    let at = rest.windows(REPORT.len()).position(|octets| octets == REPORT)? + REPORT.len();
    let number = std::str::from_utf8(rest.get(at..at + 8)?).ok()?.parse().ok()?;
    let mut ack = Boxed(Vec::with_capacity(52));
    ack.integer(ACK);
    ack.integer(0);
    ack.integer(UNDEFINED);
    ack.text(Some(id));
    Some((number, ack))
}

fn integer(octets: &[u8]) -> Option<i32> {
    octets.get(..4)?.try_into().ok().map(i32::from_be_bytes)
}
