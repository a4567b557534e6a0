//! One line for a person about any PDU, in or out: numbers masked, no text, no password.

use super::redact;
use super::tolerant::{self, Message, Reader};
use crate::frame::Frame;
use rusmpp::CommandId;
use smpp_domain::pdu::{find_tlv, masked, octet_text, tag};
use std::borrow::Cow;
use std::fmt::Write;

/// The bit that marks responses.
pub(super) const RESPONSE: u32 = 0x8000_0000;

/// Says what a PDU is: `submit_sm_resp seq 7 status 0x00000000 id "4f3a"`.
#[must_use]
pub fn describe(frame: &Frame) -> String {
    let id = frame.command_id();
    let mut line = format!("{} seq {}", command_name(id), frame.sequence_number());
    if id & RESPONSE != 0 || !frame.command_status().is_ok() {
        append(&mut line, format_args!(" status {}", frame.command_status()));
    }
    let body = frame.body();
    match CommandId::from(id) {
        CommandId::SubmitSmResp => append_id(&mut line, "id", &tolerant::only_text(body, "", usize::MAX).0),
        CommandId::BindReceiverResp | CommandId::BindTransmitterResp | CommandId::BindTransceiverResp => {
            append_id(
                &mut line,
                "system_id",
                &tolerant::only_text(body, "", usize::MAX).0,
            );
        }
        CommandId::BindReceiver | CommandId::BindTransmitter | CommandId::BindTransceiver => {
            append_bind(&mut line, body);
        }
        CommandId::SubmitSm | CommandId::DeliverSm => append_message(&mut line, tolerant::message(body)),
        CommandId::DataSm => append_message(&mut line, tolerant::data_message(body)),
        _ => {}
    }
    line
}

/// The name in the standard, or the number: `submit_sm`, `command 0x00010200`.
#[must_use]
pub fn command_name(command_id: u32) -> Cow<'static, str> {
    let name = match CommandId::from(command_id) {
        CommandId::GenericNack => "generic_nack",
        CommandId::BindReceiver => "bind_receiver",
        CommandId::BindReceiverResp => "bind_receiver_resp",
        CommandId::BindTransmitter => "bind_transmitter",
        CommandId::BindTransmitterResp => "bind_transmitter_resp",
        CommandId::BindTransceiver => "bind_transceiver",
        CommandId::BindTransceiverResp => "bind_transceiver_resp",
        CommandId::Outbind => "outbind",
        CommandId::QuerySm => "query_sm",
        CommandId::QuerySmResp => "query_sm_resp",
        CommandId::SubmitSm => "submit_sm",
        CommandId::SubmitSmResp => "submit_sm_resp",
        CommandId::SubmitMulti => "submit_multi",
        CommandId::SubmitMultiResp => "submit_multi_resp",
        CommandId::DeliverSm => "deliver_sm",
        CommandId::DeliverSmResp => "deliver_sm_resp",
        CommandId::DataSm => "data_sm",
        CommandId::DataSmResp => "data_sm_resp",
        CommandId::ReplaceSm => "replace_sm",
        CommandId::ReplaceSmResp => "replace_sm_resp",
        CommandId::CancelSm => "cancel_sm",
        CommandId::CancelSmResp => "cancel_sm_resp",
        CommandId::EnquireLink => "enquire_link",
        CommandId::EnquireLinkResp => "enquire_link_resp",
        CommandId::Unbind => "unbind",
        CommandId::UnbindResp => "unbind_resp",
        CommandId::AlertNotification => "alert_notification",
        _ => return Cow::Owned(format!("command 0x{command_id:08X}")),
    };
    Cow::Borrowed(name)
}

/// The password lies between the two and is passed over.
fn append_bind(line: &mut String, body: &[u8]) {
    let mut reader = Reader::new(body);
    let mut text = || reader.text("", usize::MAX).unwrap_or_default();
    let (system_id, _, system_type) = (text(), text(), text());
    append_id(line, "system_id", &system_id);
    append_id(line, "system_type", &system_type);
    if let Some(version) = reader.octet() {
        append(line, format_args!(" version 0x{version:02X}"));
    }
}

fn append_message(line: &mut String, read: Option<Message>) {
    let Some((pdu, oddity)) = read else {
        append(line, format_args!(" unreadable"));
        return;
    };
    append(
        line,
        format_args!(
            " from {} to {} esm_class 0x{:02X} data_coding 0x{:02X} octets {}",
            quoted_mask(&pdu.source.digits),
            quoted_mask(&pdu.destination.digits),
            pdu.esm_class,
            pdu.data_coding,
            pdu.user_data().len(),
        ),
    );
    if let Some(id) = find_tlv(&pdu.tlvs, tag::RECEIPTED_MESSAGE_ID) {
        append_id(line, "receipted_id", octet_text(id).trim_end_matches('\0'));
    }
    if !pdu.tlvs.is_empty() {
        append(line, format_args!(" tlvs {}", pdu.tlvs.len()));
    }
    if let Some(oddity) = oddity {
        append(line, format_args!(" odd: {oddity}"));
    }
}

/// Masks and escapes: what is left of an odd address must not break a log line.
fn quoted_mask(number: &str) -> String {
    if number.is_empty() {
        "-".to_owned()
    } else {
        masked(number).escape_debug().to_string()
    }
}

fn append_id(line: &mut String, name: &str, id: &str) {
    // Octet text: each character is one octet.
    let octets: Vec<u8> = id
        .chars()
        .filter_map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    let shown = octet_text(&redact::id(&octets));
    append(line, format_args!(" {name} {shown:?}"));
}

fn append(line: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    line.write_fmt(words).unwrap_or_default();
}
