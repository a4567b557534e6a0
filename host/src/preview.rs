//! Previews: what the gateway would make of a message or a PDU, with one version of the policy and another. The pipeline's own
//! functions decide; nothing is sent, counted, logged or remembered.

mod told;

use crate::clock;
use crate::config::OperatorConfig;
use crate::pipeline::{rehearse, rehearse_call, rehearse_inbound, rehearse_submit};
use crate::ports::{
    PduView, PluginOrderError, PolicyTrials, PreviewError, PreviewSide, PreviewSubject, PreviewVersion,
    PreviewView, Previews, TrialPolicy,
};
use async_trait::async_trait;
use serde_json::Value;
use smpp_codec::frame::Frame;
use smpp_codec::{Texts, command_name, decode, describe, fields, submit_sm};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::{Incoming, IncomingBody, SubmitSmPdu};
use smpp_domain::policy::question::{AskedResponse, Question, differences};
use smpp_domain::session::SubmitResponse;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::subscriber::NoSubscriber;

/// Previews at the same time: they take a core each, and live traffic wants them too.
const AT_ONCE: usize = 1;

/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Finds the file of an operator that is loaded.
pub type FindConfig = Box<dyn Fn(OperatorId) -> Option<Arc<OperatorConfig>> + Send + Sync>;

/// Makes previews for all operators.
pub struct Previewer {
    config_of: FindConfig,
    trials: Arc<dyn PolicyTrials>,
    turns: Arc<Semaphore>,
}

impl Previewer {
    /// For these operators and their policies.
    #[must_use]
    pub fn new(config_of: FindConfig, trials: Arc<dyn PolicyTrials>) -> Self {
        Self {
            config_of,
            trials,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[async_trait]
impl Previews for Previewer {
    async fn preview(
        &self,
        operator: OperatorId,
        subject: PreviewSubject,
        version: PreviewVersion,
        against: Option<PreviewVersion>,
    ) -> Result<PreviewView, PreviewError> {
        let config = (self.config_of)(operator).ok_or(PluginOrderError::Unknown(operator))?;
        let trials = Arc::clone(&self.trials);
        // It is never closed. Whoever hangs up has it until the work is done.
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn)
            .await
            .map_err(|_| PreviewError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            // Numbers and texts are whoever asks's, and traffic that never was has no place in a log.
            tracing::subscriber::with_default(NoSubscriber::default(), || {
                view(&config, &*trials, &subject, &version, against.as_ref())
            })
        });
        done.await
            .map_err(|error| PreviewError::Failed(error.to_string()))?
    }

    fn fixture(&self, fixture: &Value) -> Result<(Question, Option<Value>), Vec<String>> {
        self.trials.fixture(fixture)
    }
}

fn view(
    config: &OperatorConfig,
    trials: &dyn PolicyTrials,
    subject: &PreviewSubject,
    version: &PreviewVersion,
    against: Option<&PreviewVersion>,
) -> Result<PreviewView, PreviewError> {
    let (given, pdu) = match subject {
        PreviewSubject::Pdu(octets) => {
            let (given, pdu) = read(octets)?;
            (Some(given), Some(pdu))
        }
        PreviewSubject::Command(_) | PreviewSubject::Question(_) => (None, None),
    };
    let side = |version: &PreviewVersion| -> Result<PreviewSide, PreviewError> {
        let policy = trials.trial(config.operator_id, version)?;
        Ok(side(config, &*policy, subject, given.as_ref()))
    };
    let result = side(version)?;
    let against = against.map(side).transpose()?;
    Ok(PreviewView {
        operator: config.name.clone(),
        pdu,
        differences: against
            .as_ref()
            .map(|against| differences(&against.outcome, &result.outcome)),
        result,
        against,
    })
}

/// A PDU that somebody shows.
enum Given {
    /// As an operator sends it.
    Incoming(Incoming),
    /// As it would go to the operator, with its sequence number; or why it cannot be read.
    Submit(u32, Result<SubmitSmPdu, String>),
}

fn read(octets: &[u8]) -> Result<(Given, PduView), PreviewError> {
    let framed = Frame::copy_of(octets).map_err(|error| PreviewError::Pdu(error.to_string()))?;
    let Some(frame) = framed else {
        return Err(PreviewError::Pdu(format!(
            "command_length says more than the {} octets that are here: give the whole PDU, header included",
            octets.len()
        )));
    };
    let decoded = decode(&frame);
    let view = PduView {
        told: describe(&frame),
        oddity: decoded.oddity.map(|oddity| oddity.to_string()),
        pdu: fields(frame.octets(), Texts::Plain),
    };
    let given = if command_name(frame.command_id()) == "submit_sm" {
        Given::Submit(frame.sequence_number(), submit_sm(&frame))
    } else {
        Given::Incoming(decoded.incoming)
    };
    Ok((given, view))
}

/// What one version makes of it.
fn side(
    config: &OperatorConfig,
    policy: &dyn TrialPolicy,
    subject: &PreviewSubject,
    given: Option<&Given>,
) -> PreviewSide {
    let (outcome, calls) = match (subject, given) {
        (PreviewSubject::Command(command), _) => {
            let (planned, calls) = rehearse(command, clock::utc_now(), config, policy);
            (told::planned(planned), calls)
        }
        (PreviewSubject::Question(question), _) => {
            let calls = rehearse_call(question, policy);
            (told::answered(&calls), calls)
        }
        (PreviewSubject::Pdu(_), Some(Given::Submit(sequence_number, Ok(pdu)))) => {
            let (sent, calls) = rehearse_submit(pdu, config, policy);
            (told::sent(*sequence_number, pdu, sent), calls)
        }
        (PreviewSubject::Pdu(_), Some(Given::Submit(_, Err(fault)))) => (told::unreadable(fault), Vec::new()),
        (PreviewSubject::Pdu(_), Some(Given::Incoming(incoming))) => match &incoming.body {
            IncomingBody::DeliverSm(pdu) | IncomingBody::DataSm(pdu) => {
                let (read, calls) = rehearse_inbound(pdu, config, policy);
                (told::inbound(config, &read), calls)
            }
            IncomingBody::SubmitSmResp { .. } | IncomingBody::GenericNack => {
                let calls = responded(&response(incoming), policy);
                (told::response(config, &response(incoming), &calls), calls)
            }
            _ => (told::no_decision(), Vec::new()),
        },
        (PreviewSubject::Pdu(_), None) => (told::no_decision(), Vec::new()),
    };
    PreviewSide {
        policy: policy.identity().cloned(),
        settings: policy.settings().and_then(|text| serde_json::from_str(text).ok()),
        calls: calls.into_iter().map(told::call).collect(),
        log: policy.logged(),
        memory_bytes: policy.memory_bytes(),
        outcome,
    }
}

/// As the session makes one of it.
fn response(incoming: &Incoming) -> SubmitResponse {
    match &incoming.body {
        IncomingBody::SubmitSmResp { message_id, tlvs } => SubmitResponse {
            status: incoming.command_status,
            message_id: message_id.clone(),
            tlvs: tlvs.clone(),
            is_nack: false,
        },
        _ => SubmitResponse {
            status: incoming.command_status,
            is_nack: true,
            ..SubmitResponse::default()
        },
    }
}

fn responded(response: &SubmitResponse, policy: &dyn TrialPolicy) -> Vec<crate::pipeline::RehearsedCall> {
    let asked = AskedResponse {
        response: response.clone(),
        attempt: 1,
    };
    let mut calls = rehearse_call(&Question::SubmitResult { response: asked }, policy);
    if !response.message_id.is_empty() {
        let id = Question::MessageIds {
            raw: response.message_id.clone(),
            origin: smpp_domain::policy::IdOrigin::SubmitResp,
        };
        calls.extend(rehearse_call(&id, policy));
    }
    calls
}
