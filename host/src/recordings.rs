//! What is recorded for the engineer, in files of bounded size in the data folder: at present, PDUs that break the standard.

mod odd_pdus;
mod ring;
mod sample;

pub use odd_pdus::OddPduFiles;
