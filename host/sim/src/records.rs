//! What the SMSC remembers of its day: counters, submits, and the busiest second.

use crate::desk::Decision;
use crate::messages::{self, ReceivedMessage};
use crate::wire::submit::{Address, SubmitView};
use crate::wire::{Header, Tlv, status};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::Instant;

/// Submits beyond this many are counted and not kept; destinations likewise, at ten times as many.
const MAX_SUBMITS: usize = 200_000;
const MAX_DESTINATIONS: usize = 2_000_000;
/// Stray responses beyond this many are counted and not kept.
const MAX_STRAYS: usize = 10_000;
const MAX_BINDS: usize = 10_000;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Record {
    /// Every submit_sm (the first 200,000), and all that follows.
    #[default]
    All,
    /// Counters and submits per destination (the first 2,000,000 destinations).
    Counts,
    /// Counters alone: for benchmarks.
    Off,
}

/// What happened since the start. All of these only grow, except `bound` and `links`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Links that are connected now.
    pub links: u64,
    /// Links that are bound now.
    pub bound: u64,
    /// Binds that were accepted.
    pub binds: u64,
    /// Binds that were refused.
    pub binds_refused: u64,
    /// unbind requests.
    pub unbinds: u64,
    /// submit_sm that could be read, answered or not.
    pub submits: u64,
    /// Of these, taken: they have a number, and a receipt if one was asked for.
    pub accepted: u64,
    /// Of these, refused with a command_status.
    pub refused: u64,
    /// Of these, never answered, taken or not.
    pub unanswered: u64,
    /// Receipts written, repetitions included.
    pub receipts_sent: u64,
    /// Receipts answered 0.
    pub receipts_acknowledged: u64,
    /// Receipts refused for good.
    pub receipts_refused: u64,
    /// Receipts and messages put back to be sent again: answered "later", or unanswered on a lost link.
    pub redeliveries: u64,
    /// Receipts for which the queue had no room.
    pub receipts_dropped: u64,
    /// Mobile-originated messages written, repetitions included.
    pub mos_sent: u64,
    /// Mobile-originated messages answered 0.
    pub mos_acknowledged: u64,
    /// enquire_link requests.
    pub enquire_links: u64,
    /// PDUs that could not be read.
    pub malformed: u64,
    /// Commands that the SMSC does not know, answered by generic_nack.
    pub unknown_commands: u64,
    /// generic_nack that came in.
    pub generic_nacks: u64,
    /// Responses that answer nothing that the SMSC sent by itself: see [`Response`].
    pub stray_responses: u64,
    /// submit_sm that were counted but no longer kept.
    pub unrecorded: u64,
}

/// One bind request, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindRequest {
    /// bind_receiver 1, bind_transmitter 2, bind_transceiver 9.
    pub command: u32,
    /// The link it came by.
    pub link: u64,
    /// The user name.
    pub system_id: String,
    /// Octets of the password.
    pub password_length: usize,
    /// system_type.
    pub system_type: String,
    /// interface_version.
    pub interface_version: u8,
    /// addr_ton.
    pub addr_ton: u8,
    /// addr_npi.
    pub addr_npi: u8,
    /// address_range.
    pub address_range: String,
    /// When it came.
    pub at: Instant,
    /// The command_status of the answer.
    pub status: u32,
}

/// One submit_sm, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submit {
    /// Whose bind it came by.
    pub system_id: Arc<str>,
    /// The link it came by: links are numbered from 1 in the order of connecting.
    pub link: u64,
    /// sequence_number.
    pub sequence: u32,
    /// service_type.
    pub service_type: String,
    /// Source address.
    pub source: Address,
    /// Destination address.
    pub destination: Address,
    /// esm_class.
    pub esm_class: u8,
    /// protocol_id.
    pub protocol_id: u8,
    /// priority_flag.
    pub priority: u8,
    /// schedule_delivery_time.
    pub schedule: String,
    /// validity_period.
    pub validity: String,
    /// registered_delivery.
    pub registered_delivery: u8,
    /// replace_if_present_flag.
    pub replace_if_present: u8,
    /// data_coding.
    pub data_coding: u8,
    /// short_message, with its user data header.
    pub short_message: Bytes,
    /// Optional parameters in the order in which they came.
    pub tlvs: Vec<Tlv>,
    /// When the read that completed it returned.
    pub at: Instant,
    /// The command_status of the answer; `None` when it stays unanswered.
    pub status: Option<u32>,
    /// The message's number when it was taken; [`IdForm::format`](crate::IdForm::format) writes it.
    pub number: Option<u64>,
}

impl Submit {
    /// The value of the first TLV with this tag.
    #[must_use]
    pub fn tlv(&self, tag: u16) -> Option<&Bytes> {
        self.tlvs.iter().find(|tlv| tlv.tag == tag).map(|tlv| &tlv.value)
    }
}

/// A response to a PDU that [`Smsc::send_raw`](crate::Smsc::send_raw) sent, or to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// command_id.
    pub command: u32,
    /// command_status.
    pub status: u32,
    /// sequence_number.
    pub sequence: u32,
    /// What follows the header.
    pub body: Bytes,
}

/// What was waited for did not happen in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not seen within {waited:?}; the counters are {counters:?}")]
pub struct WaitTimedOut {
    /// How long was waited.
    pub waited: Duration,
    /// What had been seen by then.
    pub counters: Counters,
}

/// Where and when a submit_sm came in.
pub(crate) struct Arrival<'a> {
    pub(crate) system_id: &'a Arc<str>,
    pub(crate) link: u64,
    pub(crate) sequence: u32,
    pub(crate) at: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) counters: Counters,
    pub(crate) max_unanswered: u32,
    pub(crate) submits: Vec<Submit>,
    pub(crate) bind_requests: Vec<BindRequest>,
    pub(crate) by_destination: HashMap<String, u32>,
    pub(crate) strays: Vec<Response>,
    busiest: BusiestSecond,
}

impl Records {
    pub(crate) fn bind(&mut self, request: BindRequest) {
        let accepted = request.status == status::OK;
        self.counters.binds += u64::from(accepted);
        self.counters.bound += u64::from(accepted);
        self.counters.binds_refused += u64::from(!accepted);
        if self.bind_requests.len() < MAX_BINDS {
            self.bind_requests.push(request);
        }
    }

    pub(crate) fn submit(
        &mut self,
        mode: Record,
        arrival: &Arrival<'_>,
        view: &SubmitView<'_>,
        decision: &Decision,
    ) {
        self.counters.submits += 1;
        self.counters.accepted += u64::from(decision.number.is_some());
        self.counters.refused += u64::from(decision.status.is_some_and(|status| status != 0));
        self.counters.unanswered += u64::from(decision.status.is_none());
        self.busiest.arrived(arrival.at);
        if mode == Record::Off {
            return;
        }
        let destination = String::from_utf8_lossy(view.destination.digits);
        if let Some(count) = self.by_destination.get_mut(destination.as_ref()) {
            *count += 1;
        } else if self.by_destination.len() < MAX_DESTINATIONS {
            self.by_destination.insert(destination.into_owned(), 1);
        }
        if mode == Record::Counts || self.submits.len() >= MAX_SUBMITS {
            self.counters.unrecorded += 1;
            return;
        }
        self.submits.push(remembered(arrival, view, decision));
    }

    /// A response came that answers nothing in flight.
    pub(crate) fn stray(&mut self, header: Header, body: &[u8]) {
        self.counters.stray_responses += 1;
        if self.strays.len() < MAX_STRAYS {
            self.strays.push(Response {
                command: header.command,
                status: header.status,
                sequence: header.sequence,
                body: Bytes::copy_from_slice(body),
            });
        }
    }

    pub(crate) fn messages(&self) -> Vec<ReceivedMessage> {
        messages::reassemble(self.submits.iter().filter(|submit| submit.number.is_some()))
    }

    pub(crate) fn max_in_any_second(&self) -> u64 {
        self.busiest.most
    }
}

fn remembered(arrival: &Arrival<'_>, view: &SubmitView<'_>, decision: &Decision) -> Submit {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    Submit {
        system_id: arrival.system_id.clone(),
        link: arrival.link,
        sequence: arrival.sequence,
        service_type: text(view.service_type),
        source: view.source.owned(),
        destination: view.destination.owned(),
        esm_class: view.esm_class,
        protocol_id: view.protocol_id,
        priority: view.priority,
        schedule: text(view.schedule),
        validity: text(view.validity),
        registered_delivery: view.registered_delivery,
        replace_if_present: view.replace_if_present,
        data_coding: view.data_coding,
        short_message: Bytes::copy_from_slice(view.short_message),
        tlvs: view.owned_tlvs(),
        at: arrival.at,
        status: decision.status,
        number: decision.number,
    }
}

/// The most arrivals that any half-open second (t - 1 s, t] held.
#[derive(Debug, Default)]
struct BusiestSecond {
    /// Arrivals of the last second; those of one read share an entry.
    recent: VecDeque<(Instant, u64)>,
    now: u64,
    most: u64,
}

impl BusiestSecond {
    fn arrived(&mut self, at: Instant) {
        while let Some((first, count)) = self.recent.front().copied() {
            if at.saturating_duration_since(first) < Duration::from_secs(1) {
                break;
            }
            self.now -= count;
            self.recent.pop_front();
        }
        match self.recent.back_mut() {
            Some((last, count)) if *last == at => *count += 1,
            _ => self.recent.push_back((at, 1)),
        }
        self.now += 1;
        self.most = self.most.max(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::BusiestSecond;
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn the_busiest_second_slides() {
        let start = Instant::now();
        let mut busiest = BusiestSecond::default();
        for millis in [0, 900, 1000, 1100, 1899, 1900, 5000] {
            busiest.arrived(start + Duration::from_millis(millis));
        }
        // 900, 1000, 1100 and 1899 lie within one second; 1900 is a whole second after 900.
        assert_eq!(busiest.most, 4);
    }
}
