//! From a command to its parts: addresses, policy, encoding, splitting, fields. Pure: nothing here waits or sends.

mod judge;

pub(super) use judge::Judge;

use crate::config::{AddressRule, OperatorConfig};
use crate::metrics::OperatorMetrics;
use crate::ports::Policy;
use chrono::{DateTime, Utc};
use smpp_domain::address::FixedType;
use smpp_domain::dispatch::{DispatchCommand, LongMessageStrategy};
use smpp_domain::encoding::Alphabet;
use smpp_domain::pdu::SubmitSmPdu;
use smpp_domain::policy::failure::FailurePolicy;
use smpp_domain::policy::{Fault, OutboundMessage};
use smpp_domain::split::split;
use smpp_domain::submit::Envelope;
use std::sync::Arc;

/// What will be sent for a command, decided once.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// In the order in which they go out; 1..=255 of them.
    pub parts: Vec<Arc<SubmitSmPdu>>,
    /// The alphabet, by name, for the event.
    pub encoding: String,
    /// The octet on the wire.
    pub data_coding: u8,
    /// CSMS for parts, TLV for message_payload.
    pub strategy: LongMessageStrategy,
    /// Shared by the parts, if there are several.
    pub reference: Option<u16>,
}

/// Why there is no plan.
#[derive(Clone, PartialEq, Debug)]
pub enum PlanError {
    /// The message cannot be sent; the reason is for the platform.
    Rejected(String),
    /// The policy failed and the operator wants the message to wait.
    Retry(Fault),
}

/// Decides how a command is sent; its validity counts from `now`.
///
/// # Errors
/// When addresses or text cannot be written under the operator's rules, or the policy refuses or fails.
pub fn plan(
    command: &DispatchCommand,
    now: DateTime<Utc>,
    operator: &OperatorConfig,
    policy: &dyn Policy,
    on_failure: &FailurePolicy,
    metrics: &OperatorMetrics,
    reference: &mut dyn FnMut() -> u16,
) -> Result<Plan, PlanError> {
    let message = outbound(command, operator)?;
    let judge = Judge::new(operator, on_failure, metrics);
    let (encoded, data_coding) = judge.encode(&message, policy)?;
    let splitting = operator.splitting.asked(command.splitting);
    let layout = judge.layout(&message, &encoded, data_coding, policy, &splitting)?;
    let number = if encoded.is_empty() { 1 } else { reference() };
    let parts = split(&encoded, &layout, number).map_err(|error| PlanError::Rejected(error.to_string()))?;
    let payload = parts
        .iter()
        .any(|part| !part.tlvs.is_empty() && part.short_message.is_empty());
    let several = parts.len() > 1;
    let envelope = Envelope {
        command,
        source: &message.source,
        destination: &message.destination,
        data_coding,
        now,
    };
    let pdus = operator.submit.pdus(envelope, parts);
    Ok(Plan {
        parts: pdus.into_iter().map(Arc::new).collect(),
        encoding: encoded.alphabet().map_or("plugin", Alphabet::name).to_owned(),
        data_coding,
        strategy: if payload {
            LongMessageStrategy::Tlv
        } else {
            LongMessageStrategy::Csms
        },
        reference: several.then_some(number),
    })
}

/// The message with its addresses as they will be sent. What the first session says of TON and NPI wins over the rules.
fn outbound(command: &DispatchCommand, operator: &OperatorConfig) -> Result<OutboundMessage, PlanError> {
    let session = operator.sessions.first();
    let fixed = |rule: Option<AddressRule>| {
        let rule = rule.unwrap_or_default();
        FixedType {
            ton: rule.ton,
            npi: rule.npi,
        }
    };
    let source = operator
        .source
        .address(&command.from, fixed(session.map(|s| s.source_address)))
        .map_err(|error| PlanError::Rejected(format!("from: {error}")))?;
    let destination = operator
        .destination
        .address(&command.to, fixed(session.map(|s| s.destination_address)))
        .map_err(|error| PlanError::Rejected(format!("to: {error}")))?;
    Ok(OutboundMessage::new(command, source, destination))
}
