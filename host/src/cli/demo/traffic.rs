//! The messages of the demo: short, long, emoji and flash, to both operators.

use super::stage::{NORDIC, VOLTA};
use crate::cli::Failure;
use crate::ports::{CommandQueue, QueuedCommand};
use anyhow::Context;
use bytes::Bytes;
use serde_json::json;
use smpp_domain::ids::OperatorId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Commands published at once.
const BATCH: u32 = 50;

/// The destination of message `n`: each its own, so that anything sent twice shows. The last digit keeps clear of those
/// that the simulated operators treat specially.
pub(super) fn destination(n: u32) -> String {
    format!("+49151{n:07}7")
}

/// Publishes all messages, a little ahead of what the operators take. The last quarter trickles while a plugin is still
/// being swapped, so that there is traffic for the new version to decide.
pub(super) async fn send_all(
    queue: Arc<dyn CommandQueue>,
    messages: u32,
    swapped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut n = 0;
    while n < messages {
        let trickle = n >= messages - messages / 4 && !*swapped.borrow();
        let end = messages.min(n + if trickle { 2 } else { BATCH });
        let batch = (n..end).map(command).collect::<anyhow::Result<Vec<_>>>()?;
        queue.publish(&batch).await?;
        n = end;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn command(n: u32) -> anyhow::Result<QueuedCommand> {
    let operator = if n.is_multiple_of(2) { NORDIC } else { VOLTA };
    let operator_id: OperatorId = operator.parse().context("a fixed id")?;
    let (text, kind) = match n / 2 % 10 {
        0 => (long_text(), "SMS"),
        1 => ("Grüße aus der Demo 🚀 – tschüß!".to_owned(), "SMS"),
        2 => (format!("Your code is {:06}", n % 1_000_000), "FLASH"),
        3 => (format!("Price: {} € [net]", n % 100), "SMS"),
        _ => (format!("Hello, this is message {n}."), "SMS"),
    };
    let body = json!({
        "messageId": Uuid::now_v7(),
        "to": destination(n),
        "from": "Demo",
        "text": text,
        "encoding": "GSM7",
        "operatorId": operator,
        "accountId": Uuid::nil(),
        "messageType": kind,
        "longMessageStrategy": "CSMS",
    });
    Ok(QueuedCommand {
        operator_id,
        body: Bytes::from(body.to_string()),
    })
}

fn long_text() -> String {
    "Blåbærsyltetøy på brødskive: this text is longer than one message, so that the operator's policy has to decide how \
     it travels. One plugin version cuts it into parts with headers, the next one sends it whole in a parameter of its \
     own. Watch the octets below."
        .to_owned()
}
