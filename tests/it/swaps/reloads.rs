//! Reloads of changing plugins and changing settings under traffic: 300, or 10,000 with `SMPP_STORIES=full`.
//!
//! The gateway runs on NATS and PostgreSQL, for its memory is measured: with the embedded database the pages that it keeps would hide
//! what reloads cost.

mod reader;

use super::{Version, Versions, long_message, operator, runs, verdict};
use crate::platform::{my_turn, size};
use chrono::{DateTime, Utc};
use reader::Reader;
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, Platform, plugin_with};
use smsc_sim::Script;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Each has its own plugin file, and all are replaced at the same time. One more keeps its file, and its settings change.
const OPERATORS: usize = 4;
/// After these the memory is what it will be.
const WARM: usize = 100;
/// One reload in so many brings content that nobody has seen before, and is compiled.
const NEWS: usize = 5;
/// One in so many is timed, with messages every 5 ms. It has no common factor with [`NEWS`], so that both kinds are.
const TIMED: usize = 12;

/// A reload that was timed.
struct Timed {
    operator: String,
    sha256: String,
    is_news: bool,
    written: DateTime<Utc>,
}

#[test]
fn reloads_under_traffic_lose_nothing_and_cost_no_memory() {
    let _turn = my_turn();
    let platform = Platform::start(crate::process::BINARY);
    // One each: what a simulated operator remembers has its bound.
    let smscs: Vec<_> = (0..=OPERATORS).map(|_| platform.smsc(Script::new())).collect();
    let operators: Vec<_> = (0..)
        .zip(&smscs)
        .map(|(n, smsc)| {
            // Calls wait for the machine too, which may be busy for all of these minutes: that is no fault of a version.
            operator(&format!("acme{n}"), smsc, plugin_with("latin1", false))
                .policy("budget", "{ latency = \"500ms\" }")
        })
        .collect();
    let gateway = platform.host("host", &operators);
    let story = Story {
        folder: &platform.path().join("host"),
        gateway: &gateway,
        operators: &operators,
        reloads: size(300, 10_000),
        known: [Version::payload(), Version::headers()],
        loaded: Mutex::default(),
        sent: Mutex::default(),
        timed: Mutex::default(),
        done: AtomicUsize::new(0),
        resettled: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    };
    let reader = Reader::start(gateway.url("/api/v1/events?after=0"));
    story.play();
    let Story {
        known,
        loaded,
        sent,
        timed,
        ..
    } = story;
    let (loaded, sent, timed) = (
        loaded.into_inner().unwrap(),
        sent.into_inner().unwrap(),
        timed.into_inner().unwrap(),
    );
    let events = reader.until(sent.len());
    assert!(gateway.terminate().success());
    for (kind, is_news) in [("compiled anew", true), ("compiled before", false)] {
        let of_kind = timed.iter().filter(|timed| timed.is_news == is_news);
        // What is replaced at once may have decided nothing.
        let times: Vec<_> = of_kind
            .filter_map(|timed| first_decided(timed, &events))
            .collect();
        assert!(!times.is_empty(), "none that was {kind} decided anything");
        eprintln!(
            "from the file to the first message by it, {kind}: {}",
            percentiles(times)
        );
    }
    Versions::new(loaded.iter().chain(&known)).check(&sent, &events, &smscs.iter().collect::<Vec<_>>());
}

/// What its threads share.
struct Story<'a> {
    folder: &'a Path,
    gateway: &'a GatewayProcess,
    operators: &'a [Operator],
    reloads: usize,
    known: [Version; 2],
    loaded: Mutex<Vec<Version>>,
    sent: Mutex<Vec<Message>>,
    timed: Mutex<Vec<Timed>>,
    done: AtomicUsize,
    resettled: AtomicUsize,
    over: AtomicBool,
}

impl Story<'_> {
    fn play(&self) {
        self.fill();
        let began = Instant::now();
        let warm = std::thread::scope(|scope| {
            scope.spawn(|| self.traffic());
            scope.spawn(|| self.resettle());
            let reloading: Vec<_> = (0..OPERATORS)
                .map(|n| scope.spawn(move || self.reload(n)))
                .collect();
            let ended = |thread: &std::thread::ScopedJoinHandle<'_, ()>| thread.is_finished();
            while self.done.load(Ordering::Relaxed) < WARM && !reloading.iter().any(ended) {
                std::thread::sleep(Duration::from_millis(5));
            }
            let warm = self.gateway.resident();
            let failed = reloading
                .into_iter()
                .map(|thread| thread.join().is_err())
                .fold(false, |any, failed| any | failed);
            self.over.store(true, Ordering::Relaxed);
            assert!(!failed, "a reload did not take effect");
            warm
        });
        let end = self.gateway.resident();
        eprintln!(
            "{} reloads and {} changes of settings in {:.1?} while {} messages went; {} KiB after {WARM}, {} KiB at the end",
            self.reloads,
            self.resettled.load(Ordering::Relaxed),
            began.elapsed(),
            self.sent.lock().unwrap().len(),
            warm / 1024,
            end / 1024
        );
        assert!(end < warm + warm / 10, "memory grew from {warm} to {end} bytes");
    }

    /// Traffic costs memory until what is kept of it is full: the queries that are prepared, the log of decisions, the allocator's own
    /// pages. That is not what is measured here, so it comes first.
    fn fill(&self) {
        for round in 0..size(5, 40) {
            for to in self.operators {
                self.send_all(to, 100);
            }
            if round % 10 == 9 {
                eprintln!(
                    "{} messages: {} KiB",
                    self.sent.lock().unwrap().len(),
                    self.gateway.resident() / 1024
                );
            }
        }
    }

    /// A message to every operator now and then, whatever its plugin is at.
    fn traffic(&self) {
        while !self.over.load(Ordering::Relaxed) {
            self.operators.iter().for_each(|to| self.send(to));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn send(&self, to: &Operator) {
        self.send_all(to, 1);
    }

    fn send_all(&self, to: &Operator, count: usize) {
        let messages: Vec<_> = {
            let mut sent = self.sent.lock().unwrap();
            let first = sent.len();
            let message = |n| {
                long_message(n)
                    .operator(to.id)
                    .with("registeredDelivery", false.into())
            };
            sent.extend((first..first + count).map(message));
            sent[first..].to_vec()
        };
        self.gateway.post(&messages).unwrap();
    }

    /// Replaces one operator's plugin again and again: each time by one that behaves in another way than the one before.
    fn reload(&self, of: usize) {
        let operator = &self.operators[of];
        let file = self.folder.join(format!("plugins/{}.wasm", operator.name));
        for n in 0..self.reloads / OPERATORS {
            let mut version = self.known[n % 2].clone();
            let is_news = n % NEWS == 0;
            if is_news {
                version = version.stamped(u32::try_from(n * OPERATORS + of).unwrap());
                self.loaded.lock().unwrap().push(version.clone());
            }
            let is_timed = n % TIMED == 0;
            let written = Utc::now();
            version.rename_over(&file);
            let (started, runs) = (Instant::now(), runs(&version));
            while !runs(&verdict(&file)) {
                assert!(started.elapsed() < PATIENCE, "{}", verdict(&file));
                if is_timed {
                    self.send(operator);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            if is_timed {
                self.send(operator);
                self.timed.lock().unwrap().push(Timed {
                    operator: operator.id.to_string(),
                    sha256: version.sha256.clone(),
                    is_news,
                    written,
                });
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Changes the settings of the last operator's plugin again and again: each change is seen within a second.
    fn resettle(&self) {
        let operator = &self.operators[OPERATORS];
        let file = self.folder.join(format!("operators/{}.toml", operator.name));
        for n in (0..).take_while(|_| !self.over.load(Ordering::Relaxed)) {
            // Far more than these texts need; none of the few before it is the same.
            let most = 100 + n % 100;
            let changed = operator
                .clone()
                .policy("settings", &format!("{{ max_parts = {most} }}"));
            let fresh = file.with_extension("new");
            std::fs::write(&fresh, changed.toml()).unwrap();
            std::fs::rename(&fresh, &file).unwrap();
            let (started, path) = (Instant::now(), format!("/api/v1/plugins/{}", operator.name));
            loop {
                let policy = self.gateway.get(&path).json();
                if policy["active"]["settings"]["max_parts"] == most {
                    break;
                }
                assert!(
                    started.elapsed() < PATIENCE,
                    "settings {n} are not in force: {} because of {}\n{}",
                    policy["verdict"],
                    policy["reason"],
                    self.gateway.log()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
            self.resettled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// When the first message went that the version had decided, in milliseconds since it was written.
fn first_decided(timed: &Timed, events: &[Value]) -> Option<i64> {
    let by_it = events.iter().filter(|event| {
        event["operatorId"] == timed.operator.as_str() && event["policy"]["sha256"] == timed.sha256.as_str()
    });
    let sent = by_it.map(|event| {
        event["submittedAt"]
            .as_str()
            .unwrap()
            .parse::<DateTime<Utc>>()
            .unwrap()
    });
    let first = sent.filter(|sent| *sent >= timed.written).min()?;
    Some((first - timed.written).num_milliseconds())
}

fn percentiles(mut millis: Vec<i64>) -> String {
    millis.sort_unstable();
    let at = |percent: usize| {
        millis
            .get(millis.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    format!(
        "p50 {} ms, p90 {} ms, p99 {} ms, longest {} ms of {}",
        at(50),
        at(90),
        at(99),
        millis.last().copied().unwrap_or_default(),
        millis.len()
    )
}
