//! One version of a plugin, at work for one operator.
//!
//! An instance is one store: a trap poisons the whole store, so it costs exactly that instance. Instances wait in a
//! small pool between calls; a call takes one out and has it for itself.

mod calls;
mod recorded;

use super::bindings::smpp::operator_policy::types;
use super::breaker::{Admission, Breaker, Ended};
use super::convert;
use super::hooks::Guests;
use super::imports::{ADMISSION, Ctx, LogBudget, Tenant};
use super::limits::{Limits, ticks};
use super::load::Compiled;
use super::stats::PolicyStats;
use super::tally::Tally;
use smpp_domain::policy::said::Private;
use smpp_domain::policy::{Fault, FaultCause, Hook, PolicyIdentity};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::{Store, Trap, UpdateDeadline};

/// Lines a second about failing calls of one plugin.
const FAILURE_LINES: u32 = 5;

/// One instance with everything that a call needs.
pub(super) struct Slot {
    pub(super) store: Store<Ctx>,
    pub(super) guests: Guests,
    calls: u32,
}

/// Why there is no instance.
pub(super) enum SlotError {
    /// A hook has another type than the contract's.
    Hook(Hook, wasmtime::Error),
    /// It does not start.
    Start(wasmtime::Error),
}

impl Slot {
    /// Gives the next call its time and its budget.
    pub(super) fn arm(&mut self, budget: Duration) {
        arm(&mut self.store, ticks(budget));
    }
}

fn arm(store: &mut Store<Ctx>, ticks: u32) {
    let ctx = store.data_mut();
    ctx.ticks_left = ticks;
    ctx.now_ms = None;
    store.set_epoch_deadline(1);
}

/// A loaded plugin. Dropped with its last user: a call in flight keeps the version that it began with.
pub(super) struct Plugin {
    /// Over bytes, settings, limits and contract: equal keys behave equally.
    pub(super) key: String,
    pub(super) identity: Arc<PolicyIdentity>,
    pub(super) compiled: Arc<Compiled>,
    /// What it has done since it became active.
    pub(super) tally: Tally,
    pub(super) tenant: Arc<Tenant>,
    pub(super) limits: Limits,
    /// The most linear memory that an instance has had.
    memory: Arc<AtomicUsize>,
    /// Of one call: dividing times is as dear as looking at a clock.
    call_ticks: u32,
    idle: Mutex<Vec<Slot>>,
    max_idle: usize,
    /// What `call-context.now-ms` says, where that is not the clock's business: a recorded call has its own time.
    recorded_now: Option<AtomicU64>,
    breakers: BTreeMap<Hook, Breaker>,
    failure_log: LogBudget,
}

impl Plugin {
    pub(super) fn new(key: String, compiled: Arc<Compiled>, tenant: Tenant, limits: Limits) -> Self {
        let identity = PolicyIdentity {
            plugin: tenant.plugin.clone(),
            version: tenant.version.clone(),
            sha256: compiled.sha256.clone(),
        };
        Self {
            key,
            identity: Arc::new(identity),
            breakers: compiled
                .hooks
                .iter()
                .map(|hook| (*hook, Breaker::default()))
                .collect(),
            compiled,
            tally: Tally::default(),
            tenant: Arc::new(tenant),
            call_ticks: ticks(limits.call_deadline),
            limits,
            memory: Arc::default(),
            idle: Mutex::default(),
            max_idle: std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1,
            recorded_now: None,
            failure_log: LogBudget::new(FAILURE_LINES),
        }
    }

    /// The same version with a clean record, counted under these: what was tried becomes what counts.
    pub(super) fn afresh(&self, stats: &Arc<PolicyStats>) -> Self {
        let tenant = self.tenant.with(Arc::clone(stats), self.limits.log_calls_per_sec);
        let fresh = Self::new(
            self.key.clone(),
            Arc::clone(&self.compiled),
            tenant,
            self.limits.clone(),
        );
        // Instances look at their tenant: those of the trial cannot be taken over. One is made now, the rest on demand.
        if let Ok(slot) = fresh.new_slot() {
            fresh.park(slot);
        }
        fresh
    }

    /// The same version for a preview: it counts nothing where it matters, and its lines go to whoever asks. Other settings make
    /// it another version, which has no key.
    pub(super) fn beside(&self, settings: Option<String>) -> Self {
        let key = if settings.is_some() {
            String::new()
        } else {
            self.key.clone()
        };
        let tenant = self.tenant.beside(settings);
        Self::new(key, Arc::clone(&self.compiled), tenant, self.limits.clone())
    }

    /// An instance that the next call may have.
    pub(super) fn park(&self, slot: Slot) {
        let mut idle = self.idle();
        if idle.len() < self.max_idle {
            idle.push(slot);
        }
    }

    /// It is kept, and not asked for a while: one instance is enough.
    pub(super) fn rest(&self) {
        self.idle().truncate(1);
    }

    /// The settings that it works with: a JSON document.
    pub(super) fn settings(&self) -> &Arc<str> {
        &self.tenant.settings
    }

    pub(super) fn breaker_open(&self, hook: Hook) -> bool {
        let now = crate::clock::now();
        self.breakers
            .get(&hook)
            .is_some_and(|breaker| breaker.open_for(now).is_some())
    }

    /// The most linear memory that an instance of it has had, in octets.
    pub(super) fn memory(&self) -> usize {
        self.memory.load(Relaxed)
    }

    /// Makes an instance, with the real limits.
    pub(super) fn new_slot(&self) -> Result<Slot, SlotError> {
        let ctx = Ctx {
            limits: self.limits.store(&self.memory),
            hook: ADMISSION,
            ticks_left: 0,
            now_ms: None,
            tenant: Arc::clone(&self.tenant),
            lines: Vec::new(),
        };
        let mut store = Store::new(self.compiled.pre.engine(), ctx);
        store.limiter(|ctx| &mut ctx.limits);
        store.set_hostcall_fuel(self.limits.answer_bytes);
        // Called at most once a tick, and only while the guest runs: so it counts the guest's time, not the time in
        // which the machine was busy with others.
        store.epoch_deadline_callback(|mut ctx| {
            let ctx = ctx.data_mut();
            ctx.ticks_left = ctx.ticks_left.saturating_sub(1);
            Ok(if ctx.ticks_left == 0 {
                UpdateDeadline::Interrupt
            } else {
                UpdateDeadline::Continue(1)
            })
        });
        arm(&mut store, ticks(self.limits.start_deadline));
        let instance = self
            .compiled
            .pre
            .instantiate(&mut store)
            .map_err(SlotError::Start)?;
        let guests = self.compiled.indices.load(&mut store, &instance);
        let guests = guests.map_err(|(hook, error)| SlotError::Hook(hook, error))?;
        Ok(Slot {
            store,
            guests,
            calls: 0,
        })
    }

    /// Asks a hook that the plugin has. `Ok(None)` is no opinion.
    fn ask<A, T>(
        &self,
        hook: Hook,
        private: impl Fn() -> Private,
        call: impl FnOnce(&mut Slot) -> Option<wasmtime::Result<Result<A, types::Fault>>>,
        read: impl FnOnce(A) -> Result<Option<T>, String>,
    ) -> Result<Option<T>, Fault> {
        let started = crate::clock::now();
        let breaker = self.breakers.get(&hook);
        let admission = breaker.map_or(Admission::Call, |breaker| breaker.admit(started));
        if let Admission::Refused(left) = admission {
            let text = format!(
                "it failed too often and is asked again in {} s",
                left.as_secs() + 1
            );
            self.tally.not_asked();
            return Err(self.fault(hook, FaultCause::BreakerOpen, text));
        }
        let begun = self.tally.begin();
        let answer = self.call(hook, &private, call).and_then(|answer| match answer {
            Some(Ok(answer)) => read(answer).map_err(|text| (FaultCause::BadAnswer, text)),
            Some(Err(fault)) => Err(convert::fault(&fault)),
            None => Ok(None),
        });
        let answer = answer.map_err(|(cause, text)| (cause, private().hide_in(&text)));
        self.tally.called(begun);
        let now = crate::clock::now();
        let took = now.saturating_duration_since(started);
        self.tenant.stats.called(hook, took);
        let ended = match &answer {
            Ok(_) => Ended::Well,
            // Taking all memory that there is takes as long.
            Err((FaultCause::Timeout | FaultCause::Limit, _)) => Ended::TimedOut,
            Err((cause, _)) if cause.repeats() => Ended::Failed,
            // A plugin may say "I do not know" as often as it likes.
            Err(_) => Ended::Well,
        };
        if let Some(length) = breaker.and_then(|breaker| breaker.ended(now, admission, ended)) {
            self.note_open(hook, length, answer.as_ref().err());
        }
        match answer {
            Ok(None) => {
                self.tenant.stats.host_default(hook);
                Ok(None)
            }
            Ok(answer) => Ok(answer),
            Err((cause, text)) => Err(self.fault(hook, cause, text)),
        }
    }

    /// Counts it, and keeps for people what is no mere repetition.
    fn fault(&self, hook: Hook, cause: FaultCause, text: String) -> Fault {
        self.tenant.stats.fault(hook, cause);
        if cause != FaultCause::BreakerOpen {
            let sha256 = &self.identity.sha256;
            self.tenant.stats.faulted(hook, cause, &text, sha256);
            self.tally.fault(cause);
        }
        Fault { hook, cause, text }
    }

    /// Runs one call on an instance. The instance lives on only if nothing went wrong inside it.
    fn call<A>(
        &self,
        hook: Hook,
        private: &impl Fn() -> Private,
        call: impl FnOnce(&mut Slot) -> Option<wasmtime::Result<A>>,
    ) -> Result<Option<A>, (FaultCause, String)> {
        let idle = self.idle().pop();
        let mut slot = match idle {
            Some(slot) => slot,
            None => self.new_slot().map_err(|error| match error {
                SlotError::Hook(_, error) | SlotError::Start(error) => self.classify(&error),
            })?,
        };
        arm(&mut slot.store, self.call_ticks);
        slot.store.data_mut().hook = hook.name();
        self.set_back(&mut slot);
        let answer = call(&mut slot).transpose();
        let lines = std::mem::take(&mut slot.store.data_mut().lines);
        if !lines.is_empty() {
            let private = private();
            lines
                .iter()
                .for_each(|line| line.write(&self.tenant, hook.name(), &private));
        }
        let answer = answer.map_err(|error| self.classify(&error))?;
        slot.calls += 1;
        if slot.calls < self.limits.calls_per_instance {
            self.park(slot);
        }
        Ok(answer)
    }

    /// What kind of failure this is. The guest's backtrace goes to the log.
    pub(super) fn classify(&self, error: &wasmtime::Error) -> (FaultCause, String) {
        if self.failure_log.take(crate::clock::now()).is_some() {
            let Tenant {
                operator_name: operator,
                plugin,
                version,
                ..
            } = &*self.tenant;
            let trace = super::trace::of(error);
            tracing::warn!(%operator, %plugin, %version, trace, "a policy call failed inside the plugin");
        }
        classify(error, &self.limits)
    }

    fn note_open(&self, hook: Hook, length: Duration, last: Option<&(FaultCause, String)>) {
        let Tenant {
            operator_name: operator,
            plugin,
            version,
            ..
        } = &*self.tenant;
        let (cause, text) = last.map_or(("", ""), |(cause, text)| (cause.name(), text.as_str()));
        tracing::error!(%operator, %plugin, %version, %hook, cause, text, ?length, "a policy hook fails too often: it is not asked for a while");
    }

    /// The hooks that are not asked at present, because they failed too often.
    pub(super) fn open_breakers(&self) -> impl Iterator<Item = Hook> {
        let now = crate::clock::now();
        let open = move |breaker: &Breaker| breaker.open_for(now).is_some();
        self.breakers
            .iter()
            .filter_map(move |(hook, breaker)| open(breaker).then_some(*hook))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn classify(error: &wasmtime::Error, limits: &Limits) -> (FaultCause, String) {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        if *trap == Trap::Interrupt {
            return (
                FaultCause::Timeout,
                format!("it ran longer than {} ms", limits.call_deadline.as_millis()),
            );
        }
        return (FaultCause::Trap, trap.to_string());
    }
    let text = error.root_cause().to_string();
    // wasmtime gives these no type of their own.
    if text.contains("fuel allocated for hostcalls") {
        return (
            FaultCause::Limit,
            format!("it answered more than {} octets", limits.answer_bytes),
        );
    }
    if text.contains("forcing trap when growing memory") || text.contains("exceeds memory limits") {
        return (
            FaultCause::Limit,
            format!("it wanted more than {} octets of memory", limits.memory_bytes),
        );
    }
    (FaultCause::Trap, text)
}
