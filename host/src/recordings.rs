//! What is recorded for the engineer, in files of bounded size in the data folder: PDUs that break the standard, hook calls,
//! and the PDUs that go with these.

mod counts;
mod decisions;
mod log;
mod odd_pdus;
mod ring;
mod sample;

pub use decisions::{DecisionFiles, PduFiles};
pub use odd_pdus::OddPduFiles;
