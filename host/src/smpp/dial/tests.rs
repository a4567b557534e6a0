//! Against listeners of the loopback interface.

use super::*;
use tokio::net::TcpListener;

fn route(port: u16, change: impl FnOnce(&mut TcpSettings)) -> Arc<Route> {
    let mut tcp = TcpSettings {
        local_address: None,
        keepalive: Some(Duration::from_secs(40)),
        user_timeout: Some(Duration::from_millis(1_500)),
    };
    change(&mut tcp);
    Arc::new(Route {
        host: "smsc.example".to_owned(),
        port,
        tcp,
        tls: None,
        limit: Duration::from_secs(5),
    })
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Addresses where nobody listens: their listeners have just been closed.
async fn closed() -> SocketAddr {
    listener().await.1
}

#[test]
fn families_alternate_beginning_with_the_one_that_the_resolver_prefers() {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let found = [
        "[2001:db8::1]:1",
        "[2001:db8::2]:1",
        "[2001:db8::1]:1",
        "192.0.2.1:1",
        "[2001:db8::3]:1",
        "192.0.2.2:1",
    ];
    let ordered = alternating(found.into_iter().map(address));
    let wanted = [
        "[2001:db8::1]:1",
        "192.0.2.1:1",
        "[2001:db8::2]:1",
        "192.0.2.2:1",
        "[2001:db8::3]:1",
    ];
    assert_eq!(ordered, wanted.map(address));
    assert_eq!(alternating(std::iter::empty()), []);
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_fails() {
    let (_listener, open) = listener().await;
    let dead = [closed().await, closed().await];
    let route = route(open.port(), |_| ());
    let socket = route
        .try_each(vec![dead[0], dead[1], open], soon())
        .await
        .unwrap();
    assert_eq!(socket.peer(), open);
}

#[tokio::test]
async fn every_address_that_failed_is_told_with_its_reason() {
    let (dead, nowhere) = (closed().await, "[::1]:1".parse().unwrap());
    let failed = route(2775, |_| ()).try_each(vec![dead, nowhere], soon()).await;
    let told = errors::chain(&failed.err().unwrap());
    let start = format!("smsc.example:2775 cannot be reached: {dead}: Connection refused");
    assert!(told.starts_with(&start) && told.contains("; [::1]:1: "), "{told}");
}

#[tokio::test]
async fn an_address_that_says_nothing_leaves_time_for_the_others() {
    // Its queue of one connection is full: further ones get no answer.
    let full = TcpSocket::new_v4().unwrap();
    full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = full.listen(0).unwrap();
    let silent = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(silent)).await
    {
        waiting.push(stream.unwrap());
        assert!(waiting.len() < 100, "no queue is that long");
    }
    let (_listener, open) = listener().await;
    let deadline = Instant::now() + Duration::from_millis(600);
    let socket = route(open.port(), |_| ())
        .try_each(vec![silent, open], deadline)
        .await;
    assert_eq!(socket.unwrap().peer(), open);
}

#[tokio::test]
async fn connections_come_from_the_local_address() {
    let (listener, open) = listener().await;
    let local = closed().await;
    let route = route(open.port(), |tcp| tcp.local_address = Some(local));
    for _ in 0..2 {
        let socket = route.connect(open).await.unwrap();
        let (accepted, from) = listener.accept().await.unwrap();
        assert_eq!(from, local);
        // The operator ends it, so that the port is remembered on its side and not on ours.
        drop(accepted);
        socket.finish().await;
    }
    let elsewhere = "192.0.2.1:0".parse().unwrap();
    let route = self::route(open.port(), |tcp| tcp.local_address = Some(elsewhere));
    let told = errors::chain(&route.connect(open).await.err().unwrap());
    assert!(
        told.starts_with("local_address 192.0.2.1:0 cannot be used: "),
        "{told}"
    );
}

#[tokio::test]
async fn only_addresses_of_the_local_family_are_tried() {
    let local = Some("[::1]:0".parse().unwrap());
    let route = Route {
        host: "127.0.0.1".to_owned(),
        ..Route::clone(&route(2775, |tcp| tcp.local_address = local))
    };
    let told = errors::chain(&Arc::new(route).dial().await.err().unwrap());
    assert!(
        told.contains("no address of the family of local_address"),
        "{told}"
    );
}

#[tokio::test]
async fn a_connection_has_the_options_of_its_file() {
    let (_listener, open) = listener().await;
    let stream = route(open.port(), |_| ()).tcp_connect(open).await.unwrap();
    let socket = SockRef::from(&stream);
    assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(40));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
    assert_eq!(
        socket.tcp_user_timeout().unwrap(),
        Some(Duration::from_millis(1_500))
    );
    let off = route(open.port(), |tcp| {
        (tcp.keepalive, tcp.user_timeout) = (None, None)
    });
    let stream = off.tcp_connect(open).await.unwrap();
    let socket = SockRef::from(&stream);
    assert!(!socket.keepalive().unwrap());
    assert_eq!(socket.tcp_user_timeout().unwrap(), None);
}
