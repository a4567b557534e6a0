use super::{Relay, Way};
use crate::PATIENCE;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Long enough for octets to pass that should not.
const MOMENT: Duration = Duration::from_millis(200);

/// Both ends of a connection through a relay.
struct Pair {
    relay: Relay,
    client: TcpStream,
    server: TcpStream,
    listener: TcpListener,
}

impl Pair {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::to(listener.local_addr().unwrap());
        let client = TcpStream::connect(relay.address()).unwrap();
        let (server, _) = listener.accept().unwrap();
        for end in [&client, &server] {
            end.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        let mut pair = Self {
            relay,
            client,
            server,
            listener,
        };
        pair.passes(Way::ToServer);
        pair.passes(Way::ToClient);
        pair
    }

    /// The ends in this direction: who writes, and who reads.
    fn ends(&mut self, way: Way) -> (&mut TcpStream, &mut TcpStream) {
        match way {
            Way::ToServer => (&mut self.client, &mut self.server),
            Way::ToClient => (&mut self.server, &mut self.client),
        }
    }

    /// An octet that is written arrives.
    fn passes(&mut self, way: Way) {
        let (from, _) = self.ends(way);
        from.write_all(b"x").unwrap();
        self.arrives(way);
    }

    fn arrives(&mut self, way: Way) {
        let (_, to) = self.ends(way);
        to.read_exact(&mut [0]).unwrap();
    }

    /// An octet that is written does not arrive.
    fn holds(&mut self, way: Way) {
        let (from, to) = self.ends(way);
        from.write_all(b"x").unwrap();
        to.set_read_timeout(Some(MOMENT)).unwrap();
        let error = to.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        to.set_read_timeout(Some(PATIENCE)).unwrap();
    }
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_stall_holds_one_direction_back_and_loses_nothing() {
    let mut pair = Pair::new();
    for (way, other) in [(Way::ToServer, Way::ToClient), (Way::ToClient, Way::ToServer)] {
        pair.relay.stall(way);
        pair.holds(way);
        pair.passes(other);
        pair.relay.heal();
        pair.arrives(way);
        pair.passes(way);
    }
}

#[test]
fn a_stalled_connection_is_taken_and_hears_nothing() {
    let mut pair = Pair::new();
    pair.relay.stall_all();
    pair.client = TcpStream::connect(pair.relay.address()).unwrap();
    pair.server = pair.listener.accept().unwrap().0;
    pair.holds(Way::ToServer);
    pair.holds(Way::ToClient);
    drop(pair.client);
    // The end is held back as well.
    pair.server.set_read_timeout(Some(MOMENT)).unwrap();
    let error = pair.server.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_cut_resets_every_connection_and_the_next_ones_pass() {
    let mut pair = Pair::new();
    pair.relay.cut();
    for end in [&mut pair.client, &mut pair.server] {
        assert_eq!(end.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    eventually("the relay lets go", || pair.relay.connections() == 0);
    pair.client = TcpStream::connect(pair.relay.address()).unwrap();
    pair.server = pair.listener.accept().unwrap().0;
    pair.passes(Way::ToServer);
    pair.passes(Way::ToClient);
}

#[test]
fn a_refusal_is_for_new_connections_alone() {
    let mut pair = Pair::new();
    pair.relay.refuse();
    let address = pair.relay.address();
    let refused =
        || TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    eventually("connections are refused", refused);
    pair.passes(Way::ToServer);
    pair.relay.heal();
    eventually("connections are taken", || TcpStream::connect(address).is_ok());
    pair.passes(Way::ToClient);
}

#[test]
fn a_half_close_ends_one_direction_alone() {
    for (way, other) in [(Way::ToServer, Way::ToClient), (Way::ToClient, Way::ToServer)] {
        let mut pair = Pair::new();
        pair.relay.half_close(way);
        let (_, to) = pair.ends(way);
        assert_eq!(to.read(&mut [0]).unwrap(), 0, "the end");
        pair.passes(other);
    }
}

#[test]
fn a_server_that_is_away_shows_as_a_reset() {
    let mut pair = Pair::new();
    drop(pair.listener);
    pair.client = TcpStream::connect(pair.relay.address()).unwrap();
    pair.client.set_read_timeout(Some(PATIENCE)).unwrap();
    let read = pair.client.read(&mut [0]);
    assert!(read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}
