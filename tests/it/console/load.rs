//! The console while much passes: what the overview asks for is answered, and open live tails stay bounded, also those of readers who
//! read nothing. 2,000 messages a second for half a minute with `SMPP_STORIES=full`, which wants a release build and a quiet machine.

use super::desk::{Desk, hexdec};
use crate::platform::{my_turn, size};
use smpp_connector_tests::{GatewayProcess, Message, Operator};
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Live tails that read, and that read nothing.
const READING: usize = 160;
const STALLED: usize = 40;
/// What 200 tails may take of the gateway's memory: a connection's buffers and 48 events of about 1 KiB for each of those that are
/// behind, what is kept for all, and as much again for the allocator.
const ROOM: u64 = 48 << 20;
/// What the overview asks for.
const OVERVIEW: [&str; 4] = ["/readyz", "/api/v1/operators", "/api/v1/plugins", "/metrics"];

#[test]
fn tails_are_bounded_and_the_overview_answers_while_much_passes() {
    let _turn = my_turn();
    let rate = size(100, 2_000);
    let count = size(1_000, 60_000);
    let desk = Desk::with("", |operators| hexdec(operators.map(wide)));
    desk.bound();
    // What any run takes once: connections, caches, the store's pages.
    pass(&desk, rate, count / 2);

    let alone = pass(&desk, rate, count);
    let before = desk.gateway.resident();
    let tails = Tails::open(&desk);
    let viewer = Viewer::start(&desk.gateway);
    let watched = pass(&desk, rate, count);
    let after = desk.gateway.resident();
    tails.until_all_have(count);
    let slowest = viewer.slowest();
    println!(
        "{count} messages at {rate}/s: {alone:?} alone, {watched:?} with {READING} + {STALLED} tails and an overview; the gateway's \
         memory {} -> {} MiB; the overview's slowest answers: {slowest:?}",
        before >> 20,
        after >> 20
    );
    assert!(
        after <= before + ROOM,
        "200 tails took {} MiB",
        (after - before) >> 20
    );
    assert_eq!(slowest.len(), OVERVIEW.len(), "each was answered");
    if size(false, true) {
        let late: Vec<_> = slowest
            .iter()
            .filter(|(_, time)| *time > Duration::from_millis(200))
            .collect();
        assert!(late.is_empty(), "{late:?}");
        let share = alone.as_secs_f64() / watched.as_secs_f64();
        assert!(share > 0.98, "{share:.3} of the throughput is left");
    }
}

fn wide(operator: Operator) -> Operator {
    operator.set("tps_limit", "10000").session("window", "100")
}

/// Passes so many messages at this rate; returns how long that took, up to the last receipt.
fn pass(desk: &Desk, rate: u64, count: u64) -> Duration {
    static NUMBER: AtomicU64 = AtomicU64::new(48_700_000_000);
    let done =
        |gateway: &GatewayProcess| gateway.metric("smpp_connector_inbound_total", "result=\"receipt\"");
    let wanted = done(&desk.gateway) + f64::from(u32::try_from(count).unwrap());
    let started = Instant::now();
    let each = rate / 10;
    for batch in 0..count / each {
        let messages: Vec<_> = (0..each)
            .map(|index| {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let operator = &desk.operators[usize::try_from(index % 2).unwrap()];
                // None that globe refuses.
                Message::to(&format!("+{number}0")).operator(operator.id)
            })
            .collect();
        desk.gateway.post(&messages).unwrap();
        let next = started + Duration::from_millis(100) * u32::try_from(batch + 1).unwrap();
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    while done(&desk.gateway) < wanted {
        assert!(
            started.elapsed() < Duration::from_secs(300),
            "{}",
            desk.gateway.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    started.elapsed()
}

/// What a reader has seen of the live events.
#[derive(Default)]
struct Seen {
    receipts: AtomicU64,
    /// The number of the last event.
    last: AtomicU64,
}

impl Seen {
    fn take(&self, line: &[u8]) {
        if let Some(id) = line.strip_prefix(b"id: ") {
            let id: u64 = String::from_utf8_lossy(id).trim().parse().unwrap();
            let before = self.last.swap(id, Ordering::Relaxed);
            assert!(id > before, "event {id} after {before}");
        }
        self.receipts
            .fetch_add(u64::from(is_receipt(line)), Ordering::Relaxed);
    }
}

/// Readers of the live events, as the console is.
struct Tails {
    address: String,
    seen: Vec<Arc<Seen>>,
    _stalled: Vec<TcpStream>,
}

impl Tails {
    fn open(desk: &Desk) -> Self {
        let address = desk.gateway.url("").trim_start_matches("http://").to_owned();
        let newest = newest(&address);
        let request = format!("GET /api/v1/events?after={newest} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let stalled = (0..STALLED).map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        });
        let reading = (0..READING).map(|_| {
            let seen = Arc::<Seen>::default();
            desk.runtime
                .spawn(follow(address.clone(), request.clone(), seen.clone()));
            seen
        });
        Self {
            _stalled: stalled.collect(),
            seen: reading.collect(),
            address,
        }
    }

    /// Waits until every reader has everything, and all have seen the same: so many receipts at least, since those that were under
    /// way when they came are theirs too. The metric has counted a receipt before its event is there to be read.
    fn until_all_have(&self, count: u64) {
        let started = Instant::now();
        let seen = |what: fn(&Seen) -> &AtomicU64| -> Vec<u64> {
            let all = self.seen.iter().map(|seen| what(seen).load(Ordering::Relaxed));
            all.collect()
        };
        loop {
            let newest = newest(&self.address);
            let (last, receipts) = (seen(|seen| &seen.last), seen(|seen| &seen.receipts));
            let first = receipts[0];
            let same = first >= count && receipts.iter().all(|seen| *seen == first);
            if same && last.iter().all(|last| *last >= newest) {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_secs(120),
                "of {newest}: {last:?}; receipts of {count}: {receipts:?}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

async fn follow(address: String, request: String, seen: Arc<Seen>) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    while stream.read_buf(&mut text).await.unwrap() > 0 {
        let whole = text
            .iter()
            .rposition(|octet| *octet == b'\n')
            .map_or(0, |end| end + 1);
        let rest = text.split_off(whole);
        text.split(|octet| *octet == b'\n')
            .for_each(|line| seen.take(line));
        text = rest;
    }
}

fn is_receipt(line: &[u8]) -> bool {
    let is = |wanted: &[u8]| line.windows(wanted.len()).any(|part| part == wanted);
    line.starts_with(b"data:") && is(b"\"type\":\"dlr\"")
}

/// The number of the newest event, asked for as the console does.
fn newest(address: &str) -> u64 {
    let mut stream = TcpStream::connect(address).unwrap();
    let far = u64::from(u32::MAX) << 20;
    write!(
        stream,
        "GET /api/v1/events?after={far} HTTP/1.1\r\nHost: {address}\r\n\r\n"
    )
    .unwrap();
    let mut head = String::new();
    let mut lines = std::io::BufReader::new(stream);
    while !head.ends_with("\r\n\r\n") {
        std::io::BufRead::read_line(&mut lines, &mut head).unwrap();
    }
    let value = head
        .lines()
        .find_map(|line| line.strip_prefix("x-newest-event: "));
    value.unwrap().parse().unwrap()
}

/// A person with the overview open, who asks anew every two seconds.
struct Viewer {
    slowest: Arc<Mutex<Vec<(&'static str, Duration)>>>,
    stop: Arc<std::sync::atomic::AtomicBool>,
    thread: JoinHandle<()>,
}

impl Viewer {
    fn start(gateway: &GatewayProcess) -> Self {
        let slowest = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (mine, stopped, url) = (slowest.clone(), stop.clone(), gateway.url(""));
        let thread = std::thread::spawn(move || {
            let mut most = [Duration::ZERO; OVERVIEW.len()];
            while !stopped.load(Ordering::Relaxed) {
                for (path, most) in OVERVIEW.iter().zip(&mut most) {
                    let asked = Instant::now();
                    let answer =
                        smpp_connector_tests::http::request("GET", &format!("{url}{path}"), &[], b"");
                    assert_eq!(answer.unwrap().status, 200, "{path}");
                    *most = (*most).max(asked.elapsed());
                }
                *mine.lock().unwrap() = OVERVIEW.into_iter().zip(most).collect();
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Self {
            slowest,
            stop,
            thread,
        }
    }

    fn slowest(self) -> Vec<(&'static str, Duration)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        let slowest = self.slowest.lock().unwrap();
        slowest.clone()
    }
}
