use super::*;
use uuid::Uuid;

/// Ids as the platform makes them: they count upwards.
fn message(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(
        0x0199_F3A0_0000_7000_8000_0000_0000_0000 + number,
    ))
}

fn sampling(wanted: u32, start: Instant) -> Sampling {
    Sampling::new(wanted, Budget::of_an_hour(1_000_000, start), start)
}

/// How many are taken in one second of so much traffic.
fn second(sampling: &mut Sampling, at: Instant, from: u128, messages: u32) -> u32 {
    let each = SPAN / messages.max(1);
    let takes = (0..messages).filter(|&n| sampling.takes(message(from + u128::from(n)), at + each * n));
    u32::try_from(takes.count()).unwrap()
}

#[test]
fn a_quiet_operator_is_recorded_whole() {
    let start = Instant::now();
    let mut sampling = sampling(50, start);
    for number in 0..20 {
        let taken = second(&mut sampling, start + SPAN * number, u128::from(number) * 100, 40);
        assert_eq!(taken, 40);
    }
    assert!((sampling.share() - 1.0).abs() < f64::EPSILON);
}

#[test]
fn a_flood_is_sampled_at_once_and_the_share_comes_back() {
    let start = Instant::now();
    let mut sampling = sampling(50, start);
    let first = second(&mut sampling, start, 0, 5_000);
    assert!((50..=450).contains(&first), "{first}");
    let mut from = 5_000;
    for number in 1..30 {
        let taken = second(&mut sampling, start + SPAN * number, from, 5_000);
        assert!((15..=120).contains(&taken), "{taken} in second {number}");
        from += 5_000;
    }
    assert!(sampling.share() < 0.05, "{}", sampling.share());
    for number in 30..45 {
        second(&mut sampling, start + SPAN * number, from, 10);
        from += 10;
    }
    assert!(
        (sampling.share() - 1.0).abs() < f64::EPSILON,
        "{}",
        sampling.share()
    );
}

#[test]
fn the_receipts_of_what_was_taken_are_taken_and_no_others() {
    let start = Instant::now();
    let mut sampling = sampling(50, start);
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for number in 0..2_000_u32 {
        let at = start + SPAN * (number / 1_000);
        let list = if sampling.takes(message(u128::from(number)), at) {
            &mut taken
        } else {
            &mut left
        };
        list.push(message(u128::from(number)));
    }
    let later = start + Duration::from_secs(50);
    assert!(taken.iter().all(|message| sampling.took(*message, later)));
    assert!(!left.iter().any(|message| sampling.took(*message, later)));
}

#[test]
fn what_is_forgotten_is_judged_by_the_smallest_share_of_late() {
    let start = Instant::now();
    let mut sampling = sampling(50, start);
    assert!(sampling.took(message(1), start), "nothing was ever left out");
    second(&mut sampling, start, 0, 5_000);
    let later = start + Duration::from_secs(100);
    let old = (1_000_000..1_010_000).filter(|&number| sampling.took(message(number), later));
    assert!((20..=900).contains(&old.count()));
    for hour in 1..4 {
        sampling.takes(message(7), start + FLOOR_SPAN * hour);
    }
    assert!(sampling.took(message(1_000_000), start + FLOOR_SPAN * 4));
}

#[test]
fn memory_is_bounded() {
    let start = Instant::now();
    let mut sampling = sampling(u32::MAX, start);
    for number in 0..100_000 {
        sampling.takes(message(number), start);
    }
    assert_eq!(sampling.order.len(), REMEMBERED);
    assert!(sampling.remembered.len() <= REMEMBERED);
}

#[test]
fn an_allowance_is_for_a_second() {
    let start = Instant::now();
    let mut allowance = Allowance::new(3, start);
    let mut taken = |after: Duration| (0..10).filter(|_| allowance.takes(start + after)).count();
    assert_eq!(taken(Duration::ZERO), 3);
    assert_eq!(taken(SPAN / 2), 0);
    assert_eq!(taken(SPAN), 3);
}

#[test]
fn what_is_kept_reaches_back_far_enough() {
    let start = Instant::now();
    let mut sampling = Sampling::new(50, Budget::of_an_hour(3_600, start), start);
    let mut taken = Vec::new();
    for number in 0..1_200_u32 {
        let from = u128::from(number) * 100;
        taken.push(second(&mut sampling, start + SPAN * number, from, 100));
    }
    let sum = |seconds: &[u32]| seconds.iter().sum::<u32>();
    assert!(
        (2_000..=3_700).contains(&sum(&taken[..100])),
        "{}",
        sum(&taken[..100])
    );
    assert!(sum(&taken) <= 3_600 + 1_200, "{}", sum(&taken));
    let late = sum(&taken[600..]);
    assert!((300..=700).contains(&late), "about one a second: {late}");
}

#[test]
fn a_fixed_share_takes_as_many_as_it_says_and_the_same_ones_always() {
    for (share, least, most) in [
        (0.0, 0, 0),
        (0.01, 70, 130),
        (0.5, 4_800, 5_200),
        (1.0, 10_000, 10_000),
    ] {
        let taken = (0..10_000).filter(|&number| Share::new(share).takes(message(number)));
        let taken: Vec<_> = taken.collect();
        assert!(
            (least..=most).contains(&taken.len()),
            "{} of {share}",
            taken.len()
        );
        // A larger share has all of a smaller one.
        let larger = Share::new(share * 2.0);
        assert!(taken.iter().all(|&number| larger.takes(message(number))));
    }
    assert_eq!(Share::new(7.0), Share::new(1.0));
}

#[test]
fn many_operators_together_take_no_more_than_one() {
    let start = Instant::now();
    let taken = |operators: u32, each: u32| -> u32 {
        let one = |first| {
            let mut sampling = Sampling::new(50, Budget::of_an_hour(2_000, start), start);
            sampling.share_among(operators);
            let seconds = (0..20).map(|number| {
                let from = u128::from(first) * 1_000_000 + u128::from(number) * 10_000;
                second(&mut sampling, start + SPAN * number, from, each)
            });
            seconds.sum::<u32>()
        };
        (0..operators).map(one).sum()
    };
    let (alone, many) = (taken(1, 2_000), taken(50, 40));
    assert!(many <= 2 * alone, "{alone} of one operator, {many} of fifty");
    // Each of a thousand has its first.
    let most = taken(1_000, 2);
    assert!((1_000..=2_100).contains(&most), "{most} of a thousand operators");
}
