//! One call of the script, as words.

use redis::{Script, ScriptInvocation, from_redis_value};
use smpp_domain::status::Throttling;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("permits.lua")));

/// What a host asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    /// For so many send times. None keeps the host registered.
    Permits(u32),
    /// To pause.
    Throttled {
        /// The last pause was too short.
        still: bool,
        /// What the operator asks for.
        asked: Throttling,
    },
    /// To be forgotten.
    Leave,
}

/// Who asks, and what it knows.
pub(super) struct Caller<'a> {
    pub(super) key: &'a str,
    pub(super) member: &'a str,
    pub(super) limit: u32,
    pub(super) own_share: u32,
    pub(super) lease: Duration,
    /// Server time after which the call must not be carried out.
    pub(super) not_after: u64,
    /// The share that this host holds.
    pub(super) held: u32,
    /// The hosts that it last knew.
    pub(super) hosts: u32,
}

impl Caller<'_> {
    pub(super) fn call(&self, verb: Verb, run_id: &str) -> ScriptInvocation<'static> {
        let (word, want) = match verb {
            Verb::Permits(want) => ("permits", want),
            Verb::Throttled { still, .. } => (if still { "still throttled" } else { "throttled" }, 0),
            Verb::Leave => ("leave", 0),
        };
        let asked = match verb {
            Verb::Throttled { asked, .. } => asked,
            Verb::Permits(_) | Verb::Leave => Throttling::default(),
        };
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut call = SCRIPT.prepare_invoke();
        call.key(self.key)
            .arg(self.member)
            .arg(run_id)
            .arg(word)
            .arg(doubles(&[
                self.not_after,
                want.into(),
                self.limit.into(),
                self.held.into(),
                self.hosts.into(),
                self.own_share.into(),
                micros(self.lease),
                // What a policy asks for beside a report of throttling; 0 is nothing.
                micros(asked.pause.unwrap_or_default()),
                asked.max_rate.map_or(0, NonZeroU32::get).into(),
            ]));
        call
    }
}

/// Numbers as the script reads them: it has no others than doubles anyway.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds since 1970 fit into 53 bits"
)]
fn doubles(numbers: &[u64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| (*number as f64).to_le_bytes())
        .collect()
}

/// Whole numbers that the script wrote.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the script gives whole numbers from 0"
)]
fn numbers(octets: &[u8]) -> Option<Vec<u64>> {
    let (doubles, rest) = octets.as_chunks();
    let numbers = doubles.iter().map(|double| f64::from_le_bytes(*double) as u64);
    rest.is_empty().then(|| numbers.collect())
}

/// What the script answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// Nothing was done: the server's clock is past `not_after`.
    Late {
        /// The server's clock, microseconds.
        now: u64,
    },
    /// The host is forgotten.
    Left,
    /// The host is registered.
    Present(Present),
}

/// The state of the operator, and what was given out. Server times are in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Present {
    pub(super) now: u64,
    pub(super) count: u32,
    pub(super) first: u64,
    pub(super) spacing: Duration,
    /// With a count of 0: when to ask again, from `now` on.
    pub(super) wait: Duration,
    pub(super) share: u32,
    pub(super) hosts: u32,
    /// Thousandths a second.
    pub(super) rate: u32,
    /// What is left of a pause.
    pub(super) pause: Duration,
}

impl redis::FromRedisValue for Answer {
    fn from_redis_value(value: redis::Value) -> Result<Self, redis::ParsingError> {
        let octets: Vec<u8> = from_redis_value(value)?;
        let numbers = numbers(&octets).ok_or_else(|| format!("{octets:?} is no answer of the script"))?;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        match numbers.as_slice() {
            [0, now] => Ok(Self::Late { now: *now }),
            [1, _] => Ok(Self::Left),
            [2, now, count, first, spacing, wait, share, hosts, rate, pause] => Ok(Self::Present(Present {
                now: *now,
                count: small(*count),
                first: *first,
                spacing: Duration::from_nanos(*spacing),
                wait: Duration::from_micros(*wait),
                share: small(*share),
                hosts: small(*hosts),
                rate: small(*rate),
                pause: Duration::from_micros(*pause),
            })),
            _ => Err(format!("{numbers:?} is no answer of the script").into()),
        }
    }
}
