//! One connection, in TCP or TLS, with its buffers: reads what there is, writes as much as fits, and never waits for one
//! to do the other.

use super::codec;
use super::frame::{Frame, FrameError, next_frame};
use super::tls;
use bytes::BytesMut;
use smpp_domain::pdu::Outgoing;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Room for one read. Many PDUs arrive with one system call.
const READ_OCTETS: usize = 64 * 1024;
/// Room that a read has at least.
const LEAST_ROOM: usize = READ_OCTETS / 4;

/// What a peer that reads nothing may leave unread before the link counts as dead.
const UNSENT_OCTETS: usize = 4 * 1024 * 1024;

/// What octets go through.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// An open link.
pub(super) struct Socket {
    stream: Box<dyn Stream>,
    peer: SocketAddr,
    received: BytesMut,
    unsent: BytesMut,
    /// TLS may hold back octets that it has taken.
    unflushed: bool,
}

/// One step of I/O that completed.
pub(super) enum Io {
    /// Octets came; see [`Socket::next_frame`].
    Read,
    /// Octets went.
    Wrote,
    /// The connection is over.
    Closed(String),
}

impl Socket {
    /// A link over a connection that is up.
    pub(super) fn new(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
    ) -> Self {
        Self {
            stream: Box::new(stream),
            peer,
            received: BytesMut::new(),
            unsent: BytesMut::new(),
            unflushed: false,
        }
    }

    /// Gives the peer a moment to say what it has against us: with TLS 1.3 it looks at our certificate after the handshake.
    pub(super) async fn objection(&mut self, moment: Duration) -> Option<String> {
        match tokio::time::timeout(moment, self.progress()).await {
            Ok(Io::Closed(reason)) => Some(reason),
            Ok(Io::Read | Io::Wrote) | Err(_) => None,
        }
    }

    /// The address at the other end.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Waits until something was read or written. Cancel safe.
    pub(super) async fn progress(&mut self) -> Io {
        if self.received.capacity() - self.received.len() < LEAST_ROOM {
            self.received.reserve(READ_OCTETS);
        }
        poll_fn(|context| self.poll_progress(context)).await
    }

    /// Reading comes first: it frees the window.
    fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<Io> {
        if let Poll::Ready(read) = pin!(self.stream.read_buf(&mut self.received)).poll(context) {
            return Poll::Ready(match read {
                Ok(0) => Io::Closed("the operator closed the connection".to_owned()),
                Ok(_) => Io::Read,
                Err(error) => Io::Closed(closed(&error)),
            });
        }
        match self.poll_write(context) {
            Poll::Ready(Ok(0)) => Poll::Pending,
            Poll::Ready(Ok(_)) => Poll::Ready(Io::Wrote),
            Poll::Ready(Err(error)) => Poll::Ready(Io::Closed(closed(&error))),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Writes once, or flushes when all is written: 0 when nothing is left to do.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if !self.unsent.is_empty() {
            self.unflushed = true;
            let written = std::task::ready!(pin!(self.stream.write_buf(&mut self.unsent)).poll(context));
            return Poll::Ready(written.and_then(|count| match count {
                0 => Err(io::ErrorKind::WriteZero.into()),
                count => Ok(count),
            }));
        }
        if self.unflushed {
            std::task::ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(0))
    }

    /// Writes what the connection takes right now, without waiting.
    pub(super) fn write_ready(&mut self) -> Result<(), String> {
        // Nobody is to be woken: whatever is left over, `progress` asks for again.
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(written) = self.poll_write(&mut context) {
            if written.map_err(|error| closed(&error))? == 0 {
                break;
            }
        }
        if self.unsent.len() > UNSENT_OCTETS {
            return Err(format!("the operator left {} octets unread", self.unsent.len()));
        }
        Ok(())
    }

    /// The next whole PDU that was read.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        next_frame(&mut self.received)
    }

    /// What was read and not taken yet.
    pub(super) fn unread(&self) -> &[u8] {
        &self.received
    }

    /// Queues a PDU for the next write; its octets are told.
    pub(super) fn queue(&mut self, pdu: &Outgoing) -> Result<&[u8], codec::EncodeError> {
        let before = self.unsent.len();
        codec::encode(pdu, &mut self.unsent)?;
        Ok(self.unsent.get(before..).unwrap_or_default())
    }

    /// Writes what is queued and closes, without waiting long for a peer that is gone.
    pub(super) async fn finish(mut self) {
        let flush = async {
            if self.stream.write_all(&self.unsent).await.is_ok() {
                // The peer may be gone already; the link is over either way.
                drop(self.stream.shutdown().await);
            }
        };
        drop(tokio::time::timeout(Duration::from_millis(500), flush).await);
    }
}

fn closed(error: &io::Error) -> String {
    tls::end_in_words(error).unwrap_or_else(|| format!("the connection broke: {error}"))
}
