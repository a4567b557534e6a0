//! A TCP relay between a gateway and a server, to do to the network what a test wants: stall, cut, refuse, half-close.

use crate::servers::Port;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// How long a server may take to accept a connection before ours is reset.
const CONNECT: Duration = Duration::from_secs(5);

/// A direction through the relay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// What clients write.
    ToServer,
    /// What the server writes.
    ToClient,
}

/// Whether something is ordered for each [`Way`], or how often it was.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Ways<T> {
    to_server: T,
    to_client: T,
}

impl<T> Ways<T> {
    fn of(&mut self, way: Way) -> &mut T {
        match way {
            Way::ToServer => &mut self.to_server,
            Way::ToClient => &mut self.to_client,
        }
    }
}

/// What is to be done to connections. Counts are compared with those at a connection's start.
#[derive(Clone, Copy, Default, Debug)]
struct Orders {
    refusing: bool,
    stalled: Ways<bool>,
    half_closes: Ways<u64>,
    cuts: u64,
}

/// A relay to one server, on threads of its own: it works the same for tests that block and for those that await.
pub struct Relay {
    addr: SocketAddr,
    orders: watch::Sender<Orders>,
    connections: Arc<AtomicUsize>,
    runtime: Option<Runtime>,
}

impl Relay {
    /// A relay to this server, which passes everything on until it is told otherwise.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a thread");
        let port = Port::reserve();
        let orders = watch::Sender::new(Orders::default());
        let connections = Arc::new(AtomicUsize::new(0));
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number));
        let listener = {
            let _inside = runtime.enter();
            listen(addr)
        };
        let accepting = accept(port, listener, server, orders.subscribe(), connections.clone());
        runtime.spawn(accepting);
        Self {
            addr,
            orders,
            connections,
            runtime: Some(runtime),
        }
    }

    /// Where it listens, in the server's place.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections it carries.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Passes nothing on in this direction any more; connections stay, and new ones are taken.
    pub fn stall(&self, way: Way) {
        self.orders.send_modify(|orders| *orders.stalled.of(way) = true);
    }

    /// Stalls both directions.
    pub fn stall_all(&self) {
        self.orders.send_modify(|orders| {
            orders.stalled = Ways {
                to_server: true,
                to_client: true,
            }
        });
    }

    /// Resets every connection.
    pub fn cut(&self) {
        self.orders.send_modify(|orders| orders.cuts += 1);
    }

    /// Takes no new connections; those that are there stay.
    pub fn refuse(&self) {
        self.orders.send_modify(|orders| orders.refusing = true);
    }

    /// Ends this direction of every connection; the other one stays open.
    pub fn half_close(&self, way: Way) {
        self.orders.send_modify(|orders| *orders.half_closes.of(way) += 1);
    }

    /// Goes back to normal: what was held back passes now. What was closed stays closed.
    pub fn heal(&self) {
        self.orders.send_modify(|orders| {
            orders.stalled = Ways::default();
            orders.refusing = false;
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not by waiting: the test may be inside of a runtime itself.
            runtime.shutdown_background();
        }
    }
}

fn listen(addr: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket of ours");
    socket.bind(addr).expect("a port of ours");
    socket.listen(BACKLOG).expect("a port of ours")
}

/// Takes connections for as long as the relay lives, except while it refuses them.
async fn accept(
    port: Port,
    listener: TcpListener,
    server: SocketAddr,
    mut orders: watch::Receiver<Orders>,
    open: Arc<AtomicUsize>,
) {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number));
    let mut listening = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        match &listening {
            Some(listener) => tokio::select! {
                accepted = listener.accept() => if let Ok((client, _)) = accepted {
                    connections.spawn(connection(client, server, orders.clone(), Open::new(open.clone())));
                },
                refused = until(&mut orders, |orders| orders.refusing) => {
                    if !refused { return }
                    listening = None;
                }
                _ = connections.join_next(), if !connections.is_empty() => {}
            },
            None => {
                if !until(&mut orders, |orders| !orders.refusing).await {
                    return;
                }
                listening = Some(listen(addr));
            }
        }
    }
}

/// Counts a connection for as long as it is carried.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Carries one connection until both directions have ended, or one has failed, or it is cut.
async fn connection(mut client: TcpStream, server: SocketAddr, orders: watch::Receiver<Orders>, _open: Open) {
    let born = *orders.borrow();
    let mut cut = orders.clone();
    let cut = until(&mut cut, |orders| orders.cuts > born.cuts);
    let whole = async {
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(server)).await;
        let Ok(Ok(mut upstream)) = connecting else {
            return reset(&client);
        };
        // Small writes are passed on as they come; a socket that is gone fails below.
        for stream in [&client, &upstream] {
            stream.set_nodelay(true).unwrap_or_default();
        }
        let ended = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = upstream.split();
            let carried = async {
                tokio::try_join!(
                    carry(from_client, to_server, Way::ToServer, born, orders.clone()),
                    carry(from_server, to_client, Way::ToClient, born, orders.clone()),
                )
            };
            tokio::select! {
                _ = cut => false,
                carried = carried => carried.is_ok(),
            }
        };
        if !ended {
            reset(&client);
            reset(&upstream);
        }
    };
    whole.await;
}

/// Makes the end of this connection a reset.
fn reset(stream: &TcpStream) {
    // It may be gone already.
    stream.set_zero_linger().unwrap_or_default();
}

/// Passes one direction on, until its end or its order to close.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    way: Way,
    born: Orders,
    orders: watch::Receiver<Orders>,
) -> std::io::Result<()> {
    let mut closing = orders.clone();
    let mut flowing = orders;
    let closed = |orders: &Orders| {
        let (mut now, mut then) = (orders.half_closes, born.half_closes);
        now.of(way) > then.of(way)
    };
    let flows = |orders: &Orders| {
        let mut stalled = orders.stalled;
        !*stalled.of(way)
    };
    let passing = async {
        let mut octets = vec![0; 64 * 1024];
        loop {
            until(&mut flowing, flows).await;
            let length = from.read(&mut octets).await?;
            // The end is passed on like everything else: not through a stall.
            until(&mut flowing, flows).await;
            if length == 0 {
                return Ok::<_, std::io::Error>(());
            }
            to.write_all(&octets[..length]).await?;
        }
    };
    tokio::select! {
        passed = passing => passed?,
        _ = until(&mut closing, closed) => {}
    }
    to.shutdown().await
}

/// Waits for an order; false when the relay is gone.
async fn until(orders: &mut watch::Receiver<Orders>, ordered: impl FnMut(&Orders) -> bool) -> bool {
    orders.wait_for(ordered).await.is_ok()
}

#[cfg(test)]
mod tests;
