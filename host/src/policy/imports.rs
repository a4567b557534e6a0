//! What a plugin may call: who it works for, the time of the call, a bounded log, counters, and the alphabet tables.
//! Nothing else is linked.

use super::bindings::smpp::operator_policy::{call_context, charset, logging, metrics, types};
use super::bindings::smpp::pdu;
use super::stats::PolicyStats;
use smpp_domain::encoding::gsm7_septets;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::StoreLimits;
use wasmtime::component::{HasSelf, Linker, Resource};

/// Octets of one log line of a plugin that are kept, its fields included.
const LOG_LINE: usize = 1024;
/// Fields of one log line that are kept.
const LOG_FIELDS: usize = 16;
/// A run of this many digits counts as a phone number.
const NUMBER_DIGITS: usize = 7;

/// What a store holds besides the guest.
pub(super) struct Ctx {
    pub(super) limits: StoreLimits,
    /// Epochs that the running call has left.
    pub(super) ticks_left: u32,
    /// Fixed for a call's whole length, once the plugin has asked: most never do.
    pub(super) now_ms: Option<u64>,
    pub(super) tenant: Arc<Tenant>,
}

/// For whom a plugin works. Shared by its instances.
#[derive(Debug)]
pub(super) struct Tenant {
    /// The operator's id.
    pub(super) operator: String,
    pub(super) operator_name: String,
    /// A JSON document.
    pub(super) settings: String,
    pub(super) plugin: String,
    pub(super) version: String,
    pub(super) log: LogBudget,
    pub(super) stats: Arc<PolicyStats>,
}

impl Tenant {
    /// The same one, counted elsewhere.
    pub(super) fn with(&self, stats: Arc<PolicyStats>, log_calls_per_sec: u32) -> Self {
        Self {
            operator: self.operator.clone(),
            operator_name: self.operator_name.clone(),
            settings: self.settings.clone(),
            plugin: self.plugin.clone(),
            version: self.version.clone(),
            log: LogBudget::new(log_calls_per_sec),
            stats,
        }
    }
}

/// Links everything that a plugin may import.
pub(super) fn add_to(linker: &mut Linker<Ctx>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)?;
    pdu::types::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)?;
    call_context::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)?;
    logging::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)?;
    metrics::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)?;
    charset::add_to_linker::<_, HasSelf<Ctx>>(linker, |ctx| ctx)
}

impl pdu::types::Host for Ctx {}
impl types::Host for Ctx {}

impl call_context::Host for Ctx {
    fn operator(&mut self) -> String {
        self.tenant.operator.clone()
    }

    fn now_ms(&mut self) -> u64 {
        *self.now_ms.get_or_insert_with(|| {
            u64::try_from(crate::clock::utc_now().timestamp_millis()).unwrap_or_default()
        })
    }

    fn settings(&mut self) -> String {
        self.tenant.settings.clone()
    }
}

impl logging::Host for Ctx {
    fn log(&mut self, level: logging::Level, message: String, fields: Vec<(String, String)>) {
        let tenant = &self.tenant;
        let Some(dropped) = tenant.log.take(crate::clock::now()) else {
            tenant.stats.log_line_dropped();
            return;
        };
        let line = line(&message, &fields);
        let (operator, plugin, version) = (&tenant.operator_name, &tenant.plugin, &tenant.version);
        match level {
            logging::Level::Debug => {
                tracing::debug!(%operator, %plugin, %version, dropped, line, "plugin log")
            }
            logging::Level::Info => tracing::info!(%operator, %plugin, %version, dropped, line, "plugin log"),
            logging::Level::Warn => tracing::warn!(%operator, %plugin, %version, dropped, line, "plugin log"),
            logging::Level::Error => {
                tracing::error!(%operator, %plugin, %version, dropped, line, "plugin log")
            }
        }
    }
}

impl metrics::Host for Ctx {
    /// No manifest of this contract version can declare a counter: each addition is dropped, and counted as that.
    fn add(&mut self, _counter: String, _amount: u64) {
        self.tenant.stats.metric_dropped();
    }
}

impl charset::Host for Ctx {
    fn gsm7_septets(&mut self, text: String) -> Option<u32> {
        gsm7_septets(&text).and_then(|septets| u32::try_from(septets).ok())
    }
}

// No guest can hold one of these: this version gives no way to make one.
impl types::HostExtraEncoding for Ctx {
    fn drop(&mut self, _: Resource<types::ExtraEncoding>) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl types::HostExtraSplitting for Ctx {
    fn drop(&mut self, _: Resource<types::ExtraSplitting>) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl types::HostExtraSubmit for Ctx {
    fn drop(&mut self, _: Resource<types::ExtraSubmit>) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl types::HostExtraResult for Ctx {
    fn drop(&mut self, _: Resource<types::ExtraResult>) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl types::HostExtraInbound for Ctx {
    fn drop(&mut self, _: Resource<types::ExtraInbound>) -> wasmtime::Result<()> {
        Ok(())
    }
}

/// Lines a second that one plugin may log for one operator.
#[derive(Debug)]
pub(super) struct LogBudget {
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
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            window: Mutex::default(),
        }
    }

    /// `None`: not this one. Else how many were dropped since the last one that was let through.
    pub(super) fn take(&self, now: Instant) -> Option<u32> {
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

/// One log line: bounded, without control characters, phone numbers masked.
fn line(message: &str, fields: &[(String, String)]) -> String {
    let mut line = message.to_owned();
    for (name, value) in fields.iter().take(LOG_FIELDS) {
        line.push(' ');
        line.push_str(name);
        line.push('=');
        line.push_str(value);
        if line.len() > LOG_LINE {
            break;
        }
    }
    mask_numbers(&printable(&line, LOG_LINE)).into_owned()
}

/// The text without control characters, cut at a character's end to at most `octets` octets.
pub(super) fn printable(text: &str, octets: usize) -> String {
    let text = text.get(..text.floor_char_boundary(octets)).unwrap_or_default();
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Masks each run of digits that is long enough for a phone number. Logs are no place for those, whatever a plugin
/// thinks of it.
pub(super) fn mask_numbers(text: &str) -> Cow<'_, str> {
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
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_bounded_and_masked() {
        let fields = [
            ("to".to_owned(), "+4915112345678".to_owned()),
            ("part".to_owned(), "2\nof 3".to_owned()),
        ];
        assert_eq!(line("sent", &fields), "sent to=+***********78 part=2 of 3");
        assert_eq!(line(&"ä".repeat(9_999), &[]).len(), LOG_LINE);
    }

    #[test]
    fn numbers_are_masked_wherever_they_stand() {
        assert_eq!(
            mask_numbers("id 123456, to 4915112345678."),
            "id 123456, to ***********78."
        );
        assert_eq!(mask_numbers("1234567"), "*****67");
        assert_eq!(mask_numbers("status 88"), "status 88");
    }

    #[test]
    fn the_log_budget_refills_each_second_and_tells_what_was_lost() {
        let (budget, t) = (LogBudget::new(2), crate::clock::now());
        assert_eq!(
            [budget.take(t), budget.take(t), budget.take(t), budget.take(t)],
            [Some(0), Some(0), None, None]
        );
        assert_eq!(budget.take(t + Duration::from_secs(1)), Some(2));
        assert_eq!(budget.take(t + Duration::from_secs(1)), Some(0));
        assert_eq!(budget.take(t + Duration::from_millis(1_500)), None);
    }
}
