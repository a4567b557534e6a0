//! The policy plugins as people see them, and what they may order: versions, candidates, rollbacks.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::Hook;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// One operator's policy: what runs, what ran, what waits, and how it does.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// By name.
    pub operator: String,
    /// By id.
    pub operator_id: OperatorId,
    /// As configured; `null` is the built-in behaviour.
    pub file: Option<PathBuf>,
    /// Of what lies there now.
    pub file_sha256: Option<String>,
    /// The last step that was taken.
    pub stage: String,
    /// What was last decided.
    pub verdict: String,
    /// Why, in words.
    pub reason: Option<String>,
    /// What decides about new messages; `null` is the built-in behaviour.
    pub active: Option<VersionView>,
    /// What ran before, latest first. Each can be had back at once.
    pub previous: Vec<VersionView>,
    /// What runs beside the active version, or waits for a decision.
    pub candidate: Option<CandidateView>,
    /// Each hook that was called.
    pub hooks: Vec<HookView>,
    /// The latest calls without a usable answer, newest first.
    pub last_faults: Vec<FaultView>,
    /// What the plugin counts.
    pub counters: BTreeMap<String, u64>,
}

/// One version of a policy: content, settings and limits.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// Hash over everything that makes it behave as it does.
    pub key: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// As its manifest says.
    pub version: String,
    /// Of the file.
    pub sha256: String,
    /// The SDK that it was built with.
    pub sdk: String,
    /// The contract that it was built for.
    pub contract: String,
    /// Exported.
    pub hooks: Vec<Hook>,
    /// As it gets them.
    pub settings: serde_json::Value,
    /// When it came to be where it is.
    pub since: DateTime<Utc>,
    /// It was taken back: `rollback` passes over it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rolled_back: bool,
}

/// A version that is tried on live traffic.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateView {
    /// Which.
    #[serde(flatten)]
    pub version: VersionView,
    /// `shadow` while it is asked, `ready` when it waits for `promote` or `discard`.
    pub stage: &'static str,
    /// When it is decided about at the latest.
    pub until: Option<DateTime<Utc>>,
    /// Questions that it was asked.
    pub calls: u64,
    /// After so many it is decided about.
    pub calls_wanted: Option<u64>,
    /// Whether it becomes active by itself.
    pub promote: bool,
    /// Answers like those of the active version.
    pub same: u64,
    /// Other answers.
    pub different: u64,
    /// No usable answers.
    pub faults: u64,
    /// Examples of other answers, redacted.
    pub differences: Vec<DifferenceView>,
    /// How long both take.
    pub latency: ShadowLatency,
}

/// One way in which a candidate's answers differ.
#[derive(Clone, Debug, Serialize)]
pub struct DifferenceView {
    /// Of which hook.
    pub hook: Hook,
    /// How often just this was seen, whatever was asked.
    pub count: u64,
    /// The fields of the decision that differ, as they are shown; none where they differ in what is redacted alone.
    pub fields: Vec<FieldDifference>,
    /// What was asked, and both answers. Nothing private is in it.
    pub example: DifferenceExample,
}

/// A field of a decision that is not the same.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldDifference {
    /// JSON Pointer into the answer; empty for the whole. TLVs stand under their tags, as in `/send/tlvs/0x1400/value`.
    pub path: String,
    /// What counted; `null` where the field is not there.
    pub active: Option<serde_json::Value>,
    /// What would have counted.
    pub candidate: Option<serde_json::Value>,
}

/// A question with two answers.
#[derive(Clone, Debug, Serialize)]
pub struct DifferenceExample {
    /// Redacted.
    pub question: serde_json::Value,
    /// What counted.
    pub active: serde_json::Value,
    /// What would have counted.
    pub candidate: serde_json::Value,
}

/// Of the questions that both were asked.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowLatency {
    /// 99 of 100 calls of the active version took no longer, in microseconds.
    pub active_p99_us: u64,
    /// The same of the candidate.
    pub candidate_p99_us: u64,
}

/// What a hook did, over all versions since the start.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookView {
    /// Which.
    pub hook: Hook,
    /// Calls into the plugin.
    pub calls: u64,
    /// Calls that were answered with "no opinion".
    pub host_default: u64,
    /// Calls without a usable answer, by cause.
    pub faults: BTreeMap<&'static str, u64>,
    /// It failed too often and is not asked at present.
    pub breaker_open: bool,
    /// The middle of the calls' durations, in microseconds.
    pub p50_us: u64,
    /// 99 of 100 calls took no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

/// A call without a usable answer.
#[derive(Clone, Debug, Serialize)]
pub struct FaultView {
    /// When.
    pub at: DateTime<Utc>,
    /// Of which hook.
    pub hook: Hook,
    /// Class.
    pub cause: &'static str,
    /// For people.
    pub text: String,
    /// Of the plugin's file.
    pub sha256: String,
}

/// What became of a version, or of a try to make one active.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadView {
    /// When.
    pub at: DateTime<Utc>,
    /// By name.
    pub operator: String,
    /// By id.
    pub operator_id: OperatorId,
    /// What brought it about: `start`, `file`, `settings`, `api`, `shadow` or `budget`.
    pub who: &'static str,
    /// The sha256 that ran before; `null` is the built-in behaviour.
    pub from: Option<String>,
    /// The sha256 that it is about.
    pub to: Option<String>,
    /// `active`, `refused`, `shadow`, `ready`, `discarded`, `superseded` or `rolled-back`.
    pub verdict: &'static str,
    /// In words.
    pub reason: Option<String>,
    /// How long each step took, in milliseconds.
    pub stages: BTreeMap<&'static str, u64>,
}

/// What a deployment brings, and how it is tried.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// The component; `None` is the file on disk.
    pub wasm: Option<Vec<u8>>,
    /// Run it beside the active version for so long.
    pub shadow: Option<Duration>,
    /// Or for so many calls.
    pub calls: Option<u64>,
    /// Then make it active, unless it fails more often than the active version.
    pub promote: bool,
}

/// Why an order about plugins was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum PluginOrderError {
    /// This operator is not loaded.
    #[error("no operator is loaded as {0}")]
    Unknown(OperatorId),
    /// There is nothing to do it with.
    #[error("{0}")]
    NothingToDo(String),
    /// The plugin cannot run, or not for every operator that shares its file.
    #[error("{0}")]
    Refused(String),
    /// The plugins folder, or the loader, does not do its part.
    #[error("{0}")]
    Failed(String),
}

/// Looks at the plugins and gives orders about them.
#[async_trait]
pub trait PluginDesk: Send + Sync {
    /// Every operator's policy.
    fn policies(&self) -> Vec<PolicyView>;

    /// One operator's.
    fn policy(&self, operator: OperatorId) -> Option<PolicyView>;

    /// What became of versions lately, newest first.
    fn reloads(&self) -> Vec<ReloadView>;

    /// Brings a version, from the request or from the file, through the whole pipeline.
    ///
    /// # Errors
    /// Why it did not become active or a candidate; what ran before goes on.
    async fn deploy(
        &self,
        operator: OperatorId,
        deployment: Deployment,
    ) -> Result<PolicyView, PluginOrderError>;

    /// Looks at the file again, as if it were new.
    ///
    /// # Errors
    /// Why its content did not become active or a candidate.
    async fn reload(&self, operator: OperatorId) -> Result<PolicyView, PluginOrderError>;

    /// Makes the candidate active.
    ///
    /// # Errors
    /// When there is none, or its file cannot be written.
    async fn promote(&self, operator: OperatorId) -> Result<PolicyView, PluginOrderError>;

    /// Forgets the candidate.
    ///
    /// # Errors
    /// When there is none.
    async fn discard(&self, operator: OperatorId) -> Result<PolicyView, PluginOrderError>;

    /// Goes back to the version before.
    ///
    /// # Errors
    /// When there is none.
    async fn rollback(&self, operator: OperatorId) -> Result<PolicyView, PluginOrderError>;
}
