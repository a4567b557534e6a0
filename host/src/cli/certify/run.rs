//! Sends the messages and hears what comes back, until everything is there or the patience ends.

use super::came::Came;
use super::cases::Case;
use super::findings::Run;
use crate::cli::client::Gateway;
use crate::cli::recorded::decisions;
use crate::cli::view::text;
use crate::cli::{Failure, send};
use crate::clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::{BufRead, BufReader, IsTerminal};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Events that may wait to be heard.
const WAITING: usize = 1_024;

/// Calls are recorded a moment after their event.
const SETTLE: Duration = Duration::from_millis(500);

/// What is to be done.
pub(super) struct Order<'a> {
    pub(super) operator: &'a str,
    pub(super) operator_id: &'a Value,
    pub(super) to: &'a str,
    pub(super) wait: Duration,
    pub(super) shows_progress: bool,
}

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    came: Vec<Came>,
    unmatched: Vec<Value>,
    from_number: Vec<Value>,
    interrupted: bool,
}

/// What is listened to.
struct Ears {
    events: mpsc::Receiver<Value>,
    /// Ctrl-C, also while something else is done.
    interrupts: Signal,
}

/// Why the hearing ended.
#[derive(PartialEq)]
enum Heard {
    Enough,
    Time,
    Interrupt,
}

impl Done {
    pub(super) fn seen(&self) -> Run<'_> {
        Run {
            came: &self.came,
            unmatched: &self.unmatched,
            from_number: &self.from_number,
            interrupted: self.interrupted,
        }
    }

    fn hear(&mut self, event: Value, order: &Order<'_>) {
        if event.get("operatorId") != Some(order.operator_id) {
            return;
        }
        let number = |text: &str| text.trim_start_matches('+').to_owned();
        let message_id = text(&event, "/messageId");
        let own = self.came.iter_mut().find(|came| came.message_id == message_id);
        match (text(&event, "/type").as_str(), own) {
            ("submit", Some(came)) => came.outcome = Some(event),
            ("dlr", Some(came)) => came.receipts.push(event),
            ("unmatched", _) => self.unmatched.push(event),
            ("mo", _) if number(&text(&event, "/from")) == number(order.to) => self.from_number.push(event),
            _ => {}
        }
    }

    /// Whether the last message that was sent has its outcome.
    fn has_outcome(&self) -> bool {
        self.came.last().is_none_or(|came| came.outcome.is_some())
    }

    /// Whether as many receipts came as were asked for, be it for no message.
    fn has_receipts(&self) -> bool {
        let awaited: usize = self.came.iter().map(Came::awaited).sum();
        self.came.iter().all(|came| came.outcome.is_some())
            && awaited <= self.unmatched.len() + self.from_number.len()
    }
}

/// Sends one message after the other, each when the one before has its outcome.
pub(super) async fn run(gateway: &Gateway, order: &Order<'_>, cases: Vec<Case>) -> Result<Done, Failure> {
    let mut ears = Ears {
        events: listen(gateway)?,
        interrupts: signal(SignalKind::interrupt())?,
    };
    let started = clock::now();
    let bar = progress(order, cases.len());
    let mut done = Done::default();
    for case in cases {
        bar.set_message(case.name.clone());
        let message_id = Uuid::now_v7().to_string();
        let command = case.command(&message_id, order.operator_id, order.to).to_string();
        done.came.push(Came::new(case, message_id));
        gateway.post("messages", Some(("application/json", command.as_bytes())))?;
        let heard = until(&mut done, &mut ears, order, Done::has_outcome).await?;
        bar.inc(1);
        done.interrupted = heard == Heard::Interrupt;
        // The next would wait behind one that is not through.
        if heard != Heard::Enough {
            break;
        }
    }
    if !done.interrupted {
        bar.set_message("waiting for receipts");
        let heard = until(&mut done, &mut ears, order, Done::has_receipts).await?;
        done.interrupted = heard == Heard::Interrupt;
    }
    bar.finish_and_clear();
    tokio::time::sleep(SETTLE).await;
    let calls = calls(gateway, order, started)?;
    for came in &mut done.came {
        let own = calls.iter().rev();
        let own = own.filter(|call| text(call, "/messageId") == came.message_id);
        came.calls = own.cloned().collect();
    }
    Ok(done)
}

/// Hears events until there are enough of them.
async fn until(
    done: &mut Done,
    ears: &mut Ears,
    order: &Order<'_>,
    enough: fn(&Done) -> bool,
) -> Result<Heard, Failure> {
    let patience = tokio::time::sleep(order.wait);
    tokio::pin!(patience);
    while !enough(done) {
        tokio::select! {
            event = ears.events.recv() => match event {
                Some(event) => done.hear(event, order),
                None => return Err(Failure::Unavailable(anyhow::anyhow!("the gateway ended its stream of events"))),
            },
            () = &mut patience => return Ok(Heard::Time),
            _ = ears.interrupts.recv() => return Ok(Heard::Interrupt),
        }
    }
    Ok(Heard::Enough)
}

/// Events from now on. Who reads them waits for the gateway, and ends with the process.
fn listen(gateway: &Gateway) -> Result<mpsc::Receiver<Value>, Failure> {
    let after = send::newest(gateway)?;
    let mut answer = gateway.open(&format!("events?after={after}"))?;
    let (heard, events) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        for line in BufReader::new(answer.body_mut().as_reader()).lines() {
            let Ok(line) = line else { return };
            let event = line
                .strip_prefix("data:")
                .and_then(|data| serde_json::from_str(data).ok());
            if event.is_some_and(|event| heard.blocking_send(event).is_err()) {
                return;
            }
        }
    });
    Ok(events)
}

/// The recorded calls of the operator since the start, newest first; none where the gateway records none.
fn calls(gateway: &Gateway, order: &Order<'_>, started: Instant) -> Result<Vec<Value>, Failure> {
    // By the gateway's clock, which need not be ours; and a little more.
    let ago = clock::now().saturating_duration_since(started) + Duration::from_secs(2);
    let since = format!("{}ms", ago.as_millis());
    let query = [("operator", order.operator), ("since", since.as_str())];
    match decisions(gateway, &query, usize::MAX, |_| ()) {
        Err(Failure::Failed(error)) => {
            tracing::warn!("{error}: how messages went, and ids that are read otherwise, cannot be told");
            Ok(Vec::new())
        }
        calls => calls,
    }
}

fn progress(order: &Order<'_>, messages: usize) -> ProgressBar {
    let target = if order.shows_progress && std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(u64::try_from(messages).ok(), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} sent, {elapsed}, {msg}") {
        bar.set_style(style);
    }
    bar
}
