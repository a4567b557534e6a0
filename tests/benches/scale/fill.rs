//! Stores that hold what millions of messages have left: rows as the gateway writes them, made by the database itself.
//!
//! Row n has an id of the operator's that is neither its neighbour's nor one of the messages that come after, scattered as these are:
//! so new keys fall between all the old ones.

mod postgres;
mod sqlite;

pub(crate) use postgres::{a_day_that_is_over, days_that_live, is_there};
pub(crate) use sqlite::{over, three_days};

use anyhow::{Result, ensure};
use smpp_connector_tests::load::{SCATTER, scattered};

/// Octets of an outcome's event.
const EVENT: usize = 420;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The key of row `n` in SQL, which both databases read alike.
fn key() -> String {
    format!("(2147483648 + (n * {SCATTER}) % 2147483648)")
}

/// A key of SQL's is one of the simulated operator's.
fn agrees(row: u64, key: &str) -> Result<()> {
    ensure!(key == scattered(row).to_string(), "row {row} has the key {key}");
    Ok(())
}
