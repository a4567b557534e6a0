//! One connection: a task that reads, answers and delivers.
//!
//! A turn of [`Link::run`] takes all complete PDUs that one read brought, under one lock of the desk, and
//! writes all that is ready with one write. Reading pauses while too many answers wait or too much is
//! unwritten, so a link's memory is bounded by what it was told to hold back.

mod answer;
mod deliver;
mod request;

use crate::account::{Account, Answer, Door, Held, Pending, lock};
use crate::receipts::Clock;
use crate::script::Script;
use crate::server::Hub;
use crate::wire::{HEADER, Header, MAX_PDU, command, put_header, status};
use bytes::{Buf, BytesMut};
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

const READ_AT_ONCE: usize = 64 * 1024;
/// Nothing more is read while so many octets are unwritten.
const MAX_OUTPUT: usize = 256 * 1024;
/// Nothing more is read while so many answers are held back.
const MAX_HELD: usize = 100_000;

struct Bound {
    account: Arc<Account>,
    sends: bool,
    receives: bool,
}

/// See the module.
pub(crate) struct Link<R, W> {
    hub: Arc<Hub>,
    door: Arc<Door>,
    reader: R,
    writer: W,
    input: BytesMut,
    output: BytesMut,
    script: Arc<Script>,
    bound: Option<Bound>,
    /// submit_sm of this link.
    submits: u64,
    unanswered: u32,
    /// Answers whose time has not come.
    timed: BinaryHeap<Answer>,
    answers_timed: u64,
    /// Answers that wait for a receipt to be written, by whichever link.
    held: usize,
    /// Of those, the ones that this link releases as soon as its output is written.
    to_release: Vec<Held>,
    in_flight: HashMap<u32, Pending>,
    last_sequence: u32,
    /// No more is read; the link ends when the output is written.
    closing: bool,
}

enum Event {
    Cut,
    Woken,
    Due,
    Wrote(io::Result<usize>),
    Read(io::Result<usize>),
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Link<R, W> {
    pub(crate) fn new(hub: Arc<Hub>, door: Arc<Door>, reader: R, writer: W) -> Self {
        let script = lock(&hub.desk).script.clone();
        Self {
            hub,
            door,
            reader,
            writer,
            input: BytesMut::new(),
            output: BytesMut::new(),
            script,
            bound: None,
            submits: 0,
            unanswered: 0,
            timed: BinaryHeap::new(),
            answers_timed: 0,
            held: 0,
            to_release: Vec::new(),
            in_flight: HashMap::new(),
            last_sequence: 0,
            closing: false,
        }
    }

    /// Serves the connection until either side closes it.
    pub(crate) async fn run(mut self) {
        lock(&self.hub.desk).records.counters.links += 1;
        self.hub.changed.notify_waiters();
        while !(self.closing && self.output.is_empty()) {
            let event = self.next_event().await;
            let goes_on = match event {
                Event::Cut | Event::Read(Ok(0) | Err(_)) | Event::Wrote(Ok(0) | Err(_)) => false,
                Event::Wrote(Ok(octets)) => {
                    self.output.advance(octets);
                    true
                }
                Event::Woken => {
                    self.empty_inbox();
                    true
                }
                Event::Read(Ok(_)) | Event::Due => true,
            };
            if !goes_on {
                break;
            }
            self.take_turn();
        }
        self.end();
    }

    async fn next_event(&mut self) -> Event {
        let due = self.next_due();
        let stalled = self.is_stalled();
        let reads = !stalled && !self.closing && self.has_room();
        let writes = !stalled && !self.output.is_empty();
        if reads {
            self.input.reserve(READ_AT_ONCE);
        }
        let portion = self.output.len().min(self.script.writes.limit());
        let portion = self.output.get(..portion).unwrap_or_default();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.door.cut.cancelled() => Event::Cut,
            () = self.door.notify.notified() => Event::Woken,
            wrote = self.writer.write(portion), if writes => Event::Wrote(wrote),
            read = self.reader.read_buf(&mut self.input), if reads => Event::Read(read),
            () = sleep, if due.is_some() && !stalled => Event::Due,
        }
    }

    /// Everything that can be done without waiting.
    fn take_turn(&mut self) {
        let clock = Clock::now();
        if self.output.is_empty() {
            self.release_held();
        }
        if !self.is_stalled() {
            self.take_pdus(clock);
        }
        if !self.is_stalled() && !self.closing {
            self.write_due_answers(clock.now);
            self.deliver_due(clock.now);
        }
    }

    /// Takes PDUs from the input for as long as there is room for their answers.
    fn take_pdus(&mut self, clock: Clock) {
        if Header::peek(&self.input).is_none_or(|header| header.length > self.input.len()) {
            return self.refuse_broken_frame();
        }
        let mut input = std::mem::take(&mut self.input);
        let hub = self.hub.clone();
        let mut desk = lock(&hub.desk);
        self.script = desk.script.clone();
        let mut scheduled = Vec::new();
        while !self.closing && !self.is_stalled() && self.has_room() {
            let Some(header) = Header::peek(&input) else { break };
            let Some(body) = input.get(HEADER..header.length) else {
                break;
            };
            self.take_pdu(&mut desk, header, body, clock, &mut scheduled);
            input.advance(header.length);
        }
        self.input = input;
        let unanswered = self.unanswered;
        desk.records.max_unanswered = desk.records.max_unanswered.max(unanswered);
        drop(desk);
        self.schedule(scheduled);
        self.refuse_broken_frame();
        hub.changed.notify_waiters();
    }

    /// A frame whose length cannot be right makes everything after it unreadable: the one reason to hang up.
    fn refuse_broken_frame(&mut self) {
        let Some(header) = Header::peek(&self.input) else {
            return;
        };
        if (HEADER..=MAX_PDU).contains(&header.length) || self.closing {
            return;
        }
        lock(&self.hub.desk).records.counters.malformed += 1;
        self.hub.changed.notify_waiters();
        put_header(
            &mut self.output,
            command::GENERIC_NACK,
            status::INVALID_COMMAND_LENGTH,
            0,
        );
        self.closing = true;
    }

    /// The receipts are on the wire: the answers that waited for them may follow.
    fn release_held(&mut self) {
        for held in self.to_release.drain(..) {
            held.door.release(held.answer);
        }
    }

    fn empty_inbox(&mut self) {
        self.script = lock(&self.hub.desk).script.clone();
        let inbox = self.door.empty_inbox();
        self.held = self.held.saturating_sub(inbox.released.len());
        self.timed.extend(inbox.released);
        for octets in inbox.raw {
            self.output.extend_from_slice(&octets);
        }
    }

    fn next_due(&self) -> Option<Instant> {
        let answer = self.timed.peek().map(|answer| answer.due);
        let delivery = self
            .receiving()
            .filter(|_| self.may_deliver())
            .and_then(|account| account.next_due());
        [answer, delivery].into_iter().flatten().min()
    }

    fn is_stalled(&self) -> bool {
        self.script
            .stall_after
            .is_some_and(|submits| self.submits >= submits)
    }

    fn has_room(&self) -> bool {
        self.output.len() < MAX_OUTPUT && self.timed.len() + self.held < MAX_HELD
    }

    fn end(mut self) {
        self.hub.close(&self.door);
        self.release_held();
        self.give_back();
        let mut desk = lock(&self.hub.desk);
        desk.records.counters.links -= 1;
        desk.records.counters.bound -= u64::from(self.bound.is_some());
        drop(desk);
        self.hub.changed.notify_waiters();
    }
}
