//! Large numbers: many operators, long runs, more than an operator takes. Small in every run; with `SMPP_STORIES=full` as large as they
//! are meant. What they print is told as a ratio within one run.
#![cfg(test)]

mod again;
mod binds;
mod operators;
mod overload;
mod wraps;

use smpp_connector_tests::load::count;
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE};
use std::time::{Duration, Instant};

/// Messages that are posted at once.
const POST: usize = 500;

/// The next `count` messages, to these operators in turn.
fn messages(operators: &[Operator], count: usize) -> Vec<Message> {
    let message = |n: usize| {
        let operator = operators.get(n % operators.len()).expect("an operator");
        Message::to(&format!("49151{n:08}")).operator(operator.id)
    };
    (0..count).map(message).collect()
}

fn post(host: &GatewayProcess, messages: &[Message]) {
    for some in messages.chunks(POST) {
        host.post(some).unwrap();
    }
}

fn accepted(host: &GatewayProcess) -> f64 {
    host.metric("smpp_connector_messages_total", "result=\"accepted\"")
}

/// Waits until so many messages are through since the host's start.
fn until_accepted(host: &GatewayProcess, messages: usize, limit: Duration) {
    let started = Instant::now();
    while accepted(host) < count(messages) {
        assert!(
            started.elapsed() < PATIENCE + limit,
            "{} of {messages}; log:\n{}",
            accepted(host),
            host.log()
        );
        // A page of metrics is no event source.
        std::thread::sleep(Duration::from_millis(50));
    }
}
