//! What the project has set itself, beside what this run came to.

use super::{
    Case, EMBEDDED, EMBEDDED_SUBMITS, KANNEL_HTTP, KANNEL_HTTP_RECEIPTS, KANNEL_POSTGRES, KANNEL_STRAIGHT,
    KANNEL_STRAIGHT_RECEIPTS, PLATFORM, PLATFORM_SUBMITS,
};
use smpp_connector_tests::load::{Figures, Latency};

/// Ratios of rates, and CPU a message, as far as their cases were played.
pub(crate) fn print_rates<'a>(figures_of: &impl Fn(Case) -> Option<&'a Figures>) {
    let rate = |case| figures_of(case).map(|figures| figures.rate);
    let best = |cases: [Case; 2]| {
        let [one, other] = cases.map(rate);
        Some(one?.max(other?))
    };
    let memory = best([KANNEL_STRAIGHT_RECEIPTS, KANNEL_HTTP_RECEIPTS]);
    let no_store = best([KANNEL_STRAIGHT, KANNEL_HTTP]);
    let goals = [
        (
            "on servers / Kannel with receipts in PostgreSQL",
            rate(PLATFORM),
            rate(KANNEL_POSTGRES),
            20.0,
        ),
        (
            "on servers / Kannel's best with receipts in memory",
            rate(PLATFORM),
            memory,
            5.0,
        ),
        (
            "embedded / Kannel's best with receipts in memory",
            rate(EMBEDDED),
            memory,
            4.0,
        ),
        (
            "submits alone, on servers / Kannel's best without any store",
            rate(PLATFORM_SUBMITS),
            no_store,
            1.0,
        ),
        (
            "submits alone, embedded / Kannel's best without any store",
            rate(EMBEDDED_SUBMITS),
            no_store,
            1.0,
        ),
    ];
    println!();
    for (name, ours, theirs, goal) in goals {
        if let Some((ours, theirs)) = ours.zip(theirs) {
            let ratio = ours / theirs;
            println!(
                "{name:60} {ratio:6.2}   goal {goal:4.1}   {}",
                verdict(ratio >= goal)
            );
        }
    }
    if let Some(figures) = figures_of(PLATFORM) {
        let used = figures.cpu_of(&["gateway"]);
        println!(
            "{:60} {used:6.1}   goal {:4.1}   {}",
            "us of the gateway's CPU a message, on servers",
            40.0,
            verdict(used <= 40.0)
        );
    }
}

/// Of Kannel at the common rate, Kannel on PostgreSQL, ours on servers, ours embedded, ours on servers at half of its best.
pub(crate) fn print_latencies(latencies: &[Latency]) {
    let [kannel, _, servers, _, half] = latencies else {
        return;
    };
    println!();
    for (name, ours, goal) in [
        (
            "submit on the wire at 1,000/s, beside Kannel",
            servers.submit,
            kannel.submit,
        ),
        (
            "submit on the wire at half of our best rate",
            half.submit,
            [5.0, 25.0],
        ),
    ] {
        let [p50, p99] = ours;
        println!(
            "{name:50} p50 {p50:6.1} ms   goal {:6.1}   {}",
            goal[0],
            verdict(p50 <= goal[0])
        );
        println!(
            "{name:50} p99 {p99:6.1} ms   goal {:6.1}   {}",
            goal[1],
            verdict(p99 <= goal[1])
        );
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}
