//! A scriptable SMSC: the stand-in for real operators in the demonstration, the tests and the benchmark.
//!
//! It reads and writes SMPP 3.4 with its own few lines of wire format instead of the gateway's PDU library,
//! for three reasons: it must be able to say wrong things, it must accept odd ones, and a mistake in that
//! library must not cancel itself out by being on both ends of a test.
//!
//! ```no_run
//! # async fn story() -> Result<(), Box<dyn std::error::Error>> {
//! use smsc_sim::{IdForm, Rule, Script, Smsc, Then, When};
//! use std::time::Duration;
//!
//! let smsc = Smsc::start(
//!     Script::new()
//!         .ids(IdForm::HexLower)
//!         .receipt_ids(IdForm::DecimalPadded(10))
//!         .respond(Rule::when(When::DestinationSuffix("99".into())).then(Then::Status(0x0B))),
//! )
//! .await?;
//! // ... connect a client to smsc.addr() and send ...
//! smsc.wait_until(|seen| seen.submits >= 10, Duration::from_secs(5)).await?;
//! assert_eq!(smsc.counters().refused, 0);
//! smsc.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! It is *not* a model of a mobile network: a message is delivered because the script says so.

mod account;
mod desk;
mod ids;
mod link;
mod messages;
mod mo;
mod profile;
mod receipts;
mod records;
mod script;
mod server;
mod wire;

#[cfg(test)]
mod tests;

pub use ids::IdForm;
pub use messages::{Concatenation, ReceivedMessage};
pub use mo::{Mo, MoError};
pub use profile::{PROFILES, profile};
pub use records::{BindRequest, Counters, Record, Response, Submit, WaitTimedOut};
pub use script::receipts::{Carrier, FinalState, Receipts, Wanted};
pub use script::rule::{Rule, Then, When};
pub use script::{Script, Writes};
pub use server::Smsc;
pub use wire::submit::Address;
pub use wire::{Tlv, status, tag};
