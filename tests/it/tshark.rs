//! What the gateway puts on the wire, as an SMPP implementation reads it that shares no code with it: Wireshark's.
#![cfg(test)]

mod capture;
mod pdus;
mod reader;
mod relay;
mod session;
mod wishes;
