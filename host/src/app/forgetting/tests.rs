use super::*;
use crate::ports::BackendErrorKind;
use std::cell::Cell;

/// A store with so many old rows, of which a step forgets some.
struct Old {
    rows: Cell<usize>,
    /// Of a step, and of each of its rows.
    costs: [Duration; 2],
    longest: Cell<Duration>,
    busy: Cell<Duration>,
    largest: Cell<usize>,
}

impl Old {
    fn new(rows: usize, costs: [Duration; 2]) -> Self {
        Self {
            rows: Cell::new(rows),
            costs,
            longest: Cell::default(),
            busy: Cell::default(),
            largest: Cell::default(),
        }
    }

    async fn forget(&self, limit: usize) -> Result<u64, BackendError> {
        let rows = limit.min(self.rows.get());
        let [step, row] = self.costs;
        let took = step + row * u32::try_from(rows).unwrap();
        sleep(took).await;
        self.rows.set(self.rows.get() - rows);
        self.longest.set(self.longest.get().max(took));
        self.largest.set(self.largest.get().max(rows));
        self.busy.set(self.busy.get() + took);
        Ok(u64::try_from(rows).unwrap())
    }

    /// Forgets all of them, and returns how long it took.
    async fn forget_all(&self) -> Duration {
        let started = Instant::now();
        Pace::default()
            .forget("rows", &CancellationToken::new(), |limit| self.forget(limit))
            .await;
        started.elapsed()
    }
}

const fn micros_each(step: u64, row: u64) -> [Duration; 2] {
    [Duration::from_micros(step), Duration::from_micros(row)]
}

#[tokio::test(start_paused = true)]
async fn steps_are_short_and_leave_most_of_the_time_to_others() {
    // A fast disk, and one where each row costs a page.
    for (row, largest) in [(5, 1_800..=2_000), (100, 85..=FIRST)] {
        let old = Old::new(100_000, micros_each(1_000, row));
        let taken = old.forget_all().await;
        assert_eq!(old.rows.get(), 0);
        assert!(old.longest.get() < STEP + STEP / 4, "{:?}", old.longest);
        assert!(largest.contains(&old.largest.get()), "{:?}", old.largest);
        let share = old.busy.get().div_duration_f64(taken);
        assert!((0.19..0.21).contains(&share), "{share}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_when_rows_cost_next_to_nothing() {
    let old = Old::new(1_000_000, micros_each(0, 0));
    old.forget_all().await;
    assert_eq!((old.rows.get(), old.largest.get()), (0, MOST));
}

#[tokio::test(start_paused = true)]
async fn what_it_does_not_keep_up_with_gets_more_and_more_of_the_time() {
    const ALL: usize = 30_000_000;
    let old = Old::new(ALL, micros_each(1_000, 100));
    let ten_minutes = async || {
        let (rows, busy) = (old.rows.get(), old.busy.get());
        sleep(Duration::from_secs(600)).await;
        let share = (old.busy.get() - busy).as_secs_f64() / 600.0;
        (rows - old.rows.get(), share, old.longest.get())
    };
    let look = async {
        let first = ten_minutes().await;
        sleep(Duration::from_secs(3_000)).await;
        (first, ten_minutes().await)
    };
    let (_, (first, later)) = tokio::join!(old.forget_all(), look);
    assert!((0.2..0.25).contains(&first.1), "{first:?}");
    assert!((0.42..0.47).contains(&later.1), "{later:?}");
    assert!(later.0 > 2 * first.0, "{first:?} {later:?}");
    assert!(
        first.2 < STEP * 3 / 2 && later.2 < STEP * 4,
        "{first:?} {later:?}"
    );
    assert_eq!(old.rows.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_step_makes_the_next_ones_small_for_a_moment_only() {
    let mut pace = Pace { limit: 800 };
    let limits: Vec<_> = [100, 100, 5, 5, 5, 10]
        .map(|ms| {
            pace.after(Duration::from_millis(ms), Duration::ZERO);
            pace.limit
        })
        .to_vec();
    assert_eq!(limits, [400, 200, 400, 800, 1_600, 1_600]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_stop_end_it() {
    let stop = CancellationToken::new();
    let steps = Cell::new(0);
    let failing = |_| async {
        steps.set(steps.get() + 1);
        Err(BackendError {
            backend: "SQLite".to_owned(),
            action: "forgetting what is over",
            kind: BackendErrorKind::Unavailable,
            source: "no disk".into(),
        })
    };
    Pace::default().forget("rows", &stop, failing).await;
    assert_eq!(steps.get(), 1, "the next round tries again");
    let endless = |_| async {
        steps.set(steps.get() + 1);
        stop.cancel();
        Ok(1)
    };
    Pace::default().forget("rows", &stop, endless).await;
    assert_eq!(steps.get(), 2);
}
