//! The operator of a benchmark: takes every submit_sm, answers it, and sends its receipt, with as little work as can be.
//!
//! `host/sim` can be told to do all kinds of odd things, which costs; this one is told when, and no more. It runs on one thread
//! named `operator`, so that what it uses is known.

use super::tally::{Step, Tally};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const SUBMIT_SM: u32 = 4;
const DELIVER_SM: u32 = 5;
const DELIVER_SM_RESP: u32 = 0x8000_0005;
const BIND_RECEIVER: u32 = 1;
const BIND_TRANSMITTER: u32 = 2;
const BIND_TRANSCEIVER: u32 = 9;
const RESPONSE: u32 = 0x8000_0000;
/// A receipt that was refused is sent again after so long.
const AGAIN: Duration = Duration::from_millis(100);

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    /// From a submit_sm to its response.
    pub latency: Duration,
    /// From a response to the receipt, where one is asked for.
    pub receipts_after: Duration,
    /// Ids are hexadecimal in responses and decimal in receipts, as many operators have them; else the same in both.
    pub two_bases: bool,
    /// What its ids are made of counts up from here.
    pub first_id: u32,
    /// Ids of one after the other have nothing in common, as with operators that draw them: see [`scattered`].
    pub scattered: bool,
    /// Unanswered deliver_sm at most.
    pub window: usize,
    /// Whether the last thing told of a message is its response: for gateways that tell nothing themselves.
    pub tells: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            receipts_after: Duration::from_millis(50),
            two_bases: false,
            first_id: 1_800_000_000,
            scattered: false,
            window: 1_000,
            tells: false,
        }
    }
}

/// The id that a number below 2^31 comes to, of ten digits like those that it counts up to else: another for each, and neighbours lie
/// far apart. So a store's index of them is written all over.
#[must_use]
pub fn scattered(number: u64) -> u64 {
    // Odd, so that no two products are alike modulo a power of two.
    (1 << 31) + number.wrapping_mul(SCATTER) % (1 << 31)
}

/// What [`scattered`] multiplies by (Knuth's).
pub const SCATTER: u64 = 2_654_435_761;

/// The running operator.
pub struct Sink {
    /// Where it listens.
    pub addr: SocketAddr,
    binds: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sink {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no port, or no thread, for it.
    pub fn start(answers: Answers, tally: Arc<Tally>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let binds = Arc::<AtomicU64>::default();
        let (ids, counted) = (Arc::new(AtomicU64::new(answers.first_id.into())), binds.clone());
        let serve = async move {
            let Ok(listener) = TcpListener::from_std(listener) else {
                return;
            };
            while let Ok((stream, _)) = listener.accept().await {
                let link = Link::new(answers, tally.clone(), ids.clone(), counted.clone());
                tokio::spawn(link.run(stream));
            }
        };
        let thread = std::thread::Builder::new()
            .name("operator".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = serve => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            addr,
            binds,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// How many binds it has taken.
    #[must_use]
    pub fn binds(&self) -> u64 {
        self.binds.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A receipt to be written.
struct Receipt {
    due: Instant,
    id: u64,
    number: usize,
    source: Vec<u8>,
    destination: Vec<u8>,
}

struct Link {
    answers: Answers,
    tally: Arc<Tally>,
    ids: Arc<AtomicU64>,
    binds: Arc<AtomicU64>,
    output: Vec<u8>,
    /// Those that have to wait, the first due first: all wait equally long.
    responses: VecDeque<(Instant, u32, u64, usize)>,
    receipts: VecDeque<Receipt>,
    unanswered: HashMap<u32, Receipt>,
    sequence: u32,
}

impl Link {
    fn new(answers: Answers, tally: Arc<Tally>, ids: Arc<AtomicU64>, binds: Arc<AtomicU64>) -> Self {
        Self {
            answers,
            tally,
            ids,
            binds,
            output: Vec::new(),
            responses: VecDeque::new(),
            receipts: VecDeque::new(),
            unanswered: HashMap::new(),
            sequence: 0,
        }
    }

    /// Until either side ends it.
    async fn run(mut self, mut stream: TcpStream) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let mut input = bytes::BytesMut::with_capacity(1 << 16);
        loop {
            let due = self.due();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                read = stream.read_buf(&mut input) => match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => self.take(&mut input),
                },
                () = wait => {}
            }
            self.release(Instant::now());
            if !self.output.is_empty() && stream.write_all(&self.output).await.is_err() {
                return;
            }
            self.output.clear();
        }
    }

    fn due(&self) -> Option<Instant> {
        let response = self.responses.front().map(|response| response.0);
        let room = self.unanswered.len() < self.answers.window;
        let receipt = self.receipts.front().filter(|_| room).map(|receipt| receipt.due);
        [response, receipt].into_iter().flatten().min()
    }

    /// Whole PDUs of what was read.
    fn take(&mut self, input: &mut bytes::BytesMut) {
        let now = Instant::now();
        while let Some(length) = word(input, 0).map(|length| length as usize)
            && input.len() >= length.max(16)
        {
            let pdu = input.split_to(length.max(16)).freeze();
            let [Some(command), Some(status), Some(sequence)] = [4, 8, 12].map(|at| word(&pdu, at)) else {
                continue;
            };
            match command {
                SUBMIT_SM => self.submit(now, sequence, &pdu[16..]),
                DELIVER_SM_RESP => self.answered(now, status, sequence),
                BIND_RECEIVER | BIND_TRANSMITTER | BIND_TRANSCEIVER => {
                    self.binds.fetch_add(1, Ordering::Relaxed);
                    self.put(command | RESPONSE, sequence, b"sink\0");
                }
                command if command & RESPONSE == 0 => self.put(command | RESPONSE, sequence, b""),
                _ => {}
            }
        }
    }

    fn submit(&mut self, now: Instant, sequence: u32, body: &[u8]) {
        let mut fields = Fields(body);
        fields.text();
        fields.skip(2);
        let source = fields.text().to_vec();
        fields.skip(2);
        let destination = fields.text().to_vec();
        fields.skip(3);
        fields.text();
        fields.text();
        let wants_receipt = fields.0.first().is_some_and(|registered| registered & 3 != 0);
        let digits = destination.get(destination.len().saturating_sub(8)..);
        let number = digits
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
            .unwrap_or(usize::MAX);
        self.tally.note(Step::Submitted, number);
        let mut id = self.ids.fetch_add(1, Ordering::Relaxed);
        if self.answers.scattered {
            id = scattered(id);
        }
        let answered = now + self.answers.latency;
        if self.answers.latency.is_zero() {
            self.respond(sequence, id, number);
        } else {
            self.responses.push_back((answered, sequence, id, number));
        }
        if wants_receipt {
            self.receipts.push_back(Receipt {
                due: answered + self.answers.receipts_after,
                id,
                number,
                source,
                destination,
            });
        }
    }

    fn respond(&mut self, sequence: u32, id: u64, number: usize) {
        let id = if self.answers.two_bases {
            format!("{id:X}\0")
        } else {
            format!("{id}\0")
        };
        self.put(SUBMIT_SM | RESPONSE, sequence, id.as_bytes());
        if self.answers.tells {
            self.tally.note(Step::Told, number);
        }
    }

    fn answered(&mut self, now: Instant, status: u32, sequence: u32) {
        if let Some(mut receipt) = self.unanswered.remove(&sequence)
            && status != 0
        {
            receipt.due = now + AGAIN;
            self.receipts.push_back(receipt);
        }
    }

    /// What is due.
    fn release(&mut self, now: Instant) {
        while let Some(&(due, sequence, id, number)) = self.responses.front()
            && due <= now
        {
            self.responses.pop_front();
            self.respond(sequence, id, number);
        }
        while self.unanswered.len() < self.answers.window
            && let Some(receipt) = self.receipts.pop_front_if(|receipt| receipt.due <= now)
        {
            self.tally.note(Step::Receipt, receipt.number);
            self.deliver(receipt);
        }
    }

    fn deliver(&mut self, receipt: Receipt) {
        let mut body = Vec::with_capacity(256);
        body.extend(b"\0\x01\x01");
        body.extend(&receipt.destination);
        body.extend(b"\0\0\0");
        body.extend(&receipt.source);
        // esm_class 4: a receipt.
        body.extend(b"\0\x04\0\0\0\0\0\0\0\0\0");
        let from = body.len();
        // A Vec takes whatever is written.
        drop(write!(
            body,
            "id:{:010} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:Your parcel",
            receipt.id
        ));
        let length = u8::try_from(body.len() - from).unwrap_or(u8::MAX);
        body[from - 1] = length;
        self.sequence = self.sequence % 0x7FFF_FFFF + 1;
        self.put(DELIVER_SM, self.sequence, &body);
        self.unanswered.insert(self.sequence, receipt);
    }

    fn put(&mut self, command: u32, sequence: u32, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
        for word in [length, command, 0, sequence] {
            self.output.extend(word.to_be_bytes());
        }
        self.output.extend(body);
    }
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// What is left of a body.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Up to a NUL.
    fn text(&mut self) -> &'a [u8] {
        let end = self
            .0
            .iter()
            .position(|octet| *octet == 0)
            .unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }

    fn skip(&mut self, octets: usize) {
        self.0 = self.0.get(octets..).unwrap_or_default();
    }
}
