//! What the gateway puts on the wire, as an SMPP implementation reads it that shares no code with it: Wireshark's.
#![cfg(test)]

pub(crate) mod capture;
mod explained;
mod features;
mod pdus;
pub(crate) mod reader;
pub(crate) mod relay;
mod session;
mod wishes;
