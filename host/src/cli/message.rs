//! A message on the command line, as its DispatchCommand has it.

use serde_json::{Map, Value, json};

/// What is said of a message besides its text and its number.
#[derive(clap::Args, Debug)]
pub(super) struct Manner {
    /// Sender
    #[arg(long, default_value = "demo")]
    from: String,
    /// GSM7 or UCS2
    #[arg(long, default_value = "GSM7")]
    encoding: String,
    /// Show it at once (class 0)
    #[arg(long)]
    flash: bool,
    /// Send a long text as message_payload instead of parts
    #[arg(long)]
    payload: bool,
}

impl Manner {
    /// The message's fields of a DispatchCommand.
    pub(super) fn message(&self, to: Option<&str>, text: Option<&str>) -> Map<String, Value> {
        let fields = [
            ("to", json!(to)),
            ("from", json!(self.from)),
            ("text", json!(text)),
            ("encoding", json!(self.encoding)),
            ("messageType", json!(if self.flash { "FLASH" } else { "SMS" })),
            (
                "longMessageStrategy",
                json!(if self.payload { "TLV" } else { "CSMS" }),
            ),
        ];
        fields
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect()
    }
}
