//! Runs: as many messages as a gateway takes, or so many a second.

use super::cpu::Processes;
use super::lane::Lane;
use super::tally::{Step, Tally};
use crate::GatewayProcess;
use anyhow::Result;
use futures_util::future::try_join_all;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Given to the gateway and not yet through, at most.
const AHEAD: usize = 4_000;
/// Messages before the clock runs.
pub(super) const WARM: usize = 400;

/// A gateway that is up, with its operator, its servers and whoever gives it messages and hears of them.
pub struct Stage {
    pub(super) tally: Arc<Tally>,
    pub(super) lanes: Vec<Lane>,
    /// How many of the lanes flood, where all work by the clock: a lane has one call at a time, and few lanes would wait for calls
    /// while messages are due.
    pub(super) flooding: usize,
    pub(super) processes: Processes,
    /// Messages in one call of a lane.
    pub(super) batch: usize,
    /// The number of its first message.
    pub(super) first: usize,
    /// The number of the next one.
    pub(super) given: usize,
    /// What runs it, ended with it, in this order: the gateway is the first.
    pub(super) props: Vec<Box<dyn std::any::Any>>,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Messages a second.
    pub rate: f64,
    /// CPU microseconds a message, by process.
    pub cpu: Vec<(&'static str, f64)>,
    /// The most memory that the gateway has had, in MiB.
    pub memory: f64,
}

impl Figures {
    /// CPU microseconds a message of processes whose names are these.
    #[must_use]
    pub fn cpu_of(&self, names: &[&str]) -> f64 {
        let of = self.cpu.iter().filter(|(name, _)| names.contains(name));
        of.map(|(_, used)| used).sum()
    }

    /// CPU microseconds a message of each process that uses any, in words, with so many decimals.
    #[must_use]
    pub fn cpu_in_words(&self, decimals: usize) -> String {
        let used = self.cpu.iter().filter(|(_, used)| *used >= 0.5);
        let used: Vec<_> = used
            .map(|(who, used)| format!("{who} {used:.decimals$}"))
            .collect();
        used.join(", ")
    }

    /// Half of the messages a second: what is carried with ease.
    #[must_use]
    pub fn half_rate(&self) -> usize {
        whole(self.rate / 2.0).max(1)
    }
}

/// Median and 99th percentile, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// From handing the message over until the operator reads its submit_sm.
    pub submit: [f64; 2],
    /// From the operator's writing of the receipt until it can be read.
    pub receipt: [f64; 2],
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [submit, receipt] =
            [self.submit, self.receipt].map(|[p50, p99]| format!("p50 {p50:.1} ms, p99 {p99:.1} ms"));
        write!(f, "command to submit_sm {submit}; receipt to event {receipt}")
    }
}

impl Stage {
    /// Has this project's gateway end by itself, and waits until it has. False where it did not end well, or is another's.
    #[must_use]
    pub fn terminate(mut self) -> bool {
        let gateway = self.props.remove(0).downcast::<GatewayProcess>();
        gateway.is_ok_and(|gateway| gateway.terminate().success())
    }

    /// So many messages, as fast as they are taken; until the last thing is told of all of them.
    ///
    /// # Errors
    /// When not all got through.
    pub async fn flood(&mut self, messages: usize) -> Result<Figures> {
        self.warm().await?;
        let before = self.processes.used()?;
        let started = Instant::now();
        self.carry(messages, self.batch, None).await?;
        let took = started.elapsed().as_secs_f64();
        let after = self.processes.used()?;
        let count = count(messages);
        let names = self.processes.0.iter().map(|(name, _)| *name);
        let used = after.iter().zip(&before).map(|(now, then)| (now - then) / count);
        Ok(Figures {
            rate: count / took,
            cpu: names.zip(used).collect(),
            memory: self.processes.peak().unwrap_or_default(),
        })
    }

    /// So many a second for some seconds, whether they are taken or not.
    ///
    /// # Errors
    /// When not all got through.
    pub async fn steady(&mut self, rate: usize, seconds: usize) -> Result<Latency> {
        self.warm().await?;
        let first = self.given;
        self.carry(rate * seconds, (rate / 1_000).max(1), Some(rate))
            .await?;
        Ok(self.latency(first..self.given))
    }

    /// Of the messages with these numbers.
    #[must_use]
    pub fn latency(&self, numbers: Range<usize>) -> Latency {
        let percentiles = |from, to| {
            let times = self.tally.between(from, to, numbers.clone());
            [50, 99].map(|percent| {
                let at = times.get(times.len() * percent / 100);
                at.map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
            })
        };
        Latency {
            submit: percentiles(Step::Sent, Step::Submitted),
            receipt: percentiles(Step::Receipt, Step::Told),
        }
    }

    /// The longest that one of the messages with these numbers took from the command to the last event of it, in milliseconds.
    #[must_use]
    pub fn longest(&self, numbers: Range<usize>) -> f64 {
        let times = self.tally.between(Step::Sent, Step::Told, numbers);
        times.last().map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    /// The number of the next message.
    #[must_use]
    pub fn next(&self) -> usize {
        self.given
    }

    /// Messages before the clock runs; none if there were some already.
    ///
    /// # Errors
    /// When not all got through.
    pub async fn warm(&mut self) -> Result<()> {
        if self.given > self.first {
            return Ok(());
        }
        self.carry(WARM, self.batch, None).await
    }

    /// Gives the gateway the next messages, and waits until they are through.
    async fn carry(&mut self, messages: usize, batch: usize, rate: Option<usize>) -> Result<()> {
        let (first, end) = (self.given, self.given + messages);
        self.given = end;
        let next = AtomicUsize::new(first);
        let (release, released) = watch::channel(if rate.is_some() { first } else { end });
        let tally = &self.tally;
        let at_work = if rate.is_some() {
            self.lanes.len()
        } else {
            self.flooding
        };
        let lanes = self.lanes.iter_mut().take(at_work).map(|lane| {
            let (next, mut released) = (&next, released.clone());
            async move {
                loop {
                    let from = next.fetch_add(batch, Ordering::Relaxed);
                    let to = end.min(from + batch);
                    if from >= end {
                        return Ok(());
                    }
                    released.wait_for(|released| *released >= to).await?;
                    if rate.is_none() {
                        tally.until((from + batch).saturating_sub(AHEAD)).await?;
                        (from..to).for_each(|number| tally.note(Step::Sent, number));
                    }
                    lane.send(from..to).await?;
                }
            }
        });
        let beats = async {
            let Some(rate) = rate else {
                return Ok(());
            };
            let mut beat = tokio::time::interval(Duration::from_millis(1));
            let started = Instant::now();
            let mut so_far = first;
            while so_far < end {
                beat.tick().await;
                // By the clock, so that a beat that comes late brings what is due by then.
                let due = started.elapsed().as_secs_f64() * count(rate);
                let due = end.min(first + whole(due));
                (so_far..due).for_each(|number| tally.note(Step::Sent, number));
                so_far = due;
                release.send_replace(so_far);
            }
            Ok(())
        };
        let (given, beaten): (Result<Vec<()>>, Result<()>) = tokio::join!(try_join_all(lanes), beats);
        given?;
        beaten?;
        tally.until(end).await
    }
}

/// The run in the middle, and the rates of the slowest and the fastest.
#[must_use]
pub fn median(mut runs: Vec<Figures>) -> (Figures, [f64; 2]) {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let rate = |of: Option<&Figures>| of.map_or(0.0, |figures| figures.rate);
    let ends = [rate(runs.first()), rate(runs.last())];
    let middle = runs.len() / 2;
    (runs.into_iter().nth(middle).unwrap_or_default(), ends)
}

/// To be calculated with.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]
pub fn count(messages: usize) -> f64 {
    messages as f64
}

/// Cut off to a count.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a benchmark are small and not negative"
)]
pub fn whole(messages: f64) -> usize {
    messages as usize
}

/// The cases of a benchmark whose names contain a text.
///
/// # Errors
/// When no name does.
pub fn chosen<C>(
    cases: impl IntoIterator<Item = C>,
    only: &str,
    name: impl Fn(&C) -> String,
) -> Result<Vec<C>> {
    let chosen: Vec<_> = cases
        .into_iter()
        .filter(|case| name(case).contains(only))
        .collect();
    anyhow::ensure!(
        !chosen.is_empty(),
        "no case has {only:?} in its name: --list names them"
    );
    Ok(chosen)
}
