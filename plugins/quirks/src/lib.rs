//! Policy plugin for operators whose quirks are the common ones: it does what its settings say, and nothing where they
//! say nothing. The README has every setting; `settings.schema.json` is the same for editors.

mod addresses;
mod check;
mod encoding;
mod gsm7;
mod ids;
mod inbound;
mod layout;
mod receipts;
#[cfg(not(target_arch = "wasm32"))]
pub mod schema;
mod settings;
mod shape;
mod splitting;
mod states;
mod statuses;
mod submit;
mod value;

use settings::Settings as Quirky;
use smpp_plugin_sdk::message_ids::Origin;
use smpp_plugin_sdk::settings::Problem;
use smpp_plugin_sdk::{
    DataCoding, DeliverSm, Encoding, Fault, Inbound, MessageIds, OutboundMessage, Settings, Splitting,
    Submit, SubmitResult, SubmitSm, operator_policy,
};
use std::rc::Rc;

struct Quirks;

/// Read once an instance.
fn settings() -> Result<Rc<Quirky>, Fault> {
    smpp_plugin_sdk::settings::<Quirky>()
}

impl Settings for Quirks {
    fn validate(document: &str) -> Result<(), Vec<Problem>> {
        settings::validate(document)
    }
}

impl Encoding for Quirks {
    fn choose(message: &OutboundMessage) -> Result<smpp_plugin_sdk::encoding::Answer, Fault> {
        Ok(match &settings()?.encoding {
            Some(encoding) => encoding.choose(message),
            None => smpp_plugin_sdk::encoding::Answer::HostDefault,
        })
    }
}

impl Splitting for Quirks {
    fn plan(
        message: &OutboundMessage,
        coding: DataCoding,
        octets: u32,
    ) -> Result<smpp_plugin_sdk::splitting::Answer, Fault> {
        let settings = settings()?;
        Ok(match &settings.splitting {
            Some(splitting) => splitting.plan(message, settings.encoding.as_ref(), coding, octets),
            None => smpp_plugin_sdk::splitting::Answer::HostDefault,
        })
    }
}

impl Submit for Quirks {
    fn rewrite(
        message: &OutboundMessage,
        pdu: SubmitSm,
        part: smpp_plugin_sdk::submit::Part,
    ) -> Result<smpp_plugin_sdk::submit::Answer, Fault> {
        Ok(match &settings()?.submit {
            Some(submit) => submit.rewrite(message, pdu, part),
            None => smpp_plugin_sdk::submit::Answer::HostDefault,
        })
    }
}

impl SubmitResult for Quirks {
    fn classify(
        response: &smpp_plugin_sdk::submit_result::Response,
    ) -> Result<smpp_plugin_sdk::submit_result::Answer, Fault> {
        Ok(match &settings()?.statuses {
            Some(statuses) => statuses.classify(response),
            None => smpp_plugin_sdk::submit_result::Answer::HostDefault,
        })
    }
}

impl MessageIds for Quirks {
    fn normalise(raw: &str, origin: Origin) -> Result<Option<String>, Fault> {
        Ok(settings()?.ids.as_ref().and_then(|ids| ids.key(raw, origin)))
    }
}

impl Inbound for Quirks {
    fn interpret(
        pdu: DeliverSm,
        reading: Option<smpp_plugin_sdk::inbound::Receipt>,
    ) -> Result<smpp_plugin_sdk::inbound::Answer, Fault> {
        Ok(match &settings()?.inbound {
            Some(inbound) => inbound.interpret(pdu, reading),
            None => smpp_plugin_sdk::inbound::Answer::HostDefault,
        })
    }
}

operator_policy!(Quirks: Settings, Encoding, Splitting, Submit, SubmitResult, MessageIds, Inbound);

#[cfg(test)]
mod tests;
