//! Reads events while the story goes on: there are too many to read them all at its end.

use serde_json::Value;
use smpp_connector_tests::{PATIENCE, http};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

/// The outcomes of messages, as a thread of its own reads them.
pub(super) struct Reader(Receiver<Value>);

impl Reader {
    pub(super) fn start(url: String) -> Self {
        let (told, heard) = channel();
        std::thread::spawn(move || {
            for line in http::lines(&url).expect("a stream of events") {
                // It ends with the gateway.
                let Ok(line) = line else { return };
                let event = line.strip_prefix("data:").map(serde_json::from_str::<Value>);
                let Some(event) = event.transpose().expect("JSON") else {
                    continue;
                };
                if event["type"] == "submit" && told.send(event).is_err() {
                    return;
                }
            }
        });
        Self(heard)
    }

    /// All outcomes, once there are so many.
    pub(super) fn until(self, count: usize) -> Vec<Value> {
        let (mut events, mut heard) = (Vec::with_capacity(count), Instant::now());
        while events.len() < count {
            match self.0.recv_timeout(PATIENCE) {
                Ok(event) => {
                    events.push(event);
                    heard = Instant::now();
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!(
                        "{} of {count} outcomes; the last came {:?} ago",
                        events.len(),
                        heard.elapsed()
                    )
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the stream ended at {} of {count}", events.len())
                }
            }
        }
        events
    }
}
