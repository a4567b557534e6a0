//! The hooks: one trait each, and the types that its answers are made of.
//!
//! All functions are associated functions without `self`, because an instance has no state that matters.

use crate::{DataCoding, DeliverSm, Fault, OutboundMessage, SubmitSm};

/// Answers of [`Encoding`].
pub mod encoding {
    pub use crate::bindings::encoding::exports::smpp::operator_policy::encoding::{
        Alphabet, AlphabetChoice, Answer, EncodedText, NationalTables, Unencodable,
    };
}

/// Answers of [`Splitting`].
pub mod splitting {
    pub use crate::bindings::splitting::exports::smpp::operator_policy::splitting::{
        Answer, Part, PayloadPlan, ReferenceWidth, UdhPlan,
    };
}

/// Question and answers of [`Submit`].
pub mod submit {
    pub use crate::bindings::submit::exports::smpp::operator_policy::submit::{Answer, Part};
}

/// Question and answers of [`SubmitResult`].
pub mod submit_result {
    pub use crate::bindings::submit_result::exports::smpp::operator_policy::submit_result::{
        Answer, Rejection, Response, Retry, Throttle,
    };
}

/// Question of [`MessageIds`].
pub mod message_ids {
    pub use crate::bindings::message_ids::exports::smpp::operator_policy::message_ids::Origin;
}

/// Question and answers of [`Inbound`].
pub mod inbound {
    pub use crate::bindings::inbound::exports::smpp::operator_policy::inbound::{
        Answer, Concatenation, DlrState, MobileOriginated, Receipt,
    };
}

/// Judges the plugin's settings.
pub trait Settings {
    /// Runs once for each pair of plugin and settings, before the pair may be activated; never on the message path.
    /// `document` is JSON. [`settings::Document`](crate::settings::Document) does the usual checks.
    ///
    /// # Errors
    /// Every problem, not the first. The default finds none.
    fn validate(document: &str) -> Result<(), Vec<crate::settings::Problem>> {
        let _ = document;
        Ok(())
    }
}

/// Chooses the alphabet, the data_coding octet, and what happens to characters that do not fit.
pub trait Encoding {
    /// Called once a message, before it is split.
    ///
    /// # Errors
    /// A [`Fault`] where the plugin cannot decide. The default is the host's.
    fn choose(message: &OutboundMessage) -> Result<encoding::Answer, Fault> {
        let _ = message;
        Ok(encoding::Answer::HostDefault)
    }
}

/// Says how a long text becomes several PDUs, or one with message_payload.
pub trait Splitting {
    /// `octets` is the length of the encoded text under `coding`. Called also when the text fits one PDU, because some
    /// operators want message_payload for everything.
    ///
    /// # Errors
    /// A [`Fault`] where the plugin cannot decide. The default is the host's.
    fn plan(message: &OutboundMessage, coding: DataCoding, octets: u32) -> Result<splitting::Answer, Fault> {
        let _ = (message, coding, octets);
        Ok(splitting::Answer::HostDefault)
    }
}

/// The last look at each submit_sm before it is written.
pub trait Submit {
    /// Called for each part, all before the first is sent. To change a field, change it and return the PDU in
    /// `Answer::Send`. What makes it this segment of this message stays as it is: the concatenation header, and sar_* TLVs.
    /// `message` is what was asked for, before any encoding.
    ///
    /// # Errors
    /// A [`Fault`] where the plugin cannot decide. The default sends the PDU as it is.
    fn rewrite(
        message: &OutboundMessage,
        pdu: SubmitSm,
        part: submit::Part,
    ) -> Result<submit::Answer, Fault> {
        let _ = (message, pdu, part);
        Ok(submit::Answer::HostDefault)
    }
}

/// What an operator's answer to a submit_sm means for the message and for the operator.
pub trait SubmitResult {
    /// Called for each answer, also for those with status 0.
    ///
    /// # Errors
    /// A [`Fault`] where the plugin cannot decide. What the operator did is done, so the host's own reading stands then,
    /// whatever `on_failure` says. The default is the operator's file, else the host's table of command_status.
    fn classify(response: &submit_result::Response) -> Result<submit_result::Answer, Fault> {
        let _ = response;
        Ok(submit_result::Answer::HostDefault)
    }
}

/// One key for one message, whatever base, case, padding or place the operator writes its id in.
pub trait MessageIds {
    /// Gives the same key for every form of one id. Called for each submit_sm_resp and each receipt; octets above 0x7F
    /// arrive as U+0080..U+00FF.
    ///
    /// # Errors
    /// A [`Fault`] for an id that is not one of the operator's. The default is the gateway's own rule, `None`.
    fn normalise(raw: &str, origin: message_ids::Origin) -> Result<Option<String>, Fault> {
        let _ = (raw, origin);
        Ok(None)
    }
}

/// What a deliver_sm or data_sm is, and what it says.
pub trait Inbound {
    /// `reading` is what the host's own reader made of it, `None` if it saw no receipt. To map one odd state, change
    /// that field of the reading and return it in `Answer::Receipt`.
    ///
    /// # Errors
    /// A [`Fault`] where the plugin cannot decide. The default is the host's reading.
    fn interpret(pdu: DeliverSm, reading: Option<inbound::Receipt>) -> Result<inbound::Answer, Fault> {
        let _ = (pdu, reading);
        Ok(inbound::Answer::HostDefault)
    }
}
