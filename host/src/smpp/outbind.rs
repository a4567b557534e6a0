//! Where an SMSC calls: it connects and sends outbind, and we bind over that very connection (SMPP 3.4 sections 2.2.2 and
//! 4.1.7).
//!
//! Callers are looked at only while a bind waits for one, a few at a time, and each has to say who it is in time.

use super::dial::set_options;
use super::frame::Frame;
use super::socket::{Io, Socket};
use crate::config::{OutbindSettings, TcpSettings};
use futures_util::stream::{FuturesUnordered, StreamExt};
use sha2::{Digest, Sha256};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;

const OUTBIND: u32 = 0x0000_000B;

/// Callers that are being looked at, at most; more wait in the system's queue.
const CALLERS: usize = 8;

/// Before the address is tried again that could not be had, or accept after it has failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Where the SMSC of one session calls. Its binds share it.
#[derive(Debug)]
pub(super) struct Door {
    operator: String,
    settings: OutbindSettings,
    tcp: TcpSettings,
    patience: Duration,
    listener: OnceCell<TcpListener>,
}

/// Why a caller is sent away.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("its socket cannot be set up")]
    Socket(#[from] io::Error),
    #[error("it ended before it sent outbind: {0}")]
    Ended(String),
    #[error("it sent no outbind within {0:?}")]
    Timeout(Duration),
    #[error("it began with command 0x{0:08X}, not with outbind: it may take us for an SMSC")]
    AnotherCommand(u32),
    #[error("its outbind has another system_id or password than [session.outbind] says")]
    Credentials,
}

impl Door {
    pub(super) fn new(
        operator: &str,
        settings: &OutbindSettings,
        tcp: &TcpSettings,
        patience: Duration,
    ) -> Self {
        Self {
            operator: operator.to_owned(),
            settings: settings.clone(),
            tcp: tcp.clone(),
            patience,
            listener: OnceCell::new(),
        }
    }

    /// Waits for a caller that has proved itself. Dropped half way, it sends those away that have not yet.
    pub(super) async fn caller(&self) -> Socket {
        let listener = self.listener().await;
        let mut callers = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some((peer, heard)) = callers.next() => match heard {
                    Ok(socket) => return socket,
                    Err(error) => self.sent_away(peer, &error),
                },
                accepted = listener.accept(), if callers.len() < CALLERS => match accepted {
                    Ok((stream, peer)) => callers.push(async move { (peer, self.hear(stream, peer).await) }),
                    Err(error) => {
                        // Out of descriptors: the same error comes back at once.
                        tracing::warn!(operator = %self.operator, %error, "no outbind can be taken");
                        tokio::time::sleep(AGAIN).await;
                    }
                },
            }
        }
    }

    /// The listener; the first who asks makes it, and goes on trying.
    async fn listener(&self) -> &TcpListener {
        let mut told = false;
        loop {
            match self
                .listener
                .get_or_try_init(|| TcpListener::bind(self.settings.listen))
                .await
            {
                Ok(listener) => return listener,
                Err(error) if !told => {
                    let listen = self.settings.listen;
                    tracing::error!(operator = %self.operator, %listen, %error, "outbind.listen cannot be had");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hear(&self, stream: TcpStream, peer: SocketAddr) -> Result<Socket, CallError> {
        set_options(&stream, &self.tcp)?;
        let mut socket = Socket::new(stream, peer);
        let heard = tokio::time::timeout(self.patience, first_frame(&mut socket)).await;
        let frame = heard.map_err(|_| CallError::Timeout(self.patience))??;
        if frame.command_id() != OUTBIND {
            return Err(CallError::AnotherCommand(frame.command_id()));
        }
        if !self.is_ours(frame.body()) {
            return Err(CallError::Credentials);
        }
        Ok(socket)
    }

    /// Two C-octet strings: system_id and password. Compared by their digests, which takes as long for every guess.
    fn is_ours(&self, body: &[u8]) -> bool {
        let mut given = body.split(|octet| *octet == 0);
        let mut fits = |wanted: &str| {
            Sha256::digest(given.next().unwrap_or_default()) == Sha256::digest(wanted.as_bytes())
        };
        let system_id = fits(&self.settings.system_id);
        fits(self.settings.password.expose()) && system_id
    }

    fn sent_away(&self, peer: SocketAddr, error: &CallError) {
        tracing::warn!(operator = %self.operator, %peer, reason = crate::errors::chain(error), "a caller is sent away");
    }
}

/// What is read beyond it stays in the socket's buffer.
async fn first_frame(socket: &mut Socket) -> Result<Frame, CallError> {
    loop {
        match socket.next_frame() {
            Ok(Some(frame)) => return Ok(frame),
            Ok(None) => {}
            Err(error) => return Err(CallError::Ended(error.to_string())),
        }
        if let Io::Closed(reason) = socket.progress().await {
            return Err(CallError::Ended(reason));
        }
    }
}
