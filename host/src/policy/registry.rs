//! One slot an operator: the active version, and the one before it.

use super::error::Stage;
use super::host::OperatorPolicyConfig;
use super::plugin::Plugin;
use super::stats::PolicyStats;
use super::verdict::{Decision, OperatorVerdict};
use crate::ports::{Policy, PolicySource};
use arc_swap::ArcSwapOption;
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{
    EncodingAnswer, Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
    SubmitAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::Verdict;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The policy of one operator. Messages that are under way keep the version that they were given.
pub struct OperatorPolicy {
    pub(super) config: OperatorPolicyConfig,
    /// The settings as the plugin gets them.
    pub(super) settings: String,
    active: ArcSwapOption<Plugin>,
    /// Counts the versions that became active.
    versions: watch::Sender<u64>,
    previous: Mutex<Option<Arc<Plugin>>>,
    last: Mutex<Option<Finding>>,
    stats: Arc<PolicyStats>,
}

/// What was last decided for one operator.
#[derive(Clone)]
pub(super) struct Finding {
    pub(super) decision: Decision,
    pub(super) stage: Stage,
    pub(super) reason: Option<String>,
}

impl OperatorPolicy {
    pub(super) fn new(config: OperatorPolicyConfig) -> Self {
        Self {
            settings: config.settings.to_string(),
            config,
            active: ArcSwapOption::empty(),
            versions: watch::Sender::default(),
            previous: Mutex::default(),
            last: Mutex::default(),
            stats: Arc::default(),
        }
    }

    /// Counters over all versions.
    #[must_use]
    pub fn stats(&self) -> &Arc<PolicyStats> {
        &self.stats
    }

    /// What it was loaded with.
    #[must_use]
    pub fn config(&self) -> &OperatorPolicyConfig {
        &self.config
    }

    /// The active version; `None` is the built-in behaviour.
    #[must_use]
    pub fn active(&self) -> Option<Arc<PolicyIdentity>> {
        self.active
            .load()
            .as_ref()
            .map(|plugin| Arc::clone(&plugin.identity))
    }

    /// The version before it. It comes back at once when its file does.
    #[must_use]
    pub fn previous(&self) -> Option<Arc<PolicyIdentity>> {
        self.warm().map(|plugin| Arc::clone(&plugin.identity))
    }

    /// The hooks of the active version that are not asked at present, because they failed too often.
    #[must_use]
    pub fn open_breakers(&self) -> Vec<Hook> {
        let active = self.active.load();
        active.iter().flat_map(|plugin| plugin.open_breakers()).collect()
    }

    pub(super) fn running(&self) -> Option<Arc<Plugin>> {
        self.active.load_full()
    }

    pub(super) fn warm(&self) -> Option<Arc<Plugin>> {
        self.previous
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Makes this version the active one; returns the one that was.
    pub(super) fn activate(&self, plugin: Arc<Plugin>) -> Option<Arc<Plugin>> {
        let compile_ms = plugin.compiled.compile_ms;
        let before = self.active.swap(Some(plugin));
        if before.is_some() {
            self.previous
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone_from(&before);
        }
        self.versions.send_modify(|versions| *versions += 1);
        self.stats.activated(compile_ms);
        before
    }

    /// Remembers a decision. False when the same one was remembered already.
    pub(super) fn found(&self, finding: Finding) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let news = last
            .as_ref()
            .is_none_or(|last| last.decision != finding.decision || last.reason != finding.reason);
        *last = Some(finding);
        news
    }

    pub(super) fn stage(&self) -> Option<Stage> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|finding| finding.stage)
    }

    /// This operator's part of the verdict on its file.
    pub(super) fn verdict(&self) -> OperatorVerdict {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        OperatorVerdict {
            id: self.config.operator_id,
            name: self.config.operator_name.clone(),
            verdict: last
                .as_ref()
                .map_or(Decision::Unchanged, |finding| finding.decision),
            reason: last.and_then(|finding| finding.reason),
            active_sha256: self.active().map(|identity| identity.sha256.clone()),
        }
    }
}

impl std::fmt::Debug for OperatorPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorPolicy")
            .field("operator", &self.config.operator_name)
            .field("file", &self.config.file)
            .field("active", &self.active())
            .finish_non_exhaustive()
    }
}

impl PolicySource for OperatorPolicy {
    fn current(&self) -> Arc<dyn Policy> {
        match self.active.load_full() {
            Some(plugin) => plugin,
            None => Arc::new(BuiltIn),
        }
    }

    fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }
}

/// The policy of operators without a plugin: no opinion on anything.
#[must_use]
pub fn built_in() -> Arc<dyn PolicySource> {
    Arc::new(BuiltIn)
}

#[derive(Clone, Copy, Debug)]
struct BuiltIn;

impl PolicySource for BuiltIn {
    fn current(&self) -> Arc<dyn Policy> {
        Arc::new(Self)
    }

    fn versions(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
}

impl Policy for BuiltIn {
    fn identity(&self) -> Option<&Arc<PolicyIdentity>> {
        None
    }

    fn has(&self, _: Hook) -> bool {
        false
    }

    fn encoding(&self, _: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        Ok(EncodingAnswer::HostDefault)
    }

    fn splitting(&self, _: &OutboundMessage, _: u8, _: u32) -> Result<SplittingAnswer, Fault> {
        Ok(SplittingAnswer::HostDefault)
    }

    fn submit(&self, _: &OutboundMessage, _: &SubmitSmPdu, _: PartPlace) -> Result<SubmitAnswer, Fault> {
        Ok(SubmitAnswer::HostDefault)
    }

    fn submit_result(&self, _: &SubmitResponse, _: u32) -> Result<Option<Verdict>, Fault> {
        Ok(None)
    }

    fn message_key(&self, _: &str, _: IdOrigin) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    fn inbound(&self, _: &DeliverSmPdu, _: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault> {
        Ok(InboundAnswer::HostDefault)
    }
}
