//! How fast the operator was sent to, as far as the machine lets it tell.

use smpp_connector_tests::Platform;
use smsc_sim::Smsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// What a host reckons with on a PDU's way to the operator.
const ON_THE_WAY: Duration = Duration::from_millis(5);

/// Between two looks at the clock. Timers may be late by as much again.
const BEAT: Duration = Duration::from_millis(2);

/// What is noted so soon before or after a late look may have come as much earlier.
const NEAR: Duration = Duration::from_millis(20);

/// A look at the clock that was late.
#[derive(Clone, Copy)]
struct Late {
    at: Instant,
    by: Duration,
}

/// A task beside the simulated operator's. When it is late, so is the operator at noting when something came, and what comes
/// after that seems to come faster than it does.
pub(crate) struct Pace {
    late: Arc<Mutex<Vec<Late>>>,
    task: JoinHandle<()>,
}

impl Pace {
    pub(crate) fn start(platform: &Platform) -> Self {
        let late = Arc::default();
        let task = platform.spawn(look(Arc::clone(&late)));
        Self { late, task }
    }

    /// The same on the threads of a simulated operator's own.
    pub(crate) fn start_on(runtime: &Runtime) -> Self {
        let late = Arc::default();
        let task = runtime.spawn(look(Arc::clone(&late)));
        Self { late, task }
    }

    /// The longest that the machine kept a task from running that was due.
    pub(crate) fn latest(&self) -> Duration {
        let late = self.late.lock().unwrap();
        late.iter().map(|late| late.by).max().unwrap_or_default()
    }

    /// How much of this time, 0 to 1, the machine kept a task from running that was due.
    pub(crate) fn kept_waiting(&self, began: Instant, ended: Instant) -> f64 {
        let late = self.late.lock().unwrap();
        let within = late.iter().filter(|late| (began..ended).contains(&late.at));
        let all: Duration = within.map(|late| late.by).sum();
        all.as_secs_f64() / (ended - began).as_secs_f64()
    }

    /// No second held more than `cap`; a second that began while the operator was late is shorter by that.
    pub(crate) fn holds(&self, cap: u64, smsc: &Smsc) {
        self.holds_at(cap, &[smsc]);
    }

    /// The same of all sites of one operator together.
    pub(crate) fn holds_at(&self, cap: u64, sites: &[&Smsc]) {
        let late = self.late.lock().unwrap().clone();
        let submits = sites.iter().flat_map(|smsc| smsc.submits());
        let mut times: Vec<_> = submits.map(|submit| submit.at.into_std()).collect();
        times.sort_unstable();
        for (first, began) in times.iter().enumerate() {
            let near = |late: &&Late| late.at < *began + NEAR && *began < late.at + NEAR;
            let late = late
                .iter()
                .filter(near)
                .map(|late| late.by)
                .max()
                .unwrap_or_default();
            let second = Duration::from_secs(1).saturating_sub(late);
            let end = times.partition_point(|at| *at < *began + second);
            let sent = u64::try_from(end - first).unwrap();
            assert!(sent <= cap, "{sent} submit_sm within {second:?}");
        }
    }
}

async fn look(looks: Arc<Mutex<Vec<Late>>>) {
    loop {
        let before = Instant::now();
        tokio::time::sleep(BEAT).await;
        let by = before.elapsed().saturating_sub(2 * BEAT);
        if by > ON_THE_WAY {
            let at = Instant::now();
            looks.lock().unwrap().push(Late { at, by });
        }
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.task.abort();
    }
}
