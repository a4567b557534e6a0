//! What plugins log: marked with who says it and in which hook, bounded in length and rate, and with nothing private in it.

use super::super::bindings::smpp::operator_policy::logging::Level;
use super::Tenant;
use crate::ports::PluginLine;
use serde_json::{Map, Value};
use smpp_domain::policy::said::Private;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Octets of a text, and of all fields together, that are kept.
const LOG_LINE: usize = 1024;
/// Octets of a field's name.
const LOG_NAME: usize = 64;
/// Fields of one log line that are kept.
const LOG_FIELDS: usize = 16;
/// A run of this many digits counts as a phone number.
const NUMBER_DIGITS: usize = 7;

/// A line that a plugin wants written.
pub(in super::super) struct Line {
    level: Level,
    message: String,
    fields: Vec<(String, String)>,
    /// Lines before it that were not written.
    dropped: u32,
}

impl Line {
    /// `None` where the plugin has written too many of late, or somebody hears it who has asked and may see all of it.
    pub(super) fn new(
        tenant: &Tenant,
        hook: &'static str,
        level: Level,
        message: &str,
        fields: &[(String, String)],
    ) -> Option<Self> {
        let line = || PluginLine {
            level: match level {
                Level::Debug => "debug",
                Level::Info => "info",
                Level::Warn => "warn",
                Level::Error => "error",
            },
            hook,
            text: printable(message, LOG_LINE),
            fields: object(bounded(fields)),
        };
        if tenant.hears(line) {
            return None;
        }
        let Some(dropped) = tenant.log.take(crate::clock::now()) else {
            tenant.stats.log_line_dropped();
            return None;
        };
        Some(Self {
            level,
            message: printable(message, LOG_LINE),
            fields: bounded(fields),
            dropped,
        })
    }

    /// Writes it, without what is private in the call in which it was said.
    pub(in super::super) fn write(&self, tenant: &Tenant, hook: &'static str, private: &Private) {
        let (operator, plugin, version) = (&tenant.operator_name, &tenant.plugin, &tenant.version);
        if self.dropped > 0 {
            let (dropped, allowed) = (self.dropped, tenant.log.per_second);
            tracing::warn!(%operator, %plugin, %version, dropped, allowed, "a plugin logs more lines a second than are written");
        }
        let clean = |said: &str| mask_numbers(&private.hide_in(said)).into_owned();
        let text = clean(&self.message);
        let fields = self.fields.iter();
        let fields = object(fields.map(|(name, value)| (clean(name), clean(value))));
        let fields = fields.as_ref().map(tracing::field::display);
        match self.level {
            Level::Debug => tracing::debug!(%operator, %plugin, %version, hook, fields, "plugin: {text}"),
            Level::Info => tracing::info!(%operator, %plugin, %version, hook, fields, "plugin: {text}"),
            Level::Warn => tracing::warn!(%operator, %plugin, %version, hook, fields, "plugin: {text}"),
            Level::Error => tracing::error!(%operator, %plugin, %version, hook, fields, "plugin: {text}"),
        }
    }
}

/// Fields as one JSON object; `None` where there are none.
fn object(fields: impl IntoIterator<Item = (String, String)>) -> Option<Value> {
    let fields = fields.into_iter();
    let object: Map<_, _> = fields.map(|(name, value)| (name, Value::String(value))).collect();
    (!object.is_empty()).then_some(Value::Object(object))
}

/// As many of a plugin's own fields as fit, each printable.
fn bounded(fields: &[(String, String)]) -> Vec<(String, String)> {
    let mut left = LOG_LINE;
    let mut kept = Vec::new();
    for (name, value) in fields.iter().take(LOG_FIELDS) {
        let name = printable(name, LOG_NAME);
        let value = printable(value, left.saturating_sub(name.len()));
        left = left.saturating_sub(name.len() + value.len());
        kept.push((name, value));
        if left == 0 {
            break;
        }
    }
    kept
}

/// Lines a second that one plugin may log for one operator.
#[derive(Debug)]
pub(in super::super) struct LogBudget {
    per_second: u32,
    window: Mutex<LogWindow>,
}

#[derive(Debug, Default)]
struct LogWindow {
    since: Option<Instant>,
    used: u32,
    dropped: u32,
}

impl LogBudget {
    pub(in super::super) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            window: Mutex::default(),
        }
    }

    /// `None`: not this one. Else how many were dropped since the last one that was let through.
    pub(in super::super) fn take(&self, now: Instant) -> Option<u32> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window
            .since
            .is_none_or(|since| now.saturating_duration_since(since) >= Duration::from_secs(1))
        {
            window.since = Some(now);
            window.used = 0;
        }
        if window.used >= self.per_second {
            window.dropped = window.dropped.saturating_add(1);
            return None;
        }
        window.used += 1;
        Some(std::mem::take(&mut window.dropped))
    }
}

/// The text without control characters, cut at a character's end to at most `octets` octets.
pub(in super::super) fn printable(text: &str, octets: usize) -> String {
    let text = text.get(..text.floor_char_boundary(octets)).unwrap_or_default();
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Masks each run of digits that is long enough for a phone number. Logs are no place for those, whatever a plugin
/// thinks of it.
pub(in super::super) fn mask_numbers(text: &str) -> Cow<'_, str> {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    if runs.all(|run| run.len() < NUMBER_DIGITS) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(digits);
        if digits < NUMBER_DIGITS {
            masked.push_str(run);
        } else {
            masked.push_str(&smpp_domain::pdu::masked(run));
        }
        let (other, tail) = tail.split_at(tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len()));
        masked.push_str(other);
        rest = tail;
    }
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests;
