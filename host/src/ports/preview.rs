//! What would be done with a message or a PDU, without doing it.

use super::{PluginOrderError, Policy};
use async_trait::async_trait;
use serde::Serialize;
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::PduFields;
use smpp_domain::policy::question::{Difference, Question};
use smpp_domain::policy::{Hook, PolicyIdentity};
use std::sync::Arc;

/// Which version of an operator's policy is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhichVersion {
    /// The one that decides about new messages.
    Active,
    /// None: the gateway's own behaviour.
    BuiltIn,
    /// What is tried beside it, or waits for a decision.
    Candidate,
    /// One that is at hand, by its version or by the beginning of its sha256 or key.
    Named(String),
}

/// A version to ask, with other settings where these are given.
#[derive(Clone, PartialEq, Debug)]
pub struct PreviewVersion {
    /// Which.
    pub which: WhichVersion,
    /// In the place of its own.
    pub settings: Option<serde_json::Value>,
}

/// What a preview is about.
#[derive(Clone, Debug)]
pub enum PreviewSubject {
    /// A message on its way to the operator.
    Command(Box<DispatchCommand>),
    /// A PDU of the operator, or a submit_sm for it, header included.
    Pdu(Vec<u8>),
    /// One hook call.
    Question(Box<Question>),
}

/// Shows what the gateway would do. Nothing is sent, counted, or remembered.
#[async_trait]
pub trait Previews: Send + Sync {
    /// What comes of the subject with `version`, and with `against` if that is given.
    ///
    /// # Errors
    /// When one of the versions cannot be asked, or the PDU is none.
    async fn preview(
        &self,
        operator: OperatorId,
        subject: PreviewSubject,
        version: PreviewVersion,
        against: Option<PreviewVersion>,
    ) -> Result<PreviewView, PreviewError>;

    /// The call of a fixture, and the settings that it brings.
    ///
    /// # Errors
    /// Everything that is wrong with it, by place.
    fn fixture(
        &self,
        fixture: &serde_json::Value,
    ) -> Result<(Question, Option<serde_json::Value>), Vec<String>>;
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// A version cannot be asked.
    #[error(transparent)]
    Version(#[from] PluginOrderError),
    /// The octets are no PDU.
    #[error("{0}")]
    Pdu(String),
    /// Others take all the room that there is.
    #[error("too many previews are asked for at once: try again in a moment")]
    Busy,
    /// It ended badly.
    #[error("the preview ended badly: {0}")]
    Failed(String),
}

/// Both sides of a preview.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewView {
    /// The operator's name.
    pub operator: String,
    /// A given PDU in words, with what was odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdu: Option<PduView>,
    /// What comes of it.
    pub result: PreviewSide,
    /// What comes of it with the other version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<PreviewSide>,
    /// Where the outcomes of the two differ: `expected` is `against`, `got` is `result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<Difference>>,
}

/// A PDU as it was read.
#[derive(Clone, Debug, Serialize)]
pub struct PduView {
    /// In words.
    pub told: String,
    /// The first departure from the standard.
    pub oddity: Option<String>,
    /// Field by field.
    #[serde(flatten)]
    pub pdu: PduFields,
}

/// What one version makes of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewSide {
    /// `null` is the gateway's own behaviour.
    pub policy: Option<Arc<PolicyIdentity>>,
    /// The settings that it works with.
    pub settings: Option<serde_json::Value>,
    /// Each hook call, in order.
    pub calls: Vec<CallView>,
    /// What the plugin has logged.
    pub log: Vec<PluginLine>,
    /// The most linear memory that its instance has had, in octets.
    pub memory_bytes: usize,
    /// What the gateway makes of the answers.
    pub outcome: serde_json::Value,
}

/// A hook call in the fixture form.
#[derive(Clone, Debug, Serialize)]
pub struct CallView {
    /// Which.
    pub hook: Hook,
    /// What was asked.
    pub input: serde_json::Value,
    /// What was answered: the fixture form, or `{"fault": class}`.
    pub answer: serde_json::Value,
    /// Of a fault, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// How long it took.
    pub micros: u64,
}

/// A line that a plugin has logged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PluginLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The hook that was asked.
    pub hook: &'static str,
    /// Without control characters, shortened.
    pub text: String,
    /// As one object; `null` without any.
    pub fields: Option<serde_json::Value>,
}

/// A policy beside of all traffic: it has instances, counters and breakers of its own, and logs to whoever asks.
pub trait TrialPolicy: Policy {
    /// What it has logged, at most some dozens of lines.
    fn logged(&self) -> Vec<PluginLine>;

    /// The most linear memory that an instance of it has had, in octets.
    fn memory_bytes(&self) -> usize;
}

/// Makes versions that are asked beside of all traffic.
pub trait PolicyTrials: Send + Sync {
    /// A version of an operator's policy.
    ///
    /// # Errors
    /// When there is no such version, or it refuses the settings.
    fn trial(
        &self,
        operator: OperatorId,
        version: &PreviewVersion,
    ) -> Result<Box<dyn TrialPolicy>, PluginOrderError>;

    /// As [`Previews::fixture`].
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn fixture(
        &self,
        fixture: &serde_json::Value,
    ) -> Result<(Question, Option<serde_json::Value>), Vec<String>>;
}
