//! What else a hook is asked about, in the fixture form.

use super::AskedResponse;
use super::pdu_form::{AddressForm, tlvs};
use crate::correlation::DlrMessageState;
use crate::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use crate::ids::{AccountId, MessageId};
use crate::pdu::{Address, CommandStatus, Tlv};
use crate::policy::OutboundMessage;
use crate::policy::rewrite::PartPlace;
use crate::receipt::{ReceiptIdOrigin, ReceiptReading};
use crate::session::SubmitResponse;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(remote = "SmsEncoding", rename_all = "kebab-case")]
enum EncodingForm {
    Gsm7,
    Ucs2,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MessageType", rename_all = "kebab-case")]
enum TypeForm {
    Sms,
    Flash,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LongMessageStrategy", rename_all = "kebab-case")]
enum StrategyForm {
    Csms,
    Tlv,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OutboundMessage", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct MessageForm {
    #[serde(default = "nobody::message")]
    message_id: MessageId,
    #[serde(default = "nobody::account")]
    account_id: AccountId,
    #[serde(with = "AddressForm")]
    source: Address,
    #[serde(with = "AddressForm")]
    destination: Address,
    text: String,
    #[serde(default = "nobody::encoding", with = "EncodingForm")]
    encoding: SmsEncoding,
    #[serde(default = "nobody::message_type", with = "TypeForm")]
    message_type: MessageType,
    #[serde(default = "nobody::strategy", with = "StrategyForm")]
    long_message_strategy: LongMessageStrategy,
}

/// What a fixture need not say of its message.
mod nobody {
    use super::{AccountId, LongMessageStrategy, MessageId, MessageType, SmsEncoding};
    use uuid::Uuid;

    pub(super) fn message() -> MessageId {
        MessageId(Uuid::nil())
    }
    pub(super) fn account() -> AccountId {
        AccountId(Uuid::nil())
    }
    pub(super) fn encoding() -> SmsEncoding {
        SmsEncoding::Gsm7
    }
    pub(super) fn message_type() -> MessageType {
        MessageType::Sms
    }
    pub(super) fn strategy() -> LongMessageStrategy {
        LongMessageStrategy::Csms
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PartPlace", deny_unknown_fields)]
pub(super) struct PartForm {
    number: u8,
    count: u8,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ResponseForm {
    status: CommandStatus,
    #[serde(default)]
    message_id: String,
    #[serde(default, with = "tlvs")]
    tlvs: Vec<Tlv>,
    #[serde(default)]
    is_nack: bool,
    #[serde(default = "first")]
    attempt: u32,
}

fn first() -> u32 {
    1
}

impl From<ResponseForm> for AskedResponse {
    fn from(form: ResponseForm) -> Self {
        let ResponseForm {
            status,
            message_id,
            tlvs,
            is_nack,
            attempt,
        } = form;
        let response = SubmitResponse {
            status,
            message_id,
            tlvs,
            is_nack,
        };
        Self { response, attempt }
    }
}

impl From<AskedResponse> for ResponseForm {
    fn from(AskedResponse { response, attempt }: AskedResponse) -> Self {
        Self {
            status: response.status,
            message_id: response.message_id,
            tlvs: response.tlvs,
            is_nack: response.is_nack,
            attempt,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DlrMessageState", rename_all = "kebab-case")]
pub(super) enum StateForm {
    Enroute,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Accepted,
    Unknown,
    Rejected,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReceiptIdOrigin")]
enum OriginForm {
    #[serde(rename = "receipt-text")]
    Text,
    #[serde(rename = "receipt-tlv")]
    Tlv,
}

/// The contract's receipt, and of what else the host has read that which decides how a policy's answer is used.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ReceiptReading", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ReceiptForm {
    #[serde(default)]
    message_id: String,
    #[serde(default = "in_text", with = "OriginForm", skip_serializing_if = "is_in_text")]
    origin: ReceiptIdOrigin,
    #[serde(with = "StateForm")]
    state: DlrMessageState,
    is_final: bool,
    #[serde(default)]
    raw_state: String,
    #[serde(default)]
    raw_error: String,
    #[serde(skip)]
    network_error_code: Option<Vec<u8>>,
    #[serde(default)]
    done_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text_id: Option<String>,
    #[serde(skip)]
    sender: Address,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unknown_word: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    intermediate: bool,
}

fn in_text() -> ReceiptIdOrigin {
    ReceiptIdOrigin::Text
}

fn is_in_text(origin: &ReceiptIdOrigin) -> bool {
    *origin == ReceiptIdOrigin::Text
}

/// The host's own reading of a PDU, or null.
pub(super) mod reading {
    use super::{Deserialize, Deserializer, ReceiptForm, ReceiptReading, Serialize, Serializer};

    #[derive(Serialize)]
    struct Written<'a>(#[serde(with = "ReceiptForm")] &'a ReceiptReading);

    #[derive(Deserialize)]
    struct Read(#[serde(with = "ReceiptForm")] ReceiptReading);

    pub(in super::super) fn serialize<S: Serializer>(
        reading: &Option<ReceiptReading>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        reading.as_ref().map(Written).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ReceiptReading>, D::Error> {
        Ok(Option::<Read>::deserialize(deserializer)?.map(|Read(reading)| reading))
    }
}
