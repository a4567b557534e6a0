//! Reading submit_sm (SMPP 3.4 section 4.4.1) without copying it.

use super::{Tlv, tag, take_c_string, take_u8, tlvs};
use bytes::Bytes;
use std::fmt;

/// An address as it came: type of number, numbering plan, digits (or letters).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Type of number (SMPP 3.4 section 5.2.5).
    pub ton: u8,
    /// Numbering plan indicator (SMPP 3.4 section 5.2.6).
    pub npi: u8,
    /// The address itself; octets that are not UTF-8 are replaced.
    pub digits: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressView<'a> {
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) digits: &'a [u8],
}

impl<'a> AddressView<'a> {
    fn take(octets: &mut &'a [u8]) -> Option<Self> {
        Some(Self {
            ton: take_u8(octets)?,
            npi: take_u8(octets)?,
            digits: take_c_string(octets),
        })
    }

    pub(crate) fn owned(&self) -> Address {
        Address {
            ton: self.ton,
            npi: self.npi,
            digits: String::from_utf8_lossy(self.digits).into_owned(),
        }
    }
}

/// A submit_sm that still lies in the read buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubmitView<'a> {
    pub(crate) service_type: &'a [u8],
    pub(crate) source: AddressView<'a>,
    pub(crate) destination: AddressView<'a>,
    pub(crate) esm_class: u8,
    pub(crate) protocol_id: u8,
    pub(crate) priority: u8,
    pub(crate) schedule: &'a [u8],
    pub(crate) validity: &'a [u8],
    pub(crate) registered_delivery: u8,
    pub(crate) replace_if_present: u8,
    pub(crate) data_coding: u8,
    pub(crate) short_message: &'a [u8],
    tail: &'a [u8],
}

impl<'a> SubmitView<'a> {
    /// `None` when the body ends before sm_length, or sm_length goes beyond the body.
    pub(crate) fn read(mut body: &'a [u8]) -> Option<Self> {
        let octets = &mut body;
        let service_type = take_c_string(octets);
        let source = AddressView::take(octets)?;
        let destination = AddressView::take(octets)?;
        let esm_class = take_u8(octets)?;
        let protocol_id = take_u8(octets)?;
        let priority = take_u8(octets)?;
        let schedule = take_c_string(octets);
        let validity = take_c_string(octets);
        let registered_delivery = take_u8(octets)?;
        let replace_if_present = take_u8(octets)?;
        let data_coding = take_u8(octets)?;
        let _default_message_id = take_u8(octets)?;
        let length = usize::from(take_u8(octets)?);
        let (short_message, tail) = octets.split_at_checked(length)?;
        Some(Self {
            service_type,
            source,
            destination,
            esm_class,
            protocol_id,
            priority,
            schedule,
            validity,
            registered_delivery,
            replace_if_present,
            data_coding,
            short_message,
            tail,
        })
    }

    pub(crate) fn tlv(&self, wanted: u16) -> Option<&'a [u8]> {
        tlvs(self.tail)
            .find(|(tag, _)| *tag == wanted)
            .map(|(_, value)| value)
    }

    pub(crate) fn owned_tlvs(&self) -> Vec<Tlv> {
        tlvs(self.tail)
            .map(|(tag, value)| Tlv {
                tag,
                value: Bytes::copy_from_slice(value),
            })
            .collect()
    }

    /// short_message, or message_payload when there is one.
    pub(crate) fn user_data(&self) -> &'a [u8] {
        if self.short_message.is_empty() {
            self.tlv(tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            self.short_message
        }
    }

    /// The message without its user data header.
    pub(crate) fn text(&self) -> &'a [u8] {
        split_header(self.esm_class, self.user_data()).1
    }

    /// Which part of a longer message this is, from 1; 1 for a message of one part.
    pub(crate) fn part_number(&self) -> u8 {
        let (header, _) = split_header(self.esm_class, self.user_data());
        if let Some(place) = concatenation(header) {
            return place.part;
        }
        self.tlv(tag::SAR_PART)
            .and_then(|value| value.first().copied())
            .unwrap_or(1)
    }
}

/// Where a part belongs (3GPP TS 23.040 section 9.2.3.24.1 and .8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) reference: u16,
    pub(crate) wide: bool,
    pub(crate) total: u8,
    pub(crate) part: u8,
}

/// Splits user data into its header (without UDHL) and the rest. A header length beyond the data means that
/// there is no header, whatever esm_class says.
pub(crate) fn split_header(esm_class: u8, user_data: &[u8]) -> (&[u8], &[u8]) {
    const UDHI: u8 = 0x40;
    if esm_class & UDHI == 0 {
        return (&[], user_data);
    }
    user_data
        .split_first()
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)))
        .unwrap_or((&[], user_data))
}

/// Finds the concatenation element among others in a user data header.
pub(crate) fn concatenation(mut header: &[u8]) -> Option<Place> {
    while let [identifier, length, rest @ ..] = header {
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        match (*identifier, value) {
            (0x00, [reference, total, part]) => {
                return Some(Place {
                    reference: u16::from(*reference),
                    wide: false,
                    total: *total,
                    part: *part,
                });
            }
            (0x08, [high, low, total, part]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                return Some(Place {
                    reference,
                    wide: true,
                    total: *total,
                    part: *part,
                });
            }
            _ => header = next,
        }
    }
    None
}
