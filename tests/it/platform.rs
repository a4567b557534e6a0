//! The delivery promise on NATS, PostgreSQL and Redis: real servers, real kills, several hosts, told by an observer on NATS.
//!
//! These stories take the machine for themselves, one after the other. They run at a size that fits a test run; with
//! `SMPP_STORIES=full` at the size that the promise was made for.
#![cfg(test)]

mod configuration;
mod flood;
mod harm;
mod hosts;
mod kills;
mod ledger;
mod leftovers;
pub(crate) mod pace;
mod pause;
mod receipts;
mod segments;
mod traces;
mod traffic;
mod twins;

use crate::process::BINARY;
use smpp_connector_tests::{Operator, Platform};
use smsc_sim::Smsc;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by the story that runs.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(crate) fn my_turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much of it: as in every test run, or with `SMPP_STORIES=full`.
pub(crate) fn size<T>(usual: T, full: T) -> T {
    if std::env::var("SMPP_STORIES").is_ok_and(|size| size == "full") {
        full
    } else {
        usual
    }
}

/// An operator whose lost answers are noticed soon, and whose receipts may come late.
fn operator(smsc: &Smsc) -> Operator {
    Operator::at(smsc.addr())
        .session("window", "20")
        .session("response_timeout", "\"5s\"")
        .set("unmatched_after", "\"1h\"")
}

/// Binds that are up, over all hosts.
fn until_bound(platform: &Platform, smsc: &Smsc, binds: u64) {
    platform.seen(smsc, |seen| seen.bound == binds);
}
