//! Records of the package `smpp:pdu` in the fixture form.

use super::octets;
use crate::pdu::{Address, DeliverSmPdu, SubmitSmPdu, Tlv};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Address", deny_unknown_fields)]
pub(super) struct AddressForm {
    #[serde(default)]
    ton: u8,
    #[serde(default)]
    npi: u8,
    digits: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Tlv", deny_unknown_fields)]
struct TlvForm {
    tag: u16,
    #[serde(with = "octets")]
    value: Vec<u8>,
}

/// Lists of optional parameters.
pub(super) mod tlvs {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Tlv, TlvForm};

    #[derive(Serialize)]
    struct Written<'a>(#[serde(with = "TlvForm")] &'a Tlv);

    #[derive(Deserialize)]
    struct Read(#[serde(with = "TlvForm")] Tlv);

    pub(in super::super) fn serialize<S: Serializer>(tlvs: &[Tlv], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(tlvs.iter().map(Written))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Tlv>, D::Error> {
        let read = Vec::<Read>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|Read(tlv)| tlv).collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SubmitSmPdu", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SubmitForm {
    #[serde(default)]
    service_type: String,
    #[serde(default, with = "AddressForm")]
    source: Address,
    #[serde(with = "AddressForm")]
    destination: Address,
    #[serde(default)]
    esm_class: u8,
    #[serde(default)]
    protocol_id: u8,
    #[serde(default)]
    priority_flag: u8,
    #[serde(default)]
    schedule_delivery_time: String,
    #[serde(default)]
    validity_period: String,
    #[serde(default)]
    registered_delivery: u8,
    #[serde(default)]
    replace_if_present: u8,
    #[serde(default)]
    data_coding: u8,
    #[serde(default)]
    sm_default_msg_id: u8,
    #[serde(default, with = "octets")]
    short_message: Vec<u8>,
    #[serde(default, with = "tlvs")]
    tlvs: Vec<Tlv>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DeliverSmPdu", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct DeliverForm {
    #[serde(default)]
    service_type: String,
    #[serde(default, with = "AddressForm")]
    source: Address,
    #[serde(default, with = "AddressForm")]
    destination: Address,
    #[serde(default)]
    esm_class: u8,
    #[serde(default)]
    protocol_id: u8,
    #[serde(default)]
    priority_flag: u8,
    #[serde(default)]
    registered_delivery: u8,
    #[serde(default)]
    data_coding: u8,
    #[serde(default)]
    sm_default_msg_id: u8,
    #[serde(default, with = "octets")]
    short_message: Vec<u8>,
    #[serde(default, with = "tlvs")]
    tlvs: Vec<Tlv>,
    /// Not of the contract: the body could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unreadable: bool,
}
