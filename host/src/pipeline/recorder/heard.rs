//! What was asked about PDUs of which it is not known yet whether they are recorded.

use super::Call;
use crate::ports::{ParkedReceipt, WirePdu};
use smpp_domain::pdu::DeliverSmPdu;
use smpp_domain::policy::IdOrigin;
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::receipt::ReceiptIdOrigin;
use smpp_domain::receipt::message_id::default_key;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// Receipts without a message that are remembered whole. Of others little more than the id is told.
const WAITING: usize = 2_048;

/// A PDU and the calls about it.
pub(in crate::pipeline) struct Heard {
    /// `None`: it is not known any more.
    pub(super) pdu: Option<Box<DeliverSmPdu>>,
    pub(super) sequence_number: Option<u32>,
    pub(super) wire: Option<Arc<dyn WirePdu>>,
    pub(in crate::pipeline) calls: Vec<Call>,
}

impl Heard {
    pub(in crate::pipeline) fn new(
        pdu: Box<DeliverSmPdu>,
        sequence_number: u32,
        wire: Option<Arc<dyn WirePdu>>,
        calls: Vec<Call>,
    ) -> Self {
        Self {
            pdu: Some(pdu),
            sequence_number: Some(sequence_number),
            wire,
            calls,
        }
    }

    /// What a parked receipt still tells: what its id was taken for.
    pub(super) fn of_parked(receipt: &ParkedReceipt) -> Self {
        let reading = &receipt.reading;
        let origin = match reading.origin {
            ReceiptIdOrigin::Text => IdOrigin::ReceiptText,
            ReceiptIdOrigin::Tlv => IdOrigin::ReceiptTlv,
        };
        let key = Some(&receipt.message_key);
        let key = key
            .filter(|key| **key != default_key(&reading.message_id))
            .cloned();
        let call = Call {
            at: receipt.received_at,
            question: Some(Question::MessageIds {
                raw: reading.message_id.clone(),
                origin,
            }),
            answer: Ok(Answer::MessageIds(key)),
            policy: None,
            settings: None,
            micros: 0,
            asked: false,
        };
        Self {
            pdu: None,
            sequence_number: None,
            wire: None,
            calls: vec![call],
        }
    }
}

/// Parked receipts, the latest of them.
#[derive(Default)]
pub(super) struct Waiting {
    by_id: HashMap<Uuid, Heard>,
    order: VecDeque<Uuid>,
}

impl Waiting {
    pub(super) fn insert(&mut self, id: Uuid, heard: Heard) {
        self.by_id.insert(id, heard);
        self.order.push_back(id);
        while self.order.len() > WAITING {
            if let Some(oldest) = self.order.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }

    pub(super) fn take(&mut self, id: Uuid) -> Option<Heard> {
        self.by_id.remove(&id)
    }
}
