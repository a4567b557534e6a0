//! From a host name to a connection: every address is tried in turn, and each failure is told.

use super::socket::Socket;
use super::tls::{self, TlsError};
use crate::config::{SessionSettings, TcpSettings, TlsSettings};
use crate::errors;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::Instant;

/// TCP asks so often, within another quarter of the silence each, before it gives a host up.
const KEEPALIVE_PROBES: u32 = 4;

/// Where to connect, and how.
#[derive(Clone, Debug)]
pub(super) struct Route {
    host: String,
    port: u16,
    tcp: TcpSettings,
    tls: Option<TlsSettings>,
    limit: Duration,
}

/// Why there is no connection to an SMSC.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// Its name is not known.
    #[error("{target} cannot be reached: its name cannot be resolved")]
    Name {
        /// Host and port.
        target: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The resolver says nothing.
    #[error("{target} cannot be reached: its name was not resolved within {limit:?}")]
    NameTimeout {
        /// Host and port.
        target: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// It has no address that could be tried.
    #[error("{target} cannot be reached: it has no address of the family of local_address")]
    NoAddress {
        /// Host and port.
        target: String,
    },
    /// No address gave a connection.
    #[error("{target} cannot be reached: {told}", told = tell(target, tried))]
    Unreachable {
        /// Host and port.
        target: String,
        /// Each address and why not.
        tried: Vec<(SocketAddr, AddressError)>,
    },
}

/// Why an address gave no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressError {
    /// The local end.
    #[error("local_address {0} cannot be used")]
    Local(SocketAddr, #[source] io::Error),
    /// TCP.
    #[error(transparent)]
    Tcp(#[from] io::Error),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// One address that is the target itself is not told twice.
fn tell(target: &str, tried: &[(SocketAddr, AddressError)]) -> String {
    match tried {
        [(address, error)] if address.to_string() == *target => errors::chain(error),
        several => {
            let each = several
                .iter()
                .map(|(address, error)| format!("{address}: {}", errors::chain(error)));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

impl Route {
    pub(super) fn new(settings: &SessionSettings) -> Self {
        Self {
            host: settings.host.clone(),
            port: settings.port,
            tcp: settings.tcp.clone(),
            tls: settings.tls.clone(),
            // The session gives up after the whole time: a little less, and it hears why.
            limit: settings.connect_timeout - settings.connect_timeout / 20,
        }
    }

    /// Tries the addresses of the host in turn, IPv6 and IPv4 alternating (RFC 8305 section 4), until one gives a
    /// connection. They are not raced: to an SMSC each connection is a session.
    pub(super) async fn dial(self: Arc<Self>) -> Result<Socket, DialError> {
        let deadline = Instant::now() + self.limit;
        let addresses = self.resolve().await?;
        self.try_each(addresses, deadline).await
    }

    /// Each address has an equal share of what is left of the time.
    async fn try_each(&self, addresses: Vec<SocketAddr>, deadline: Instant) -> Result<Socket, DialError> {
        let mut tried = Vec::new();
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        for address in addresses {
            let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
            left -= 1;
            let connected = tokio::time::timeout(share, self.connect(address)).await;
            match connected.unwrap_or(Err(AddressError::Timeout(share))) {
                Ok(socket) => return Ok(socket),
                Err(error) => tried.push((address, error)),
            }
        }
        let target = self.target();
        if tried.is_empty() {
            return Err(DialError::NoAddress { target });
        }
        Err(DialError::Unreachable { target, tried })
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, DialError> {
        let limit = self.limit / 2;
        let resolved = tokio::time::timeout(limit, lookup_host((self.host.as_str(), self.port))).await;
        let target = self.target();
        let found = resolved
            .map_err(|_| DialError::NameTimeout {
                target: target.clone(),
                limit,
            })?
            .map_err(|source| DialError::Name { target, source })?;
        let fits = |address: &SocketAddr| {
            let local = self.tcp.local_address;
            local.is_none_or(|local| local.is_ipv4() == address.is_ipv4())
        };
        Ok(alternating(found.filter(fits)))
    }

    async fn connect(&self, address: SocketAddr) -> Result<Socket, AddressError> {
        let stream = self.tcp_connect(address).await?;
        Ok(match &self.tls {
            None => Socket::new(stream, address),
            Some(settings) => Socket::new(tls::handshake(stream, &self.host, settings).await?, address),
        })
    }

    async fn tcp_connect(&self, address: SocketAddr) -> Result<TcpStream, AddressError> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(local) = self.tcp.local_address {
            // A fixed port may still be remembered from the connection before.
            socket.set_reuseaddr(true)?;
            socket
                .bind(local)
                .map_err(|error| AddressError::Local(local, error))?;
        }
        set_options(&socket, &self.tcp)?;
        let connected = socket.connect(address).await;
        connected.map_err(|error| match (self.tcp.local_address, error.kind()) {
            (Some(local), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable) => {
                AddressError::Local(local, error)
            }
            _ => AddressError::Tcp(error),
        })
    }

    fn target(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// What every connection to an SMSC gets.
pub(super) fn set_options<'s, S>(socket: &'s S, tcp: &TcpSettings) -> io::Result<()>
where
    SockRef<'s>: From<&'s S>,
{
    let socket = SockRef::from(socket);
    // Without it the last small PDU of a batch waits for the peer's delayed acknowledgement.
    socket.set_tcp_nodelay(true)?;
    if let Some(silence) = tcp.keepalive {
        let between = (silence / KEEPALIVE_PROBES).max(Duration::from_secs(1));
        let probes = TcpKeepalive::new()
            .with_time(silence.max(Duration::from_secs(1)))
            .with_interval(between)
            .with_retries(KEEPALIVE_PROBES);
        socket.set_tcp_keepalive(&probes)?;
    }
    socket.set_tcp_user_timeout(tcp.user_timeout)
}

/// IPv6 and IPv4 in turn, beginning with the family that the resolver prefers; each address once.
fn alternating(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    let first_is_v4 = all.first().is_some_and(SocketAddr::is_ipv4);
    let (preferred, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|address| address.is_ipv4() == first_is_v4);
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let mut ordered = Vec::new();
    loop {
        let pair = [preferred.next(), others.next()];
        if pair == [None, None] {
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests;
