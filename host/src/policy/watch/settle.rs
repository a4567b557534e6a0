//! When a file that changed may be read. Components have no end mark: half a file can be a valid one, so a file is read
//! only after it has held still for a while.

use crate::policy::prebuilt;
use chrono::{DateTime, Utc};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A file that changed must look the same for this long.
const SETTLE: Duration = Duration::from_millis(75);
/// A file that is missing for this long is gone: editors and `mv` take it away for an instant.
const GONE: Duration = Duration::from_secs(1);
/// A refused file is looked at again after this.
const RETRY: Duration = Duration::from_secs(1);
/// So many times: a slow writer may have touched it without a trace in its times, or the machine was too busy to try it
/// out.
const RETRIES: u8 = 3;

/// What tells a file's states apart without reading it. Symbolic links are followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
    /// Moves even where somebody sets the modification time, as `cp -p` does.
    changed: (i64, i64),
}

impl Stamp {
    /// Of a component that the gateway brings along. No file of a plugin is empty and of no time.
    pub(in super::super) const PREBUILT: Self = Self {
        device: 0,
        inode: 0,
        len: 0,
        modified: (0, 0),
        changed: (0, 0),
    };

    pub(in super::super) fn of(file: &Path) -> std::io::Result<Self> {
        let data = match std::fs::metadata(file) {
            Err(error) if error.kind() == ErrorKind::NotFound && prebuilt::stands_in(file).is_some() => {
                return Ok(Self::PREBUILT);
            }
            data => data?,
        };
        Ok(Self {
            device: data.dev(),
            inode: data.ino(),
            len: data.len(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }

    /// What is brought along stands in for a file when that is gone for good.
    fn settles_after(self) -> Duration {
        if self == Self::PREBUILT { GONE } else { SETTLE }
    }

    pub(in super::super) fn len(self) -> u64 {
        self.len
    }
}

/// When a change was noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Seen {
    pub(in super::super) since: Instant,
    pub(in super::super) at: DateTime<Utc>,
}

impl Seen {
    pub(in super::super) fn now() -> Self {
        Self {
            since: crate::clock::now(),
            at: crate::clock::utc_now(),
        }
    }
}

/// What to do about a file now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// It is as it was when it was last loaded or refused.
    Rest,
    /// It may be in the middle of a change.
    LookAgain(Duration),
    /// It changed and holds still.
    Load(Seen),
    /// It was deleted. Said once.
    Gone,
}

/// How a load ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Done,
    Failed,
    /// The file changed again meanwhile: what was read counts for nothing.
    Superseded,
}

/// What is known of one file.
#[derive(Debug, Default)]
pub(super) struct FileState {
    candidate: Option<Candidate>,
    retry: Option<Retry>,
    missing: Missing,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    stamp: Stamp,
    since: Instant,
    seen: Seen,
}

#[derive(Clone, Copy, Debug)]
struct Retry {
    left: u8,
    due: Instant,
}

#[derive(Clone, Copy, Debug, Default)]
enum Missing {
    #[default]
    No,
    Since(Instant),
    Reported,
}

impl FileState {
    /// Takes a look. `handled` is how the file looked when it was last loaded or refused.
    pub(super) fn observe(&mut self, now: Instant, stamp: Option<Stamp>, handled: Option<Stamp>) -> Step {
        let Some(stamp) = stamp else {
            return self.observe_nothing(now);
        };
        self.missing = Missing::No;
        if handled == Some(stamp) {
            self.candidate = None;
            return self.observe_retry(now);
        }
        self.retry = None;
        match self.candidate {
            Some(candidate) if candidate.stamp == stamp => {
                let still = now.saturating_duration_since(candidate.since);
                let long = stamp.settles_after();
                if still >= long {
                    Step::Load(candidate.seen)
                } else {
                    Step::LookAgain(long - still)
                }
            }
            earlier => {
                let seen = earlier.map_or(
                    Seen {
                        since: now,
                        at: crate::clock::utc_now(),
                    },
                    |earlier| earlier.seen,
                );
                self.candidate = Some(Candidate {
                    stamp,
                    since: now,
                    seen,
                });
                Step::LookAgain(stamp.settles_after())
            }
        }
    }

    fn observe_nothing(&mut self, now: Instant) -> Step {
        self.candidate = None;
        self.retry = None;
        match self.missing {
            Missing::Reported => Step::Rest,
            Missing::No => {
                self.missing = Missing::Since(now);
                Step::LookAgain(GONE)
            }
            Missing::Since(since) => {
                let missing = now.saturating_duration_since(since);
                if missing < GONE {
                    return Step::LookAgain(GONE - missing);
                }
                self.missing = Missing::Reported;
                Step::Gone
            }
        }
    }

    fn observe_retry(&mut self, now: Instant) -> Step {
        match self.retry {
            Some(retry) if retry.left == 0 => Step::Rest,
            Some(retry) if now >= retry.due => Step::Load(Seen {
                since: now,
                at: crate::clock::utc_now(),
            }),
            Some(retry) => Step::LookAgain(retry.due - now),
            None => Step::Rest,
        }
    }

    /// Notes how a load ended. Returns when to look again, if there is a reason to.
    pub(super) fn finished(&mut self, now: Instant, outcome: Outcome) -> Option<Duration> {
        match outcome {
            Outcome::Done => {
                (self.candidate, self.retry) = (None, None);
                None
            }
            Outcome::Superseded => Some(Duration::ZERO),
            Outcome::Failed => {
                self.candidate = None;
                let left = self.retry.map_or(RETRIES, |retry| retry.left.saturating_sub(1));
                self.retry = Some(Retry {
                    left,
                    due: now + RETRY,
                });
                (left > 0).then_some(RETRY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn stamp(len: u64) -> Stamp {
        Stamp {
            device: 1,
            inode: 1,
            len,
            modified: (1, 0),
            changed: (1, 0),
        }
    }

    #[test]
    fn a_file_is_loaded_after_it_held_still() {
        let (mut file, t) = (FileState::default(), crate::clock::now());
        let old = Some(stamp(1));
        assert_eq!(file.observe(t, old, old), Step::Rest);
        assert_eq!(file.observe(t, Some(stamp(2)), old), Step::LookAgain(75 * MS));
        assert_eq!(
            file.observe(t + 50 * MS, Some(stamp(2)), old),
            Step::LookAgain(25 * MS)
        );
        // It grows: the wait begins anew, but the change was noticed at `t`.
        assert_eq!(
            file.observe(t + 60 * MS, Some(stamp(3)), old),
            Step::LookAgain(75 * MS)
        );
        let Step::Load(seen) = file.observe(t + 135 * MS, Some(stamp(3)), old) else {
            panic!("not loaded")
        };
        assert_eq!(seen.since, t);
        assert_eq!(file.finished(t + 200 * MS, Outcome::Done), None);
        assert_eq!(
            file.observe(t + 201 * MS, Some(stamp(3)), Some(stamp(3))),
            Step::Rest
        );
    }

    #[test]
    fn every_field_of_the_stamp_counts() {
        let base = stamp(1);
        for other in [
            Stamp { device: 2, ..base },
            Stamp { inode: 2, ..base },
            Stamp {
                modified: (1, 1),
                ..base
            },
            Stamp {
                changed: (1, 1),
                ..base
            },
        ] {
            let step = FileState::default().observe(crate::clock::now(), Some(other), Some(base));
            assert!(matches!(step, Step::LookAgain(_)), "{other:?}");
        }
    }

    #[test]
    fn a_refused_file_is_tried_three_times_more() {
        let (mut file, mut t) = (FileState::default(), crate::clock::now());
        let bad = Some(stamp(2));
        assert_eq!(file.finished(t, Outcome::Failed), Some(RETRY));
        for n in 0..3 {
            assert!(
                matches!(file.observe(t + 500 * MS, bad, bad), Step::LookAgain(_)),
                "{n}"
            );
            t += RETRY;
            assert!(matches!(file.observe(t, bad, bad), Step::Load(_)), "{n}");
            let again = file.finished(t, Outcome::Failed);
            assert_eq!(again.is_some(), n < 2, "{n}");
        }
        assert_eq!(file.observe(t + 10 * RETRY, bad, bad), Step::Rest);
    }

    #[test]
    fn a_newer_file_ends_the_retries_of_a_bad_one() {
        let (mut file, t) = (FileState::default(), crate::clock::now());
        let bad = Some(stamp(2));
        file.finished(t, Outcome::Failed);
        assert_eq!(
            file.observe(t + 10 * MS, Some(stamp(3)), bad),
            Step::LookAgain(SETTLE)
        );
        assert!(matches!(
            file.observe(t + 85 * MS, Some(stamp(3)), bad),
            Step::Load(_)
        ));
    }

    #[test]
    fn what_was_superseded_is_looked_at_again_at_once() {
        let (mut file, t) = (FileState::default(), crate::clock::now());
        file.observe(t, Some(stamp(2)), None);
        assert!(matches!(
            file.observe(t + 75 * MS, Some(stamp(2)), None),
            Step::Load(_)
        ));
        assert_eq!(
            file.finished(t + 80 * MS, Outcome::Superseded),
            Some(Duration::ZERO)
        );
        assert_eq!(
            file.observe(t + 80 * MS, Some(stamp(3)), None),
            Step::LookAgain(SETTLE)
        );
    }

    #[test]
    fn a_deleted_file_is_reported_once_and_a_moment_without_it_is_not() {
        let (mut file, t) = (FileState::default(), crate::clock::now());
        let old = Some(stamp(1));
        assert_eq!(file.observe(t, None, old), Step::LookAgain(GONE));
        assert_eq!(file.observe(t + 20 * MS, old, old), Step::Rest);
        assert_eq!(file.observe(t + 500 * MS, None, old), Step::LookAgain(GONE));
        assert_eq!(file.observe(t + 1_400 * MS, None, old), Step::LookAgain(100 * MS));
        assert_eq!(file.observe(t + 1_500 * MS, None, old), Step::Gone);
        assert_eq!(file.observe(t + 9_000 * MS, None, None), Step::Rest);
        assert!(matches!(
            file.observe(t + 9_000 * MS, Some(stamp(4)), None),
            Step::LookAgain(_)
        ));
    }

    #[test]
    fn symbolic_links_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two, link) = (
            directory.path().join("1"),
            directory.path().join("2"),
            directory.path().join("l"),
        );
        std::fs::write(&one, "one").unwrap();
        std::fs::write(&two, "two").unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        assert_eq!(Stamp::of(&link).unwrap(), Stamp::of(&one).unwrap());
        assert_ne!(Stamp::of(&link).unwrap(), Stamp::of(&two).unwrap());
        std::fs::remove_file(&one).unwrap();
        assert!(Stamp::of(&link).is_err());
    }
}
