//! Reading a command: a fast way for the many that are right, a slow one that finds every problem of the few.

use super::check::{
    boolean, from, hex, kind, number, priority, quoted, string, text, time, tlv_tag, to, validity,
};
use super::{DispatchCommand, LongMessageStrategy, MessageType, SmsEncoding};
use crate::ids::{AccountId, MessageId, OperatorId};
use crate::pdu::Tlv;
use crate::split::Cut;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// One thing that is wrong with a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// The field as the platform writes it (`tlvs[0].value`), or `body`.
    pub field: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

/// Everything that is wrong with a command, at least one thing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct CommandErrors(Vec<Problem>);

impl CommandErrors {
    /// In the order of the fields.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }

    fn of_body(problem: String) -> Self {
        Self(vec![Problem {
            field: "body".to_owned(),
            problem,
        }])
    }
}

impl fmt::Display for CommandErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for CommandErrors {}

pub(super) fn parse(json: &[u8]) -> Result<DispatchCommand, CommandErrors> {
    if json.len() > DispatchCommand::MAX_BODY {
        let (octets, allowed) = (json.len(), DispatchCommand::MAX_BODY);
        return Err(CommandErrors::of_body(format!(
            "has {octets} octets: at most {allowed} are read"
        )));
    }
    if let Some(command) = serde_json::from_slice(json).ok().and_then(fast) {
        return Ok(command);
    }
    let value: Value = serde_json::from_slice(json)
        .map_err(|error| CommandErrors::of_body(format!("is not JSON: {error}")))?;
    match value {
        Value::Object(fields) => slow(&fields),
        other => Err(CommandErrors::of_body(format!(
            "is {}: a command is a JSON object",
            kind(&other)
        ))),
    }
}

pub(super) fn tlvs_as_hex<S: Serializer>(tlvs: &[Tlv], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Hex {
        tag: u16,
        value: String,
    }
    let mut seq = serializer.serialize_seq(Some(tlvs.len()))?;
    for tlv in tlvs {
        let value = tlv.value.iter().map(|octet| format!("{octet:02x}")).collect();
        seq.serialize_element(&Hex { tag: tlv.tag, value })?;
    }
    seq.end()
}

/// A command whose fields have the right types; what they say is checked in [`fast`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    message_id: MessageId,
    #[serde(borrow)]
    to: Cow<'a, str>,
    #[serde(borrow)]
    from: Cow<'a, str>,
    text: String,
    encoding: SmsEncoding,
    operator_id: OperatorId,
    account_id: AccountId,
    message_type: MessageType,
    long_message_strategy: LongMessageStrategy,
    splitting: Option<Cut>,
    validity_period: Option<u32>,
    expires_at: Option<String>,
    registered_delivery: Option<bool>,
    priority: Option<u8>,
    tlvs: Option<Vec<WireTlv<'a>>>,
    #[serde(borrow)]
    traceparent: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireTlv<'a> {
    tag: u16,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// `None` sends the command the slow way, which knows how to say why.
fn fast(wire: Wire<'_>) -> Option<DispatchCommand> {
    to(&wire.to).and(from(&wire.from)).and(text(&wire.text)).ok()?;
    wire.validity_period
        .map_or(Ok(()), |seconds| validity(seconds.into()).map(drop))
        .ok()?;
    wire.priority
        .map_or(Ok(()), |flag| priority(flag.into()).map(drop))
        .ok()?;
    let tlvs = wire.tlvs.unwrap_or_default();
    if tlvs.len() > DispatchCommand::MAX_TLVS {
        return None;
    }
    let tlvs = tlvs
        .iter()
        .map(|tlv| {
            Some(Tlv {
                tag: tlv_tag(tlv.tag.into()).ok()?,
                value: hex(&tlv.value).ok()?,
            })
        })
        .collect::<Option<_>>()?;
    Some(DispatchCommand {
        message_id: wire.message_id,
        to: wire.to.into_owned(),
        from: wire.from.into_owned(),
        text: wire.text,
        encoding: wire.encoding,
        operator_id: wire.operator_id,
        account_id: wire.account_id,
        message_type: wire.message_type,
        long_message_strategy: wire.long_message_strategy,
        splitting: wire.splitting,
        validity_period: wire.validity_period,
        expires_at: wire.expires_at.map(|at| time(&at)).transpose().ok()?,
        registered_delivery: wire.registered_delivery.unwrap_or(true),
        priority: wire.priority,
        tlvs,
        trace_parent: wire.traceparent.and_then(|parent| parent.parse().ok()),
    })
}

fn slow(fields: &Map<String, Value>) -> Result<DispatchCommand, CommandErrors> {
    let mut reader = Reader {
        fields,
        problems: Vec::new(),
    };
    let message_id = reader.id::<MessageId>("messageId");
    let to = reader.text("to", to);
    let from = reader.text("from", from);
    let text = reader.text("text", text);
    let encoding = reader.one_of(
        "encoding",
        &[("GSM7", SmsEncoding::Gsm7), ("UCS2", SmsEncoding::Ucs2)],
    );
    let operator_id = reader.id::<OperatorId>("operatorId");
    let account_id = reader.id::<AccountId>("accountId");
    let message_type = reader.one_of(
        "messageType",
        &[("SMS", MessageType::Sms), ("FLASH", MessageType::Flash)],
    );
    let long_message_strategy = reader.one_of(
        "longMessageStrategy",
        &[
            ("CSMS", LongMessageStrategy::Csms),
            ("TLV", LongMessageStrategy::Tlv),
        ],
    );
    let splitting = reader.optional("splitting", |value| {
        let cuts = [("udh8", Cut::Udh8), ("udh16", Cut::Udh16), ("sar", Cut::Sar)];
        word(value, &cuts)
    });
    let validity_period = reader.optional("validityPeriod", |value| validity(number(value)?));
    let expires_at = reader.optional("expiresAt", |value| time(string(value)?));
    let registered_delivery = reader.optional("registeredDelivery", boolean);
    let priority = reader.optional("priority", |value| priority(number(value)?));
    let tlvs = reader.tlvs();
    let trace_parent = fields.get("traceparent").and_then(Value::as_str);
    let trace_parent = trace_parent.and_then(|parent| parent.parse().ok());
    let command = (|| {
        Some(DispatchCommand {
            message_id: message_id?,
            to: to?,
            from: from?,
            text: text?,
            encoding: encoding?,
            operator_id: operator_id?,
            account_id: account_id?,
            message_type: message_type?,
            long_message_strategy: long_message_strategy?,
            splitting,
            validity_period,
            expires_at,
            registered_delivery: registered_delivery.unwrap_or(true),
            priority,
            tlvs,
            trace_parent,
        })
    })();
    match command {
        Some(command) if reader.problems.is_empty() => Ok(command),
        _ => Err(CommandErrors(reader.problems)),
    }
}

/// One of these words.
fn word<T: Copy>(value: &Value, allowed: &[(&str, T)]) -> Result<T, String> {
    let text = string(value)?;
    let known = allowed.iter().find(|(name, _)| *name == text);
    known.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
        format!("{} is not known: use {}", quoted(text), names.join(" or "))
    })
}

/// Takes fields out of an object and notes what is wrong with them.
struct Reader<'v> {
    fields: &'v Map<String, Value>,
    problems: Vec<Problem>,
}

impl<'v> Reader<'v> {
    fn id<T: FromStr>(&mut self, field: &str) -> Option<T> {
        self.required(field, |value| {
            let text = string(value)?;
            text.parse()
                .map_err(|_| format!("{} is not a UUID", quoted(text)))
        })
    }

    fn text(&mut self, field: &str, check: fn(&str) -> Result<(), String>) -> Option<String> {
        self.required(field, |value| {
            let text = string(value)?;
            check(text).map(|()| text.to_owned())
        })
    }

    fn one_of<T: Copy>(&mut self, field: &str, allowed: &[(&str, T)]) -> Option<T> {
        self.required(field, |value| word(value, allowed))
    }

    fn tlvs(&mut self) -> Vec<Tlv> {
        let entries = self.optional("tlvs", |value| match value {
            Value::Array(entries) if entries.len() > DispatchCommand::MAX_TLVS => Err(format!(
                "has {} entries: at most {} are sent",
                entries.len(),
                DispatchCommand::MAX_TLVS
            )),
            Value::Array(entries) => Ok(entries),
            other => Err(format!("is {}, not an array", kind(other))),
        });
        let mut tlvs = Vec::new();
        for (i, entry) in entries.into_iter().flatten().enumerate() {
            let Value::Object(fields) = entry else {
                self.note(
                    &format!("tlvs[{i}]"),
                    format!("is {}, not an object with tag and value", kind(entry)),
                );
                continue;
            };
            let mut reader = Reader {
                fields,
                problems: Vec::new(),
            };
            let tag = reader.required("tag", |value| tlv_tag(number(value)?));
            let value = reader.required("value", |value| hex(string(value)?));
            tlvs.extend(tag.zip(value).map(|(tag, value)| Tlv { tag, value }));
            for problem in reader.problems {
                self.note(&format!("tlvs[{i}].{}", problem.field), problem.problem);
            }
        }
        tlvs
    }

    fn required<T>(&mut self, field: &str, read: impl FnOnce(&'v Value) -> Result<T, String>) -> Option<T> {
        if matches!(self.fields.get(field), None | Some(Value::Null)) {
            self.note(field, "is missing".to_owned());
            return None;
        }
        self.optional(field, read)
    }

    fn optional<T>(&mut self, field: &str, read: impl FnOnce(&'v Value) -> Result<T, String>) -> Option<T> {
        let value = self.fields.get(field).filter(|value| !value.is_null())?;
        read(value).map_err(|problem| self.note(field, problem)).ok()
    }

    fn note(&mut self, field: &str, problem: String) {
        self.problems.push(Problem {
            field: field.to_owned(),
            problem,
        });
    }
}
