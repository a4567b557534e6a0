//! Stories about the gateway, and the contracts that its parts must keep. One binary, so that it links once.

mod architecture;
mod benches;
mod console;
mod contracts;
mod failures;
mod flood;
mod foreign;
mod languages;

mod nats;
mod operations;
mod pipeline;
mod platform;
mod policy;
mod process;
mod scale;
mod stories;
mod swaps;
mod tshark;
