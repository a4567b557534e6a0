//! One bind that is made to see whether it can be, and ended at once: the session of traffic, with a connection of its own.

use super::dial::Route;
use super::socket::{Io, Socket};
use super::{codec, supervisor};
use crate::clock;
use crate::config::{OperatorConfig, SessionSettings};
use crate::errors;
use futures_util::future::OptionFuture;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::session::{Input, Output, SessionConfig, SessionEvent, SessionState, SmppSession};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// Binds as this session would, unbinds, and returns the address that took the bind. What the operator delivers meanwhile is
/// answered ESME_RX_T_APPN, so that it keeps it. `connect_timeout` bounds each step.
///
/// # Errors
/// Why it is not bound, in words.
pub async fn try_bind(operator: &OperatorConfig, settings: &SessionSettings) -> Result<SocketAddr, String> {
    let config = SessionConfig {
        reconnect: None,
        ..supervisor::session_config(settings, operator)
    };
    let mut attempt = Attempt {
        session: SmppSession::new(config, clock::now()),
        inputs: VecDeque::from([Input::Start]),
        socket: None,
        peer: None,
        bound: false,
        refused: false,
        ended: None,
    };
    let route = Arc::new(Route::new(settings));
    loop {
        let connects = attempt.feed().await;
        if let Some(reason) = &attempt.ended {
            return attempt.outcome(reason);
        }
        if connects {
            let dialled = route.clone().dial().await;
            attempt.dialled(dialled.map_err(|error| errors::chain(&error)));
        } else {
            attempt.wait().await;
        }
    }
}

/// See [`try_bind`].
struct Attempt {
    session: SmppSession<()>,
    inputs: VecDeque<Input<()>>,
    socket: Option<Socket>,
    /// The address that took the connection.
    peer: Option<SocketAddr>,
    bound: bool,
    refused: bool,
    /// It is over, and why.
    ended: Option<String>,
}

impl Attempt {
    fn outcome(&self, reason: &str) -> Result<SocketAddr, String> {
        match self.peer {
            Some(peer) if self.bound => Ok(peer),
            Some(peer) if !self.refused => Err(format!(
                "{peer} takes connections and does not answer the bind ({reason}): ask the operator whether it knows the \
                 address that this machine comes from, and whether that port speaks SMPP, with or without TLS"
            )),
            _ => Err(reason.to_owned()),
        }
    }

    /// Does what follows from what happened. True when a connection is wanted.
    async fn feed(&mut self) -> bool {
        let mut connects = false;
        while let Some(input) = self.inputs.pop_front() {
            self.session.handle(clock::now(), input);
            while let Some(output) = self.session.poll_output() {
                match output {
                    Output::Connect => connects = true,
                    Output::Transmit(pdu) => {
                        let queued = self.socket.as_mut().map(|socket| socket.queue(&pdu).map(drop));
                        if let Some(Err(error)) = queued {
                            self.inputs.push_back(Input::LinkLost(errors::chain(&error)));
                        }
                    }
                    Output::Close => {
                        if let Some(socket) = self.socket.take() {
                            socket.finish().await;
                        }
                    }
                    Output::Event(event) => self.note(event),
                }
            }
        }
        connects
    }

    fn note(&mut self, event: SessionEvent<()>) {
        match event {
            SessionEvent::StateChanged { to, reason, .. } => match to {
                SessionState::Bound | SessionState::Failback => {
                    self.bound = true;
                    self.inputs.push_back(Input::Unbind);
                }
                SessionState::Disconnected | SessionState::Unbound => self.ended = Some(reason),
                SessionState::Connecting | SessionState::Unbinding => {}
            },
            SessionEvent::BindRefused { .. } => self.refused = true,
            SessionEvent::Inbound {
                link,
                sequence_number,
                data_sm,
                ..
            } => self.inputs.push_back(Input::Answer {
                link,
                sequence_number,
                data_sm,
                status: CommandStatus::RECEIVER_TEMPORARY_ERROR,
            }),
            _ => {}
        }
    }

    fn dialled(&mut self, dialled: Result<Socket, String>) {
        self.inputs.push_back(match dialled {
            Ok(socket) => {
                self.peer = Some(socket.peer());
                self.socket = Some(socket);
                Input::TcpConnected
            }
            Err(reason) => Input::ConnectFailed(reason),
        });
    }

    async fn wait(&mut self) {
        // A session that has begun and not ended always has a time limit.
        let until = self.session.next_timeout().unwrap_or_else(clock::now);
        let io = OptionFuture::from(self.socket.as_mut().map(Socket::progress));
        let happened = tokio::select! {
            Some(io) = io => Some(io),
            () = tokio::time::sleep_until(until.into()) => None,
        };
        match happened {
            None => self.inputs.push_back(Input::Timeout),
            Some(Io::Wrote) => {}
            Some(Io::Read) => self.read(),
            Some(Io::Closed(reason)) => {
                self.socket = None;
                self.inputs.push_back(Input::LinkLost(reason));
            }
        }
    }

    fn read(&mut self) {
        while let Some(socket) = &mut self.socket {
            match socket.next_frame() {
                Ok(Some(frame)) => {
                    let incoming = codec::decode(&frame).incoming;
                    self.inputs.push_back(Input::Received(incoming));
                }
                Ok(None) => return,
                Err(error) => {
                    self.socket = None;
                    self.inputs.push_back(Input::LinkLost(error.to_string()));
                }
            }
        }
    }
}
