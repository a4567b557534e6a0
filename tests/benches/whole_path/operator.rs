//! The benchmark's operator by itself, so that nobody takes its limit for the gateway's.

use anyhow::Result;
use smpp_connector_tests::load::{Answers, Sink, Tally};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

const WINDOW: usize = 100;
/// A submit_sm_resp with an id of ten digits.
const RESPONSE: usize = 16 + 11;

/// submit_sm a second that it answers to a client that does nothing else.
pub(crate) fn rate(messages: usize) -> Result<f64> {
    let windows = 10 * messages / WINDOW;
    let sink = Sink::start(Answers::default(), Arc::new(Tally::of(0)))?;
    let mut link = TcpStream::connect(sink.addr)?;
    link.set_nodelay(true)?;
    let requests = submit_sm().repeat(WINDOW);
    let mut responses = vec![0; RESPONSE * WINDOW];
    let started = Instant::now();
    for _ in 0..windows {
        link.write_all(&requests)?;
        link.read_exact(&mut responses)?;
    }
    let sent = u32::try_from(windows * WINDOW)?;
    Ok(f64::from(sent) / started.elapsed().as_secs_f64())
}

fn submit_sm() -> Vec<u8> {
    let mut body = b"\0\x05\0Bench\0\x01\x014915100000000\0\0\0\0\0\0\0\0\0\0\x45".to_vec();
    body.extend([b'x'; 0x45]);
    let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    let mut pdu: Vec<_> = [length, 4, 0, 1].into_iter().flat_map(u32::to_be_bytes).collect();
    pdu.extend(body);
    pdu
}
