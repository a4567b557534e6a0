use super::*;
use proptest::prelude::*;

const TOLERANCE: Duration = Duration::from_millis(5);
const HORIZON: Duration = Duration::from_millis(100);

fn limit(tps: u32) -> NonZeroU32 {
    NonZeroU32::new(tps).unwrap()
}

fn window(tps: u32) -> TpsWindow {
    TpsWindow::new(OperatorId(uuid::Uuid::nil()), limit(tps), TOLERANCE, HORIZON)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn times(reservation: &Reservation) -> impl Iterator<Item = Instant> + use<> {
    let Reservation {
        first,
        spacing,
        count,
        ..
    } = *reservation;
    (0..count).map(move |i| first + spacing * i)
}

/// The largest count of sends in any half-open second. A second that begins at a send is the worst of its kind.
fn worst_second(sends: &[Instant]) -> usize {
    let mut sends = sends.to_vec();
    sends.sort();
    let before = |end: Instant| sends.partition_point(|at| *at < end);
    sends
        .iter()
        .map(|start| before(*start + SECOND) - before(*start))
        .max()
        .unwrap_or(0)
}

#[test]
fn spaces_send_times_and_hands_out_half_of_what_is_free() {
    let t0 = Instant::now();
    let mut window = window(100);
    let first = window.reserve(t0, 50);
    // Ten send times lie within the horizon: 0, 10.05, ... 90.45 ms.
    assert_eq!((first.first, first.count, first.tolerance), (t0, 5, TOLERANCE));
    assert_eq!(first.spacing, Duration::from_micros(10_050));
    let second = window.reserve(t0, 2);
    assert_eq!((second.first, second.count), (t0 + first.spacing * 5, 2));
    assert_eq!((window.count(t0), window.window_start(t0 + SECOND)), (1, t0));
    assert_eq!(window.count(t0 + ms(999)), 7);
    assert_eq!(window.count(t0 + ms(1000)), 6);
    assert_eq!(window.reserve(t0, 0).count, 0);
}

#[test]
fn says_when_to_ask_again_once_the_horizon_is_full() {
    let t0 = Instant::now();
    let mut window = window(2);
    assert_eq!((window.reserve(t0, 9).count, window.reserve(t0, 9).count), (1, 0));
    let full = window.reserve(t0 + ms(1), 9);
    assert_eq!(
        (full.first, full.count),
        (t0 + Duration::from_micros(502_500) - HORIZON, 0)
    );
    assert_eq!(
        window.reserve(full.first, 9).first,
        t0 + Duration::from_micros(502_500)
    );
}

#[test]
fn idle_time_is_not_saved_up() {
    let t0 = Instant::now();
    let mut window = window(100);
    window.reserve(t0, 1);
    let later = window.reserve(t0 + Duration::from_secs(60), 100);
    assert_eq!((later.first, later.count), (t0 + Duration::from_secs(60), 5));
    assert_eq!(window.handed_out.len(), 1);
}

#[test]
fn a_lower_limit_counts_what_was_sent_under_the_higher_one() {
    let t0 = Instant::now();
    let mut window = window(100);
    let sent: Vec<_> = (0..5)
        .flat_map(|_| times(&window.reserve(t0, 5)).collect::<Vec<_>>())
        .collect();
    assert!(sent.len() >= 8);
    window.set_limit(t0, limit(4));
    let next = window.reserve(t0 + SECOND, 1);
    // Three older ones may share a second with it.
    assert!(next.count == 0 || next.first >= sent[sent.len() - 4] + SECOND + TOLERANCE);
}

#[test]
fn a_higher_limit_takes_effect_with_the_next_send_time() {
    let t0 = Instant::now();
    let mut window = window(1);
    assert_eq!(window.reserve(t0, 1).count, 1);
    window.set_limit(t0, limit(1000));
    assert_eq!(window.reserve(t0 + ms(2), 1).first, t0 + ms(2));
}

#[test]
fn a_pause_is_kept() {
    let t0 = Instant::now();
    let mut window = window(100);
    window.pause_until(t0 + SECOND);
    window.pause_until(t0 + ms(10));
    window.set_limit(t0, limit(50));
    assert_eq!(window.reserve(t0, 1).first, t0 + SECOND - HORIZON);
    assert_eq!(window.reserve(t0 + SECOND, 1).first, t0 + SECOND);
}

/// One connection that always has something to send, with timers that are up to `lateness` late.
fn saturated(tps: u32, connections: u64, seconds: u64, lateness: Duration) -> (Vec<Instant>, u64) {
    let t0 = Instant::now();
    let mut window = window(tps);
    let mut pacers = vec![(Pacer::new(), t0); usize::try_from(connections).unwrap()];
    let mut sends = Vec::new();
    loop {
        let (pacer, wake) = pacers.iter_mut().min_by_key(|(_, wake)| *wake).unwrap();
        let now = *wake;
        if now >= t0 + Duration::from_secs(seconds) {
            let lost = pacers.iter().map(|(pacer, _)| pacer.lost()).sum();
            return (sends, lost);
        }
        match pacer.take(now, 100_000) {
            Pace::Go => sends.push(now),
            Pace::Ask(want) => pacer.granted(window.reserve(now, want)),
            Pace::Wait(until) => *wake = until + lateness,
            Pace::Idle => panic!("there is something to send"),
        }
    }
}

#[test]
fn uses_the_cap_up_and_never_breaks_it() {
    for (tps, connections, lateness) in [
        (1, 1, 0),
        (5, 2, 4),
        (20, 1, 0),
        (100, 1, 4),
        (100, 4, 0),
        (500, 3, 4),
        (2000, 2, 1),
    ] {
        let (sends, lost) = saturated(tps, connections, 4, ms(lateness));
        let share = sends.len() as f64 / f64::from(tps * 4);
        assert!(share >= 0.98, "{tps} TPS, {connections} connections: {share}");
        assert!(
            worst_second(&sends) <= tps as usize,
            "{tps} TPS: {}",
            worst_second(&sends)
        );
        assert_eq!(lost, 0, "{tps} TPS");
    }
}

#[test]
fn timers_later_than_the_tolerance_lose_permits_and_keep_the_promise() {
    let (sends, lost) = saturated(100, 2, 4, ms(7));
    assert!(lost > 0);
    assert!(worst_second(&sends) <= 100);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Reserve { after_us: u64, want: u32 },
    SetLimit { after_us: u64, tps: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reserve = (0..30_000_u64, 0..40_u32).prop_map(|(after_us, want)| Step::Reserve { after_us, want });
    let change = (0..400_000_u64, 1..120_u32).prop_map(|(after_us, tps)| Step::SetLimit { after_us, tps });
    prop::collection::vec(prop_oneof![12 => reserve, 1 => change], 1..250)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked for, however late permits are used within the tolerance, whenever the limit changes: no second
    /// holds more sends than the limit under which the newest of them was permitted.
    #[test]
    fn no_sliding_second_is_over_the_limit(steps in steps(), late_us in prop::collection::vec(0..=5_000_u64, 1..50)) {
        let t0 = Instant::now();
        let (mut now, mut tps, mut window) = (t0, 50, window(50));
        let (mut sends, mut last): (Vec<(Instant, usize)>, Option<Instant>) = (Vec::new(), None);
        for step in steps {
            match step {
                Step::SetLimit { after_us, tps: new } => {
                    now += Duration::from_micros(after_us);
                    tps = new;
                    window.set_limit(now, limit(new));
                }
                Step::Reserve { after_us, want } => {
                    now += Duration::from_micros(after_us);
                    let reservation = window.reserve(now, want);
                    prop_assert!(reservation.count <= want);
                    for at in times(&reservation) {
                        prop_assert!(at >= now && at <= now + HORIZON && last.is_none_or(|last| at > last));
                        last = Some(at);
                        let late = Duration::from_micros(late_us[sends.len() % late_us.len()]);
                        sends.push((at + late, tps as usize));
                    }
                    prop_assert!(window.handed_out.iter().map(|run| run.count).sum::<u32>() <= 150);
                }
            }
        }
        for (start, _) in &sends {
            let second: Vec<_> = sends.iter().filter(|(at, _)| (*start..*start + SECOND).contains(at)).collect();
            let allowed = second.last().map_or(0, |(_, tps)| *tps);
            prop_assert!(second.len() <= allowed, "{} in a second of {allowed}", second.len());
        }
    }
}

#[test]
fn a_pacer_goes_waits_and_asks_ahead_of_time() {
    let t0 = Instant::now();
    let mut pacer = Pacer::new();
    assert_eq!(pacer.take(t0, 0), Pace::Idle);
    assert_eq!(pacer.take(t0, 4), Pace::Ask(4));
    assert_eq!(pacer.take(t0, 9), Pace::Idle, "one question at a time");
    pacer.granted(Reservation {
        first: t0 + ms(10),
        spacing: ms(20),
        count: 2,
        tolerance: TOLERANCE,
    });
    assert_eq!(pacer.take(t0, 4), Pace::Wait(t0 + ms(10)));
    assert_eq!(pacer.take(t0 + ms(10), 4), Pace::Go);
    assert_eq!(
        pacer.take(t0 + ms(10), 1),
        Pace::Wait(t0 + ms(30)),
        "the permit suffices"
    );
    assert_eq!(
        pacer.take(t0 + ms(10), 3),
        Pace::Wait(t0 + ms(15)),
        "it will ask 15 ms before its last permit"
    );
    assert_eq!(pacer.take(t0 + ms(15), 3), Pace::Ask(2));
    assert_eq!(pacer.take(t0 + ms(30), 3), Pace::Go, "also while it asks");
    pacer.granted(Reservation {
        first: t0 + ms(40),
        spacing: ms(20),
        count: 0,
        tolerance: TOLERANCE,
    });
    assert_eq!(pacer.take(t0 + ms(30), 2), Pace::Wait(t0 + ms(40)));
    assert_eq!(pacer.take(t0 + ms(40), 2), Pace::Ask(2));
    pacer.refused(t0 + ms(50));
    assert_eq!(pacer.take(t0 + ms(41), 2), Pace::Wait(t0 + ms(50)));
    assert_eq!((pacer.lost(), pacer.held()), (0, 0));
}

#[test]
fn a_pacer_drops_void_permits_only() {
    let t0 = Instant::now();
    let mut pacer = Pacer::new();
    assert_eq!(pacer.take(t0, 3), Pace::Ask(3));
    pacer.granted(Reservation {
        first: t0,
        spacing: ms(10),
        count: 3,
        tolerance: TOLERANCE,
    });
    assert_eq!(pacer.take(t0 + ms(5), 3), Pace::Go, "late, within the tolerance");
    assert_eq!(pacer.take(t0 + ms(16), 3), Pace::Ask(2));
    assert_eq!((pacer.lost(), pacer.held()), (1, 1));
    assert_eq!(pacer.take(t0 + ms(25), 3), Pace::Go);
    pacer.granted(Reservation {
        first: t0 + ms(40),
        spacing: ms(10),
        count: 2,
        tolerance: TOLERANCE,
    });
    pacer.clear();
    assert_eq!((pacer.lost(), pacer.held()), (3, 0));
}
