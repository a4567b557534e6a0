//! A TCP relay between gateway and SMSC that writes down every PDU, in the order in which they pass.

use super::capture::Direction;
use smpp_connector_tests::PATIENCE;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What has passed, in the order in which it did.
pub(crate) type Pdus = Vec<(Direction, Vec<u8>)>;
type Record = Arc<watch::Sender<Pdus>>;

/// Relays until the test's runtime ends.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    record: Record,
}

impl Relay {
    pub(crate) async fn to(smsc: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let record = Record::default();
        let written = record.clone();
        tokio::spawn(async move {
            while let Ok((gateway, _)) = listener.accept().await {
                let smsc = TcpStream::connect(smsc).await.expect("the SMSC listens");
                let (from_gateway, to_gateway) = gateway.into_split();
                let (from_smsc, to_smsc) = smsc.into_split();
                tokio::spawn(pass(from_gateway, to_smsc, Direction::Out, written.clone()));
                tokio::spawn(pass(from_smsc, to_gateway, Direction::In, written.clone()));
            }
        });
        Self { addr, record }
    }

    /// Every PDU so far.
    pub(crate) fn pdus(&self) -> Pdus {
        self.record.borrow().clone()
    }

    /// Waits until so many PDUs of this command have passed, and as many of the other one.
    pub(crate) async fn until_answered(
        &self,
        request: (Direction, u32),
        answer: (Direction, u32),
        least: usize,
    ) {
        let mut record = self.record.subscribe();
        let answered = record.wait_for(|pdus| {
            let requests = count(pdus, request);
            requests >= least && count(pdus, answer) == requests
        });
        let waited = tokio::time::timeout(PATIENCE, answered).await;
        waited.expect("answers in time").expect("a relay that lives");
    }

    /// How many PDUs of this command have passed.
    pub(crate) fn passed(&self, command: (Direction, u32)) -> usize {
        count(&self.record.borrow(), command)
    }

    /// Waits until so many PDUs of this command have passed.
    pub(crate) async fn until_passed(&self, command: (Direction, u32), least: usize) {
        let mut record = self.record.subscribe();
        let passed = record.wait_for(|pdus| count(pdus, command) >= least);
        let waited = tokio::time::timeout(PATIENCE, passed).await;
        let (direction, id) = command;
        let found = waited.unwrap_or_else(|_| panic!("{least} of {id:#x} {direction:?} are not seen"));
        found.expect("a relay that lives");
    }
}

/// How many PDUs of this command there are.
fn count(pdus: &Pdus, (direction, command): (Direction, u32)) -> usize {
    let is_it = |(way, pdu): &&(Direction, Vec<u8>)| *way == direction && pdu[4..8] == command.to_be_bytes();
    pdus.iter().filter(is_it).count()
}

/// A PDU is written down before it is passed on, so that an answer never stands before its question.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    record: Record,
) {
    while let Ok(pdu) = next_pdu(&mut from).await {
        record.send_modify(|pdus| pdus.push((direction, pdu.clone())));
        if to.write_all(&pdu).await.is_err() {
            return;
        }
    }
    // The end is passed on too; the other side may have gone already.
    drop(to.shutdown().await);
}

async fn next_pdu(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await?;
    let mut pdu = length.to_vec();
    pdu.resize(usize::try_from(u32::from_be_bytes(length)).expect("64 bits"), 0);
    from.read_exact(&mut pdu[4..]).await?;
    Ok(pdu)
}
