//! What a new version may do worse than the one before it, until it is taken back.

use std::time::Duration;

/// Calls below which a share of faults says nothing.
const CALLS: u64 = 50;
/// Timed calls below which a 99th percentile says nothing.
const TIMED: u64 = 200;
/// Receipts below which a share of them says nothing.
const RECEIPTS: u64 = 10;

/// Bounds for a version that has just become active.
#[derive(Clone, PartialEq, Debug)]
pub struct Budget {
    /// How long it is watched.
    pub window: Duration,
    /// Share of calls without a usable answer, above that of the version before.
    pub faults: f64,
    /// Calls that trapped, timed out or ran into a limit: with so many it is taken back.
    pub traps: u64,
    /// The 99th percentile of a call's processor time, unless the version before took more than half of it.
    pub latency: Duration,
    /// Share of receipts that found no message, above that of the version before.
    pub unmatched: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(600),
            faults: 0.05,
            traps: 3,
            latency: Duration::from_millis(5),
            unmatched: 0.2,
        }
    }
}

/// What a version has done since it became active.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Measured {
    /// Questions that it was to answer.
    pub asked: u64,
    /// Of these, without a usable answer.
    pub faults: u64,
    /// Of these, traps, timeouts and limits.
    pub traps: u64,
    /// Calls of which the time is known.
    pub timed: u64,
    /// The 99th percentile of their processor time: how long others had the processor is not a version's doing.
    pub p99: Duration,
    /// Receipts that found their message.
    pub matched: u64,
    /// Receipts that were given up.
    pub unmatched: u64,
}

impl Measured {
    fn fault_share(&self) -> Option<f64> {
        share(self.faults, self.asked, CALLS)
    }

    fn unmatched_share(&self) -> Option<f64> {
        share(self.unmatched, self.matched + self.unmatched, RECEIPTS)
    }

    fn slowest(&self) -> Option<Duration> {
        (self.timed >= TIMED).then_some(self.p99)
    }
}

impl Budget {
    /// Why a version is to be taken back, in words; `None` while it keeps to its budget. `before` is the version before.
    #[must_use]
    pub fn breach(&self, now: &Measured, before: &Measured) -> Option<String> {
        if now.traps >= self.traps {
            let (traps, asked) = (now.traps, now.asked);
            return Some(format!(
                "{traps} of {asked} calls trapped, timed out or ran into a limit; the budget ends at {}",
                self.traps
            ));
        }
        if let Some(found) = now.fault_share() {
            let earlier = before.fault_share().unwrap_or_default();
            if found > earlier + self.faults {
                return Some(format!(
                    "{} of its calls had no usable answer, and {} before; the budget is {} more",
                    percent(found),
                    percent(earlier),
                    percent(self.faults)
                ));
            }
        }
        if let Some(found) = now.unmatched_share() {
            let earlier = before.unmatched_share().unwrap_or_default();
            if found > earlier + self.unmatched {
                return Some(format!(
                    "{} of the receipts found no message, and {} before; the budget is {} more",
                    percent(found),
                    percent(earlier),
                    percent(self.unmatched)
                ));
            }
        }
        let slow = now.slowest().filter(|found| *found > self.latency)?;
        // Others empty its caches, which is not its fault: it has to be a good deal slower than what ran before.
        let earlier = before.slowest().unwrap_or_default();
        (slow > 2 * earlier).then(|| {
            format!(
                "1 of 100 calls takes {} us of the processor or more, and {} us before; the budget is {} us",
                slow.as_micros(),
                earlier.as_micros(),
                self.latency.as_micros()
            )
        })
    }
}

fn share(part: u64, whole: u64, least: u64) -> Option<f64> {
    // Counts of messages are far below the 52 bits that a double holds.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let share = part as f64 / whole as f64;
    (whole >= least).then_some(share)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Measured = Measured {
        asked: 1_000,
        faults: 0,
        traps: 0,
        timed: 1_000,
        p99: Duration::from_micros(3),
        matched: 100,
        unmatched: 0,
    };

    #[track_caller]
    fn check(now: Measured, before: Measured, wanted: Option<&str>) {
        let found = Budget::default().breach(&now, &before);
        match wanted {
            None => assert_eq!(found, None),
            Some(words) => assert!(
                found.as_ref().is_some_and(|found| found.contains(words)),
                "{found:?}"
            ),
        }
    }

    #[test]
    fn an_honest_version_keeps_to_it() {
        check(QUIET, QUIET, None);
        check(QUIET, Measured::default(), None);
        check(Measured::default(), QUIET, None);
    }

    #[test]
    fn the_third_trap_is_too_much() {
        let trapped = |traps| Measured {
            traps,
            faults: traps,
            ..QUIET
        };
        check(trapped(2), QUIET, None);
        check(trapped(3), QUIET, Some("3 of 1000 calls trapped"));
        // Whatever the version before did: one that traps is no reason to keep another one.
        check(trapped(3), trapped(9), Some("trapped"));
    }

    #[test]
    fn faults_count_above_those_of_the_version_before() {
        let faulty = |faults| Measured { faults, ..QUIET };
        check(faulty(50), QUIET, None);
        check(faulty(51), QUIET, Some("5 % of its calls"));
        check(
            faulty(351),
            faulty(300),
            Some("35 % of its calls had no usable answer, and 30 % before"),
        );
        check(faulty(340), faulty(300), None);
        let few = Measured {
            asked: 49,
            faults: 49,
            ..Measured::default()
        };
        check(few, QUIET, None);
        check(Measured { asked: 50, ..few }, QUIET, Some("98 %"));
    }

    #[test]
    fn receipts_without_a_message_count_above_those_before() {
        let lost = |matched, unmatched| Measured {
            matched,
            unmatched,
            ..QUIET
        };
        check(lost(80, 20), QUIET, None);
        check(
            lost(79, 21),
            QUIET,
            Some("21 % of the receipts found no message, and 0 % before"),
        );
        check(lost(5, 4), QUIET, None);
        check(lost(7, 3), QUIET, Some("30 % of the receipts"));
        // What cures most of a bad state stays.
        check(lost(50, 50), lost(0, 100), None);
    }

    #[test]
    fn slowness_counts_where_the_version_before_was_fast() {
        let slow = |millis| Measured {
            p99: Duration::from_millis(millis),
            ..QUIET
        };
        check(slow(5), QUIET, None);
        check(slow(6), QUIET, Some("takes 6000 us of the processor or more"));
        check(slow(6), slow(3), None);
        check(slow(7), slow(3), Some("3000 us before"));
        check(
            Measured {
                timed: 199,
                ..slow(60)
            },
            QUIET,
            None,
        );
    }
}
