//! From a command to its parts: policy, encoding, splitting. Pure: nothing here waits or sends.

use crate::config::{OperatorConfig, SessionSettings};
use crate::metrics::OperatorMetrics;
use crate::ports::Policy;
use smpp_domain::address::address;
use smpp_domain::dispatch::{DispatchCommand, LongMessageStrategy, SmsEncoding};
use smpp_domain::encoding::{self, Alphabet, Encoded, UnencodableRule};
use smpp_domain::pdu::{Address, SubmitSmPdu};
use smpp_domain::policy::{
    EncodingAnswer, Fault, OnFailure, OutboundMessage, ReferenceWidth, SplittingAnswer,
};
use smpp_domain::split::{self, split};

/// What will be sent for a command, decided once.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// In the order in which they go out; 1..=255 of them.
    pub parts: Vec<SubmitSmPdu>,
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

/// Decides how a command is sent.
///
/// # Errors
/// When the text cannot be encoded or split under the operator's rules, or the policy refuses or fails.
pub fn plan(
    command: &DispatchCommand,
    operator: &OperatorConfig,
    policy: &dyn Policy,
    metrics: &OperatorMetrics,
    reference: &mut dyn FnMut() -> u16,
) -> Result<Plan, PlanError> {
    let session = operator.sessions.first();
    let message = outbound(command, session);
    let judge = Judge { operator, metrics };
    let (encoded, data_coding) = judge.encode(&message, policy)?;
    let octets = u32::try_from(encoded.octets_len()).unwrap_or(u32::MAX);
    let answer = judge
        .verdict(policy.splitting(&message, data_coding, octets))?
        .unwrap_or(SplittingAnswer::HostDefault);
    let layout = layout(answer, &message)?;
    let needs_reference = encoded.octets_len() > 0;
    let number = if needs_reference { reference() } else { 1 };
    let parts = split(&encoded, &layout, number).map_err(|error| PlanError::Rejected(error.to_string()))?;
    let payload = parts
        .iter()
        .any(|part| !part.tlvs.is_empty() && part.short_message.is_empty());
    let several = parts.len() > 1;
    Ok(Plan {
        parts: parts
            .into_iter()
            .map(|part| submit_sm(command, &message, data_coding, part))
            .collect(),
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

/// Turns answers and faults of the policy into decisions.
struct Judge<'a> {
    operator: &'a OperatorConfig,
    metrics: &'a OperatorMetrics,
}

impl Judge<'_> {
    /// An answer, or `None` where the built-in behaviour stands in for a fault.
    fn verdict<T>(&self, answer: Result<T, Fault>) -> Result<Option<T>, PlanError> {
        let fault = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(fault) => fault,
        };
        self.metrics.policy_fault(fault.hook.name(), fault.cause.name());
        tracing::warn!(operator = %self.operator.name, %fault, "the policy gave no answer");
        match self.operator.policy.on_failure {
            OnFailure::HostDefault => Ok(None),
            OnFailure::Reject => Err(PlanError::Rejected(format!(
                "the operator's policy failed: {fault}"
            ))),
            OnFailure::Retry => Err(PlanError::Retry(fault)),
        }
    }

    fn encode(&self, message: &OutboundMessage, policy: &dyn Policy) -> Result<(Encoded, u8), PlanError> {
        let answer = self
            .verdict(policy.encoding(message))?
            .unwrap_or(EncodingAnswer::HostDefault);
        let (alphabet, data_coding, rule) = match answer {
            EncodingAnswer::HostDefault => self.default_alphabet(message),
            EncodingAnswer::Alphabet {
                alphabet,
                data_coding,
                unencodable,
            } => {
                let alphabet = Alphabet::from_name(&alphabet, &self.operator.alphabets)
                    .map_err(|error| PlanError::Rejected(format!("the operator's policy: {error}")))?;
                let rule = unencodable.unwrap_or_else(|| self.operator.on_unencodable.clone());
                (alphabet, data_coding, rule)
            }
            EncodingAnswer::Encoded {
                octets,
                data_coding,
                unit,
            } => {
                let encoded = Encoded::from_octets(octets, unit)
                    .map_err(|error| PlanError::Rejected(format!("the operator's policy: {error}")))?;
                return Ok((encoded, data_coding));
            }
        };
        let encoded = encoding::encode(&message.text, &alphabet, &rule)
            .map_err(|error| PlanError::Rejected(error.to_string()))?;
        let fell_back = encoded.alphabet() == Some(&Alphabet::Ucs2) && alphabet != Alphabet::Ucs2;
        let data_coding = if fell_back {
            encoding::data_coding(&Alphabet::Ucs2, message.message_type)
        } else {
            data_coding
        };
        Ok((encoded, data_coding))
    }

    fn default_alphabet(&self, message: &OutboundMessage) -> (Alphabet, u8, UnencodableRule) {
        let alphabet = match message.encoding {
            SmsEncoding::Gsm7 => Alphabet::Gsm7Unpacked,
            SmsEncoding::Ucs2 => Alphabet::Ucs2,
        };
        let data_coding = encoding::data_coding(&alphabet, message.message_type);
        (alphabet, data_coding, self.operator.on_unencodable.clone())
    }
}

fn outbound(command: &DispatchCommand, session: Option<&SessionSettings>) -> OutboundMessage {
    let make = |written: &str, rule: Option<crate::config::AddressRule>| -> Address {
        let rule = rule.unwrap_or_default();
        address(written, rule.ton, rule.npi)
    };
    OutboundMessage {
        message_id: command.message_id,
        account_id: command.account_id,
        source: make(&command.from, session.map(|s| s.source_address)),
        destination: make(&command.to, session.map(|s| s.destination_address)),
        text: command.text.clone(),
        encoding: command.encoding,
        message_type: command.message_type,
        long_message_strategy: command.long_message_strategy,
    }
}

fn layout(answer: SplittingAnswer, message: &OutboundMessage) -> Result<split::Plan, PlanError> {
    let payload = |max_octets, always| split::Plan::Payload {
        max_octets,
        fallback: ReferenceWidth::EightBits,
        always,
    };
    Ok(match answer {
        SplittingAnswer::HostDefault => match message.long_message_strategy {
            LongMessageStrategy::Csms => split::Plan::Udh {
                width: ReferenceWidth::EightBits,
                max_octets: None,
                max_parts: None,
            },
            LongMessageStrategy::Tlv => payload(None, false),
        },
        SplittingAnswer::Udh {
            reference_width,
            max_octets,
            max_parts,
        } => split::Plan::Udh {
            width: reference_width,
            max_octets,
            max_parts,
        },
        SplittingAnswer::SarTlvs => split::Plan::Sar { max_parts: None },
        SplittingAnswer::MessagePayload { max_octets } => payload(max_octets, true),
        SplittingAnswer::Parts(parts) => split::Plan::Planned(parts),
        SplittingAnswer::Refuse(reason) => {
            return Err(PlanError::Rejected(format!(
                "the operator's policy refused it: {reason}"
            )));
        }
    })
}

fn submit_sm(
    command: &DispatchCommand,
    message: &OutboundMessage,
    data_coding: u8,
    part: split::Part,
) -> SubmitSmPdu {
    let mut tlvs = part.tlvs;
    tlvs.extend(command.tlvs.iter().cloned());
    SubmitSmPdu {
        source: message.source.clone(),
        destination: message.destination.clone(),
        esm_class: part.esm_class,
        priority_flag: command.priority.unwrap_or(0),
        validity_period: command.validity_period.map(relative_time).unwrap_or_default(),
        registered_delivery: u8::from(command.registered_delivery),
        data_coding,
        short_message: part.short_message,
        tlvs,
        ..SubmitSmPdu::default()
    }
}

/// Relative SMPP time (section 7.1.1): years to seconds, tenths 0, `00R`. Months count 30 days, years 365.
fn relative_time(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (years, days) = ((days / 365).min(99), days % 365);
    let (months, days) = (days / 30, days % 30);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}

#[cfg(test)]
mod tests {
    use super::relative_time;

    #[test]
    fn relative_times_are_those_of_the_standard() {
        for (seconds, time) in [
            (2 * 86_400 + 6 * 3_600 + 30 * 60, "000002063000000R"),
            (60, "000000000100000R"),
            (366 * 86_400, "010001000000000R"),
        ] {
            assert_eq!(relative_time(seconds), time);
            assert_eq!(time.len(), 16);
        }
    }
}
