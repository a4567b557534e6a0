//! Write policy plugins for smpp-connector in Rust.
//!
//! An operator that does things its own way gets a policy plugin: a small WASM component that answers a few questions
//! about messages and receipts. Each question is a hook, each hook a trait here: [`Settings`], [`Encoding`],
//! [`Splitting`], [`Submit`], [`SubmitResult`], [`MessageIds`], [`Inbound`]. Implement those in which the operator is
//! odd, and name them to [`operator_policy!`]; for the rest the gateway does what it always does. Within a hook, the
//! answer `HostDefault` says the same for one message.
//!
//! ```
//! use smpp_plugin_sdk::message_ids::Origin;
//! use smpp_plugin_sdk::{Fault, MessageIds, operator_policy};
//!
//! /// Acme answers submit_sm with a hexadecimal id and writes it in decimal, zero-padded, in its receipts.
//! struct Acme;
//!
//! impl MessageIds for Acme {
//!     fn normalise(raw: &str, origin: Origin) -> Result<Option<String>, Fault> {
//!         let radix = if origin == Origin::ReceiptText { 10 } else { 16 };
//!         u128::from_str_radix(raw.trim(), radix)
//!             .map(|id| Some(id.to_string()))
//!             .map_err(|_| Fault::Malformed(format!("{raw:?} is no number in base {radix}")))
//!     }
//! }
//!
//! operator_policy!(Acme: MessageIds);
//!
//! // Hooks are plain functions, so unit tests need neither a WASM toolchain nor a gateway.
//! assert_eq!(Acme::normalise("39F99DD5", Origin::SubmitResp), Acme::normalise("0972660181", Origin::ReceiptText));
//! ```
//!
//! A plugin is a library crate with `crate-type = ["cdylib", "rlib"]` (the second for tests).
//! `smpp-connector plugin build` compiles it for `wasm32-unknown-unknown` and makes a component of it.
//!
//! Besides its arguments a hook may know what [`context`] says: the operator, the time of the call and the plugin's
//! [`settings()`]. It has no clock, randomness, files or sockets, so that a recorded call always replays to the same
//! answer. In unit tests [`testing::Context`] says what the gateway would.
//!
//! A hook that cannot decide returns a [`Fault`]: it is counted, and the operator's `on_failure` decides what the message
//! gets. A panic comes to the same, is logged with its text and place, and costs the gateway a new instance. Keep nothing
//! in statics: an instance serves many calls or one.

#[doc(hidden)]
pub mod bindings;
pub mod charset;
pub mod context;
mod export;
pub mod hooks;
mod host;
pub mod log;
#[doc(hidden)]
pub mod manifest;
pub mod metrics;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use bindings::shared::smpp::operator_policy::types::{
    Fault, LongMessageStrategy, MessageType, OutboundMessage, SmsEncoding,
};
pub use bindings::shared::smpp::pdu::types::{
    Address, CommandStatus, DataCoding, DeliverSm, OctetText, SubmitSm, Tlv,
};
pub use hooks::{Encoding, Inbound, MessageIds, Settings, Splitting, Submit, SubmitResult};
pub use hooks::{encoding, inbound, message_ids, splitting, submit, submit_result};
pub use settings::settings;

/// What the documents for authors show compiles: `cargo test` runs it with the examples of this crate.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../docs/plugins/guide.md")]
    mod guide {}
    #[doc = include_str!("../../docs/plugins/cookbook.md")]
    mod cookbook {}
}
