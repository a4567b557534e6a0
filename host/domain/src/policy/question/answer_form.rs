//! Answers in the fixture form, one module a hook.

use super::octets;
use super::pdu_form::{AddressForm, SubmitForm};
use super::question_form::ReceiptForm;
use crate::pdu::{Address, CommandStatus, SubmitSmPdu};
use crate::policy::{
    AlphabetName, Concatenation, EncodingAnswer, InboundAnswer, PlannedPart, ReferenceWidth, SplittingAnswer,
    SubmitAnswer,
};
use crate::receipt::ReceiptReading;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// `write` for a field of the domain's type, and `read` for JSON, by a form that is derived for that type.
macro_rules! by_form {
    ($hook:ident, $answer:ident, $form:ident) => {
        pub(super) mod $hook {
            use super::*;

            pub(in super::super) fn write<S: Serializer>(
                answer: &$answer,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                $form::serialize(answer, serializer)
            }

            pub(in super::super) fn read(json: &Value) -> Result<$answer, serde_json::Error> {
                $form::deserialize(json)
            }
        }
    };
}

by_form!(encoding, EncodingAnswer, EncodingForm);
by_form!(splitting, SplittingAnswer, SplittingForm);
by_form!(submit, SubmitAnswer, SubmitAnswerForm);
by_form!(inbound, InboundAnswer, InboundForm);

#[derive(Serialize, Deserialize)]
#[serde(
    remote = "EncodingAnswer",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum EncodingForm {
    HostDefault,
    Alphabet {
        #[serde(with = "AlphabetForm")]
        alphabet: AlphabetName,
        data_coding: u8,
        #[serde(default, with = "unencodable")]
        unencodable: Option<crate::encoding::UnencodableRule>,
    },
    Encoded {
        #[serde(with = "octets")]
        octets: Vec<u8>,
        data_coding: u8,
        unit: u8,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(
    remote = "AlphabetName",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum AlphabetForm {
    Gsm7Unpacked,
    Gsm7Packed,
    Gsm7National {
        #[serde(default)]
        locking_shift: Option<u8>,
        #[serde(default)]
        single_shift: Option<u8>,
    },
    Ascii,
    Latin1,
    Ucs2,
    Named(String),
}

/// The contract has no word for UCS2 in this place: a plugin that wants it chooses the alphabet.
mod unencodable {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use crate::encoding::UnencodableRule;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Form {
        HostDefault,
        Transliterate,
        Replace(String),
        Refuse,
        #[serde(rename = "ucs2")]
        Ucs2,
    }

    pub(super) fn serialize<S: Serializer>(
        rule: &Option<UnencodableRule>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let form = match rule {
            None => Form::HostDefault,
            Some(UnencodableRule::Transliterate) => Form::Transliterate,
            Some(UnencodableRule::Replace(text)) => Form::Replace(text.clone()),
            Some(UnencodableRule::Reject) => Form::Refuse,
            Some(UnencodableRule::Ucs2) => Form::Ucs2,
        };
        form.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<UnencodableRule>, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::HostDefault => None,
            Form::Transliterate => Some(UnencodableRule::Transliterate),
            Form::Replace(text) => Some(UnencodableRule::Replace(text)),
            Form::Refuse => Some(UnencodableRule::Reject),
            Form::Ucs2 => Some(UnencodableRule::Ucs2),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    remote = "SplittingAnswer",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum SplittingForm {
    HostDefault,
    Udh {
        #[serde(with = "WidthForm")]
        reference_width: ReferenceWidth,
        #[serde(default)]
        max_octets: Option<u16>,
        #[serde(default)]
        max_parts: Option<u8>,
    },
    SarTlvs,
    MessagePayload {
        #[serde(default)]
        max_octets: Option<u32>,
    },
    Parts(#[serde(with = "parts")] Vec<PlannedPart>),
    Refuse(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReferenceWidth", rename_all = "kebab-case")]
enum WidthForm {
    EightBits,
    SixteenBits,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PlannedPart", deny_unknown_fields)]
struct PlannedPartForm {
    #[serde(default, with = "octets")]
    header: Vec<u8>,
    #[serde(with = "octets")]
    octets: Vec<u8>,
}

mod parts {
    use super::{Deserialize, Deserializer, PlannedPart, PlannedPartForm, Serialize, Serializer};

    #[derive(Serialize)]
    struct Written<'a>(#[serde(with = "PlannedPartForm")] &'a PlannedPart);

    #[derive(Deserialize)]
    struct Read(#[serde(with = "PlannedPartForm")] PlannedPart);

    pub(super) fn serialize<S: Serializer>(parts: &[PlannedPart], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(parts.iter().map(Written))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<PlannedPart>, D::Error> {
        let read = Vec::<Read>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|Read(part)| part).collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SubmitAnswer", rename_all = "kebab-case")]
enum SubmitAnswerForm {
    HostDefault,
    Send(#[serde(with = "boxed")] Box<SubmitSmPdu>),
    Refuse(String),
}

mod boxed {
    use super::{Deserializer, Serializer, SubmitForm, SubmitSmPdu};

    pub(super) fn serialize<S: Serializer>(pdu: &SubmitSmPdu, serializer: S) -> Result<S::Ok, S::Error> {
        SubmitForm::serialize(pdu, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<SubmitSmPdu>, D::Error> {
        SubmitForm::deserialize(deserializer).map(Box::new)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    remote = "InboundAnswer",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum InboundForm {
    HostDefault,
    Receipt(#[serde(with = "ReceiptForm")] ReceiptReading),
    MobileOriginated {
        #[serde(with = "AddressForm")]
        source: Address,
        #[serde(with = "AddressForm")]
        destination: Address,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        concatenation: Option<Concatenation>,
    },
    Ignore(String),
    Refuse(CommandStatus),
}

/// Verdicts as the contract's answers. Times are milliseconds.
pub(super) mod submit_result {
    use super::{Deserialize, Serialize, Serializer, Value};
    use crate::status::{Throttling, Verdict};
    use std::num::NonZeroU32;
    use std::time::Duration;

    #[derive(Serialize, Deserialize)]
    #[serde(
        rename_all = "kebab-case",
        rename_all_fields = "kebab-case",
        deny_unknown_fields
    )]
    enum Form {
        HostDefault,
        Accepted,
        Retry {
            #[serde(default)]
            after_ms: Option<u64>,
            #[serde(default)]
            max_attempts: Option<NonZeroU32>,
        },
        Throttle {
            #[serde(default)]
            pause_ms: Option<u64>,
            #[serde(default)]
            max_rate: Option<NonZeroU32>,
        },
        Reject {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            code: Option<String>,
            reason: String,
            /// The host's own table alone says so.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            alert: bool,
        },
        StopOperator(String),
    }

    fn millis(time: Duration) -> u64 {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    }

    pub(in super::super) fn write<S: Serializer>(
        verdict: &Option<Verdict>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let form = match verdict.clone() {
            None => Form::HostDefault,
            Some(Verdict::Accepted) => Form::Accepted,
            Some(Verdict::Retry { after, max_attempts }) => Form::Retry {
                after_ms: after.map(millis),
                max_attempts,
            },
            Some(Verdict::Throttle(Throttling { pause, max_rate })) => Form::Throttle {
                pause_ms: pause.map(millis),
                max_rate,
            },
            Some(Verdict::Reject { code, reason, alert }) => Form::Reject { code, reason, alert },
            Some(Verdict::StopOperator { reason }) => Form::StopOperator(reason),
        };
        form.serialize(serializer)
    }

    pub(in super::super) fn read(json: &Value) -> Result<Option<Verdict>, serde_json::Error> {
        Ok(Some(match Form::deserialize(json)? {
            Form::HostDefault => return Ok(None),
            Form::Accepted => Verdict::Accepted,
            Form::Retry {
                after_ms,
                max_attempts,
            } => Verdict::Retry {
                after: after_ms.map(Duration::from_millis),
                max_attempts,
            },
            Form::Throttle { pause_ms, max_rate } => Verdict::Throttle(Throttling {
                pause: pause_ms.map(Duration::from_millis),
                max_rate,
            }),
            Form::Reject { code, reason, alert } => Verdict::Reject { code, reason, alert },
            Form::StopOperator(reason) => Verdict::StopOperator { reason },
        }))
    }
}
