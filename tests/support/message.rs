//! A dispatch command in the making.

use serde_json::{Value, json};
use smpp_domain::ids::{MessageId, OperatorId};
use uuid::Uuid;

/// A message with everything that a command needs; the setters change what the story is about.
#[derive(Clone, Debug)]
pub struct Message {
    fields: Value,
}

impl Message {
    /// A short GSM message to a number.
    #[must_use]
    pub fn to(destination: &str) -> Self {
        let fields = json!({
            "messageId": Uuid::now_v7(),
            "to": destination,
            "from": "Story",
            "text": "Once upon a time",
            "encoding": "GSM7",
            "operatorId": null,
            "accountId": Uuid::nil(),
            "messageType": "SMS",
            "longMessageStrategy": "CSMS",
        });
        Self { fields }
    }

    /// Another text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.with("text", json!(text))
    }

    /// Any field of the command.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        if let Some(fields) = self.fields.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
        self
    }

    /// For this operator.
    #[must_use]
    pub fn operator(self, operator: OperatorId) -> Self {
        self.with("operatorId", json!(operator))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> MessageId {
        let id = self.fields.get("messageId").and_then(Value::as_str).unwrap_or_default();
        id.parse().expect("the story keeps its message id")
    }

    /// The command's JSON.
    #[must_use]
    pub fn json(&self) -> String {
        self.fields.to_string()
    }
}
