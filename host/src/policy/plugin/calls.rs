//! Each hook of the plugin as the pipeline asks it.

use super::{Plugin, Slot};
use crate::policy::bindings::exports::smpp::operator_policy::message_ids;
use crate::policy::convert;
use crate::ports::Policy;
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::said::Private;
use smpp_domain::policy::{
    EncodingAnswer, Fault, Hook, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
    SubmitAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::Verdict;
use std::sync::Arc;

impl Policy for Plugin {
    fn identity(&self) -> Option<&Arc<PolicyIdentity>> {
        Some(&self.identity)
    }

    fn settings(&self) -> Option<&Arc<str>> {
        Some(Plugin::settings(self))
    }

    fn has(&self, hook: Hook) -> bool {
        self.compiled.hooks.contains(&hook)
    }

    fn encoding(&self, message: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        if self.compiled.indices.encoding.is_none() {
            return Ok(EncodingAnswer::HostDefault);
        }
        let mut ids = convert::Ids::new();
        let asked = convert::message(message, &mut ids);
        let call = |slot: &mut Slot| {
            slot.guests
                .encoding
                .as_ref()
                .map(|hook| hook.call_choose(&mut slot.store, asked))
        };
        let private = || Private::of_message(message);
        let answer = self.ask(Hook::Encoding, private, call, |answer| {
            convert::encoded(answer, &message.text)
        })?;
        Ok(answer.unwrap_or(EncodingAnswer::HostDefault))
    }

    fn splitting(
        &self,
        message: &OutboundMessage,
        data_coding: u8,
        octets: u32,
    ) -> Result<SplittingAnswer, Fault> {
        if self.compiled.indices.splitting.is_none() {
            return Ok(SplittingAnswer::HostDefault);
        }
        let mut ids = convert::Ids::new();
        let asked = convert::message(message, &mut ids);
        let call = |slot: &mut Slot| {
            let hook = slot.guests.splitting.as_ref()?;
            Some(hook.call_plan(&mut slot.store, asked, data_coding, octets))
        };
        let private = || Private::of_message(message);
        let answer = self.ask(Hook::Splitting, private, call, |answer| {
            Ok(match convert::planned(answer, octets)? {
                Some(SplittingAnswer::Refuse(reason)) => {
                    Some(SplittingAnswer::Refuse(private().hide_in(&reason)))
                }
                other => other,
            })
        })?;
        Ok(answer.unwrap_or(SplittingAnswer::HostDefault))
    }

    fn submit(
        &self,
        message: &OutboundMessage,
        pdu: &SubmitSmPdu,
        place: PartPlace,
    ) -> Result<SubmitAnswer, Fault> {
        if self.compiled.indices.submit.is_none() {
            return Ok(SubmitAnswer::HostDefault);
        }
        let (mut ids, tlvs) = (convert::Ids::new(), convert::tlvs(&pdu.tlvs));
        let private = || Private::of_part(message, pdu);
        let (message, asked) = (convert::message(message, &mut ids), convert::submit(pdu, &tlvs));
        let call = |slot: &mut Slot| {
            let hook = slot.guests.submit.as_ref()?;
            Some(hook.call_rewrite(&mut slot.store, message, asked, convert::part(place)))
        };
        let answer = self.ask(Hook::Submit, private, call, |answer| {
            Ok(match convert::rewritten(answer, pdu)? {
                Some(SubmitAnswer::Refuse(reason)) => Some(SubmitAnswer::Refuse(private().hide_in(&reason))),
                other => other,
            })
        })?;
        Ok(answer.unwrap_or(SubmitAnswer::HostDefault))
    }

    fn submit_result(&self, response: &SubmitResponse, attempt: u32) -> Result<Option<Verdict>, Fault> {
        if self.compiled.indices.submit_result.is_none() {
            return Ok(None);
        }
        let tlvs = convert::tlvs(&response.tlvs);
        let asked = convert::response(response, &tlvs, attempt);
        let call = |slot: &mut Slot| {
            let hook = slot.guests.submit_result.as_ref()?;
            Some(hook.call_classify(&mut slot.store, asked))
        };
        let private = || Private::of_tlvs(&response.tlvs);
        self.ask(Hook::SubmitResult, private, call, |answer| {
            convert::classified(answer, response)
        })
    }

    fn message_key(&self, raw: &str, origin: IdOrigin) -> Result<Option<String>, Fault> {
        if self.compiled.indices.message_ids.is_none() {
            return Ok(None);
        }
        let origin = match origin {
            IdOrigin::SubmitResp => message_ids::Origin::SubmitResp,
            IdOrigin::ReceiptText => message_ids::Origin::ReceiptText,
            IdOrigin::ReceiptTlv => message_ids::Origin::ReceiptTlv,
        };
        let call = |slot: &mut Slot| {
            let hook = slot.guests.message_ids.as_ref()?;
            Some(hook.call_normalise(&mut slot.store, raw, origin))
        };
        self.ask(Hook::MessageIds, Private::default, call, convert::key)
    }

    fn inbound(&self, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault> {
        if self.compiled.indices.inbound.is_none() {
            return Ok(InboundAnswer::HostDefault);
        }
        let tlvs = convert::tlvs(&pdu.tlvs);
        let (asked, read) = (convert::deliver(pdu, &tlvs), reading.map(convert::reading));
        let call = |slot: &mut Slot| {
            let hook = slot.guests.inbound.as_ref()?;
            Some(hook.call_interpret(&mut slot.store, asked, read))
        };
        let private = || Private::of_delivery(pdu);
        let answer = self.ask(Hook::Inbound, private, call, |answer| {
            Ok(match convert::interpreted(answer, pdu, reading)? {
                Some(InboundAnswer::Ignore(reason)) => {
                    Some(InboundAnswer::Ignore(private().hide_in(&reason)))
                }
                other => other,
            })
        })?;
        Ok(answer.unwrap_or(InboundAnswer::HostDefault))
    }
}
