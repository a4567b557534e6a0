//! Takes times, and prints them.

use anyhow::Result;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Batches of each figure.
const BATCHES: u32 = 10;

/// Takes times.
pub(crate) struct Meter {
    /// Length of one batch.
    pub(crate) batch: Duration,
    /// Rows whose names do not contain this are left out.
    pub(crate) only: String,
}

impl Meter {
    /// Prints the cost of one call. A call that fails would be cheap, so it ends the benchmark.
    pub(crate) fn row<T, E>(&self, name: &str, mut call: impl FnMut() -> Result<T, E>) -> Result<()>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        if !name.contains(&self.only) {
            return Ok(());
        }
        let mut nanos = Vec::new();
        // The first batch warms up.
        for batch in 0..=BATCHES {
            let (started, mut calls) = (Instant::now(), 0_u32);
            while started.elapsed() < self.batch {
                for _ in 0..20 {
                    drop(black_box(call()?));
                }
                calls += 20;
            }
            if batch > 0 {
                nanos.push(started.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
            }
        }
        let (started, mut single) = (Instant::now(), Vec::new());
        while started.elapsed() < 2 * self.batch || single.len() < 100 {
            let before = Instant::now();
            drop(black_box(call()?));
            single.push(before.elapsed().as_secs_f64() * 1e9);
        }
        println!(
            "{name:66} {:>9.0} {:>8} {:>8.0} {:>8.0}",
            at(&mut nanos, 50),
            format!("({:.0})", at(&mut nanos, 0)),
            at(&mut single, 50),
            at(&mut single, 99)
        );
        Ok(())
    }
}

/// The figure that so many of a hundred are below.
fn at(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures
        .get(figures.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}
