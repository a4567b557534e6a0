//! Turns answers and faults of the policy into decisions, and stands in where it has no opinion.

use super::PlanError;
use crate::config::OperatorConfig;
use crate::metrics::OperatorMetrics;
use crate::pipeline::faults;
use crate::ports::Policy;
use smpp_domain::dispatch::SmsEncoding;
use smpp_domain::encoding::{self, Alphabet, Encoded, UnencodableRule};
use smpp_domain::policy::failure::FailurePolicy;
use smpp_domain::policy::{EncodingAnswer, Fault, OnFailure, OutboundMessage, SplittingAnswer};
use smpp_domain::split::{self, Cut, Splitting};

/// Decides for the messages of one operator.
pub(in crate::pipeline) struct Judge<'a> {
    operator: &'a OperatorConfig,
    on_failure: &'a FailurePolicy,
    metrics: &'a OperatorMetrics,
}

impl<'a> Judge<'a> {
    /// `on_failure` is that of now, which may be newer than the operator's.
    pub(in crate::pipeline) fn new(
        operator: &'a OperatorConfig,
        on_failure: &'a FailurePolicy,
        metrics: &'a OperatorMetrics,
    ) -> Self {
        Self {
            operator,
            on_failure,
            metrics,
        }
    }

    /// The text in octets, and its data_coding.
    pub(super) fn encode(
        &self,
        message: &OutboundMessage,
        policy: &dyn Policy,
    ) -> Result<(Encoded, u8), PlanError> {
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
                (self.operator.national.form(alphabet), data_coding, rule)
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
            self.data_coding(&Alphabet::Ucs2, message)
        } else {
            data_coding
        };
        Ok((encoded, data_coding))
    }

    /// How the text becomes short messages.
    pub(super) fn layout(
        &self,
        message: &OutboundMessage,
        encoded: &Encoded,
        data_coding: u8,
        policy: &dyn Policy,
        splitting: &Splitting,
    ) -> Result<split::Plan, PlanError> {
        let octets = u32::try_from(encoded.octets_len()).unwrap_or(u32::MAX);
        let answer = self
            .verdict(policy.splitting(message, data_coding, octets))?
            .unwrap_or(SplittingAnswer::HostDefault);
        Ok(match answer {
            SplittingAnswer::HostDefault => splitting.plan(message.long_message_strategy, encoded),
            SplittingAnswer::Udh {
                reference_width,
                max_octets,
                max_parts,
            } => split::Plan::Udh {
                width: reference_width,
                max_octets,
                max_parts: max_parts.or(splitting.max_parts),
            },
            SplittingAnswer::SarTlvs => splitting.cut(Cut::Sar, encoded),
            SplittingAnswer::MessagePayload { max_octets } => split::Plan::Payload {
                max_octets: max_octets.or(splitting.payload_max_octets),
                always: true,
                beyond: max_octets.map(|_| Box::new(splitting.parts(encoded))),
            },
            SplittingAnswer::Parts(parts) => split::Plan::Planned(parts),
            SplittingAnswer::Refuse(reason) => {
                return Err(PlanError::Rejected(format!(
                    "the operator's policy refused it: {reason}"
                )));
            }
        })
    }

    /// An answer, or `None` where the built-in behaviour stands in for a fault.
    pub(in crate::pipeline) fn verdict<T>(&self, answer: Result<T, Fault>) -> Result<Option<T>, PlanError> {
        let fault = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(fault) => fault,
        };
        faults::note(self.operator, self.metrics, &fault, "answer");
        match self.on_failure.action(fault.hook, fault.cause) {
            // Nothing that is to be sent can be refused to its sender: the configuration knows.
            OnFailure::HostDefault | OnFailure::Refuse => Ok(None),
            OnFailure::Reject => Err(PlanError::Rejected(format!(
                "the operator's policy failed: {fault}"
            ))),
            OnFailure::Retry => Err(PlanError::Retry(fault)),
        }
    }

    fn default_alphabet(&self, message: &OutboundMessage) -> (Alphabet, u8, UnencodableRule) {
        let alphabet = match message.encoding {
            SmsEncoding::Gsm7 => self.operator.national.alphabet(&message.text),
            SmsEncoding::Ucs2 => Alphabet::Ucs2,
        };
        let data_coding = self.data_coding(&alphabet, message);
        (alphabet, data_coding, self.operator.on_unencodable.clone())
    }

    fn data_coding(&self, alphabet: &Alphabet, message: &OutboundMessage) -> u8 {
        let flash = self.operator.submit.flash;
        flash.data_coding(alphabet, message.message_type)
    }
}
