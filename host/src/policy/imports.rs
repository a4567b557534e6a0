//! What a plugin may call: who it works for, the time of the call, a bounded log, counters, and the alphabet tables.
//! Nothing else is linked.

mod log;
mod tenant;

pub(super) use log::{Line, LogBudget, mask_numbers, printable};
pub(super) use tenant::Tenant;

use super::bindings::smpp::operator_policy::{call_context, charset, logging, metrics, types};
use super::bindings::smpp::pdu;
use super::limits::Bounds;
use smpp_domain::encoding::gsm7_septets;
use smpp_domain::policy::said::Private;
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker, Resource};

/// What a store holds besides the guest.
pub(super) struct Ctx {
    pub(super) limits: Bounds,
    /// Which hook is asked, for the log.
    pub(super) hook: &'static str,
    /// Epochs that the running call has left.
    pub(super) ticks_left: u32,
    /// Fixed for a call's whole length, once the plugin has asked: most never do.
    pub(super) now_ms: Option<u64>,
    pub(super) tenant: Arc<Tenant>,
    /// What the running call has logged, to be written when it is over. There are no more than the log's budget allows.
    pub(super) lines: Vec<Line>,
}

/// Stands for a hook while a plugin is looked at.
pub(super) const ADMISSION: &str = "admission";

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
        self.tenant.settings.to_string()
    }
}

impl logging::Host for Ctx {
    fn log(&mut self, level: logging::Level, message: String, fields: Vec<(String, String)>) {
        let Some(line) = Line::new(&self.tenant, self.hook, level, &message, &fields) else {
            return;
        };
        match self.hook {
            // Nobody's message is at hand.
            ADMISSION => line.write(&self.tenant, self.hook, &Private::default()),
            _ => self.lines.push(line),
        }
    }
}

impl metrics::Host for Ctx {
    fn add(&mut self, counter: String, amount: u64) {
        self.tenant.add(&counter, amount);
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
