//! The I/O shell of one bind: one loop that owns a socket and a [`SmppSession`] and moves events between them.
//!
//! The loop never waits for the pipeline: outcomes fit into their channel because the window bounds them, and inbound
//! PDUs that do not fit are answered with ESME_RX_T_APPN, so that the operator keeps them.

use super::frame::Frame;
use super::shown::without_password;
use super::socket::{Io, Socket};
use crate::clock;
use crate::errors;
use crate::ports::{Answer, BackendError, SubmitRequest, Ticket};
use chrono::{DateTime, Utc};
use futures_util::future::OptionFuture;
use smpp_domain::pdu::Outgoing;
use smpp_domain::session::{Input, Output, SessionState};
use smpp_domain::tps::{Pacer, Reservation};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;
use tokio::sync::mpsc;

mod odd;
mod parts;
mod publish;
mod recorded;
mod sending;

pub(super) use parts::{ConnectionParts, Origin};

/// Submits taken from the channel at once.
const BATCH: usize = 128;

/// A ticket that was written, and when.
#[derive(Clone, Copy)]
pub(super) struct Written {
    ticket: Ticket,
    at: DateTime<Utc>,
    /// Its message is recorded.
    recorded: bool,
    /// The same by the clock that nobody sets.
    since: Instant,
}

type Reserving = Pin<Box<dyn Future<Output = Result<Reservation, BackendError>> + Send>>;
type Connecting = Pin<Box<dyn Future<Output = Result<Socket, String>> + Send>>;
type Calling = Pin<Box<dyn Future<Output = Socket> + Send>>;

/// One bind. See [`Connection::run`].
pub(super) struct Connection {
    parts: ConnectionParts,
    socket: Option<Socket>,
    connecting: Option<Connecting>,
    /// The operator's connection is waited for.
    calling: Option<Calling>,
    /// The operator's connection is there, and the session not told yet.
    called: Option<Socket>,
    pending: VecDeque<SubmitRequest>,
    pacer: Pacer,
    reserving: Option<Reserving>,
    /// When the pacer wants to be asked again.
    paced_until: Option<Instant>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    recorded: recorded::Recorded,
    /// The PDU that the session is being fed, where PDUs are recorded.
    frame: Option<Frame>,
    /// What is odd about it.
    odd: odd::Oddities,
    /// The operator has just refused the bind.
    refused: bool,
    stopping: bool,
}

/// What ended a wait.
enum Wake {
    Stop,
    Connected(Result<Socket, String>),
    Called(Socket),
    Io(Io),
    Answers(Vec<Answer>),
    Reserved(Result<Reservation, BackendError>),
    Submits,
    BackupInUse(bool),
    Timer,
}

impl Connection {
    pub(super) fn new(parts: ConnectionParts) -> Self {
        let answers = mpsc::channel(parts.context.inbound_limit);
        let context = &parts.context;
        let (pdus, name) = (context.pdus.clone(), &context.operator_name);
        let recorded = recorded::Recorded::new(pdus, context.operator_id, name, parts.index);
        Self {
            parts,
            socket: None,
            connecting: None,
            calling: None,
            called: None,
            pending: VecDeque::new(),
            pacer: Pacer::default(),
            reserving: None,
            paced_until: None,
            answers,
            recorded,
            frame: None,
            odd: odd::Oddities::default(),
            refused: false,
            stopping: false,
        }
    }

    /// Connects, binds, carries traffic and reconnects until `stop` is cancelled; then drains its window and unbinds.
    /// Returns what another run is made of.
    pub(super) async fn run(mut self) -> ConnectionParts {
        if let Origin::Dial(_) = self.parts.origin {
            self.feed(Input::Start).await;
        }
        while !self.is_over() {
            self.await_call();
            let wake = self.wait().await;
            self.apply(wake).await;
            self.pump().await;
            self.write().await;
            self.record_sent();
            self.parts.show_in_flight();
        }
        self.return_unsent();
        self.parts
    }

    fn is_over(&self) -> bool {
        self.stopping && self.is_idle()
    }

    fn is_idle(&self) -> bool {
        let state = self.parts.session.state();
        matches!(state, SessionState::Unbound | SessionState::Disconnected) && self.socket.is_none()
    }

    /// Listens for the operator's outbind while there is nothing else to do.
    fn await_call(&mut self) {
        if let Origin::Outbind(door) = &self.parts.origin
            && self.calling.is_none()
            && self.is_idle()
            && !self.stopping
        {
            let door = door.clone();
            self.calling = Some(Box::pin(async move { door.caller().await }));
        }
    }

    async fn wait(&mut self) -> Wake {
        let deadline = [self.parts.session.next_timeout(), self.paced_until]
            .into_iter()
            .flatten()
            .min();
        let timer = OptionFuture::from(deadline.map(|at| tokio::time::sleep_until(at.into())));
        let connecting = OptionFuture::from(self.connecting.as_mut());
        let calling = OptionFuture::from(self.calling.as_mut());
        let reserving = OptionFuture::from(self.reserving.as_mut());
        let io = OptionFuture::from(self.socket.as_mut().map(Socket::progress));
        let room = BATCH.saturating_sub(self.pending.len());
        let (mut submits, mut answers) = (Vec::new(), Vec::new());
        let wake = tokio::select! {
            biased;
            () = self.parts.stop.cancelled(), if !self.stopping => Wake::Stop,
            Some(connected) = connecting => Wake::Connected(connected),
            Some(socket) = calling => Wake::Called(socket),
            // Responses free the window, so reading comes before taking new submits.
            Some(io) = io => Wake::Io(io),
            _ = self.answers.1.recv_many(&mut answers, BATCH) => Wake::Answers(answers),
            Some(reserved) = reserving => Wake::Reserved(reserved),
            count = self.parts.submits.recv_many(&mut submits, room), if room > 0 && !self.stopping => {
                if count == 0 { Wake::Stop } else { Wake::Submits }
            }
            Ok(()) = self.parts.backup_in_use.changed() => {
                Wake::BackupInUse(*self.parts.backup_in_use.borrow_and_update())
            }
            Some(()) = timer => Wake::Timer,
        };
        self.pending.extend(submits);
        wake
    }

    async fn apply(&mut self, wake: Wake) {
        match wake {
            Wake::Stop => {
                self.stopping = true;
                self.calling = None;
                self.feed(Input::Unbind).await;
            }
            Wake::Called(socket) => {
                self.calling = None;
                self.called = Some(socket);
                self.feed(Input::Start).await;
            }
            Wake::Connected(Ok(socket)) => {
                self.connecting = None;
                self.parts.panel.connected(socket.peer().to_string());
                self.socket = Some(socket);
                self.feed(Input::TcpConnected).await;
            }
            Wake::Connected(Err(reason)) => {
                self.connecting = None;
                self.feed(Input::ConnectFailed(reason)).await;
            }
            Wake::Io(Io::Read) => self.read_frames().await,
            Wake::Io(Io::Wrote) | Wake::Submits => {}
            Wake::Io(Io::Closed(reason)) => self.lose_link(reason).await,
            Wake::Answers(answers) => {
                for Answer {
                    link,
                    sequence_number,
                    data_sm,
                    status,
                } in answers
                {
                    self.answers(link, sequence_number);
                    self.feed(Input::Answer {
                        link,
                        sequence_number,
                        data_sm,
                        status,
                    })
                    .await;
                }
            }
            Wake::Reserved(reserved) => {
                self.reserving = None;
                self.reserved(reserved);
            }
            Wake::BackupInUse(in_use) => self.feed(Input::BackupInUse(in_use)).await,
            Wake::Timer => self.feed(Input::Timeout).await,
        }
    }

    async fn read_frames(&mut self) {
        loop {
            let Some(socket) = &mut self.socket else { return };
            match socket.next_frame() {
                Ok(Some(frame)) => self.take_frame(&frame).await,
                Ok(None) => return,
                Err(error) => {
                    // The stream is out of step: nothing that follows can be trusted.
                    let nack = error.nack();
                    if let Ok(octets) = socket.queue(&nack) {
                        self.parts.panel.pdus.keep(clock::utc_now(), true, octets);
                    }
                    self.keep_broken(&error);
                    self.lose_link(error.to_string()).await;
                    return;
                }
            }
        }
    }

    async fn write(&mut self) {
        let written = self.socket.as_mut().map_or(Ok(()), Socket::write_ready);
        if let Err(reason) = written {
            self.lose_link(reason).await;
        }
    }

    async fn lose_link(&mut self, mut reason: String) {
        if let Some(peer) = self.socket.as_ref().map(Socket::peer)
            && peer.ip().to_string() != self.parts.host
        {
            // A name may have several addresses.
            reason = format!("{peer}: {reason}");
        }
        self.close().await;
        self.feed(Input::LinkLost(reason)).await;
    }

    /// Ends the connection, or the attempt to make one.
    async fn close(&mut self) {
        self.connecting = None;
        self.recorded.forget();
        self.pacer.clear();
        if let Some(socket) = self.socket.take() {
            socket.finish().await;
        }
    }

    /// Feeds one event and performs everything that follows from it, before the next one may come.
    async fn feed(&mut self, input: Input<Written>) {
        self.parts.session.handle(clock::now(), input);
        while let Some(output) = self.parts.session.poll_output() {
            match output {
                Output::Connect => self.connect(),
                Output::Transmit(pdu) => self.transmit(&pdu),
                Output::Close => self.close().await,
                Output::Event(event) => self.publish(event),
            }
        }
    }

    fn connect(&mut self) {
        self.connecting = match &self.parts.origin {
            Origin::Dial(route) => {
                let dialled = route.clone().dial();
                let told = async move { dialled.await.map_err(|error| errors::chain(&error)) };
                Some(Box::pin(told))
            }
            Origin::Outbind(_) => {
                let called = self.called.take();
                called.map(|socket| -> Connecting { Box::pin(std::future::ready(Ok(socket))) })
            }
        };
    }

    fn transmit(&mut self, pdu: &Outgoing) {
        let Some(socket) = &mut self.socket else { return };
        let octets = match socket.queue(pdu) {
            Ok(octets) => octets,
            Err(error) => {
                // The pipeline checks parts with the same rules before it hands them over.
                tracing::error!(operator = %self.parts.context.operator_name, %error, "PDU cannot be encoded");
                return;
            }
        };
        let mut room = Vec::new();
        let kept = without_password(pdu, octets, &mut room);
        self.parts.panel.pdus.keep(clock::utc_now(), true, kept);
        self.note_sent(pdu);
    }
}
