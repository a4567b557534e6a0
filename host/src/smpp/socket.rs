//! One TCP connection with its buffers: reads what there is, writes as much as fits, and never waits for one to do the
//! other.

use super::codec;
use super::frame::{Frame, FrameError, next_frame};
use bytes::BytesMut;
use smpp_domain::pdu::Outgoing;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Room for one read. Many PDUs arrive with one system call.
const READ_OCTETS: usize = 64 * 1024;

/// What a peer that reads nothing may leave unread before the link counts as dead.
const UNSENT_OCTETS: usize = 4 * 1024 * 1024;

/// An open link.
pub(super) struct Socket {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    received: BytesMut,
    unsent: BytesMut,
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
    /// Connects by name or address.
    pub(super) async fn connect(
        host: String,
        port: u16,
        limit: Duration,
    ) -> Result<Self, String> {
        let target = format!("{host}:{port}");
        let connected = tokio::time::timeout(limit, TcpStream::connect((host.as_str(), port))).await;
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(format!("{target} cannot be reached: {error}")),
            Err(_) => return Err(format!("{target} did not answer within {limit:?}")),
        };
        // Without it the last small PDU of a batch waits for the peer's delayed acknowledgement.
        stream.set_nodelay(true).map_err(|error| format!("{target}: {error}"))?;
        let (reader, writer) = stream.into_split();
        Ok(Self {
            reader,
            writer,
            received: BytesMut::with_capacity(READ_OCTETS),
            unsent: BytesMut::with_capacity(READ_OCTETS),
        })
    }

    /// Waits until something was read or written. Cancel safe.
    pub(super) async fn progress(&mut self) -> Io {
        self.received.reserve(READ_OCTETS);
        tokio::select! {
            biased;
            read = self.reader.read_buf(&mut self.received) => match read {
                Ok(0) => Io::Closed("the operator closed the connection".to_owned()),
                Ok(_) => Io::Read,
                Err(error) => Io::Closed(closed(&error)),
            },
            written = self.writer.write_buf(&mut self.unsent), if !self.unsent.is_empty() => match written {
                Ok(0) => Io::Closed("the operator stopped reading".to_owned()),
                Ok(_) => Io::Wrote,
                Err(error) => Io::Closed(closed(&error)),
            },
        }
    }

    /// Writes what the socket takes right now, without waiting.
    pub(super) fn write_ready(&mut self) -> Result<(), String> {
        while !self.unsent.is_empty() {
            match self.writer.try_write(&self.unsent) {
                Ok(count) => drop(self.unsent.split_to(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(closed(&error)),
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

    /// Queues a PDU for the next write.
    pub(super) fn queue(&mut self, pdu: &Outgoing) -> Result<(), codec::EncodeError> {
        codec::encode(pdu, &mut self.unsent)
    }

    /// Writes what is queued and closes, without waiting long for a peer that is gone.
    pub(super) async fn finish(mut self) {
        let flush = async {
            if self.writer.write_all(&self.unsent).await.is_ok() {
                // The peer may be gone already; the link is over either way.
                drop(self.writer.shutdown().await);
            }
        };
        drop(tokio::time::timeout(Duration::from_millis(500), flush).await);
    }
}

fn closed(error: &io::Error) -> String {
    format!("the connection broke: {error}")
}
