//! An SMSC of hand-made octets, for what the simulated one is too well-behaved to say.

use crate::PATIENCE;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const ENQUIRE_LINK: u32 = 0x15;
const RESPONSE: u32 = 0x8000_0000;

/// Waits to be bound to.
pub struct Peer {
    listener: TcpListener,
}

/// A link to a gateway that has bound.
pub struct PeerLink {
    stream: TcpStream,
    sequence: u32,
    byte_by_byte: bool,
}

/// A PDU of the gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerPdu {
    /// As on the wire.
    pub command: u32,
    /// As on the wire.
    pub status: u32,
    /// As on the wire.
    pub sequence: u32,
    /// As on the wire.
    pub body: Vec<u8>,
}

impl Peer {
    /// Listens on a free port.
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self { listener }
    }

    /// Where.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("a listener")
    }

    /// The next link, once its bind is answered.
    pub async fn bound(&self) -> PeerLink {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        let (stream, _) = accepted.expect("a gateway that connects").expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let mut link = PeerLink {
            stream,
            sequence: 0,
            byte_by_byte: false,
        };
        let bind = link.receive().await;
        link.send(bind.command | RESPONSE, 0, bind.sequence, b"peer\0")
            .await;
        link
    }
}

impl PeerLink {
    /// Writes every octet by itself from here on.
    #[must_use]
    pub fn byte_by_byte(mut self) -> Self {
        self.byte_by_byte = true;
        self
    }

    /// Sends a PDU.
    pub async fn send(&mut self, command: u32, status: u32, sequence: u32, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).expect("a PDU of some size");
        let header = [length, command, status, sequence].map(u32::to_be_bytes).concat();
        let octets = [&header, body].concat();
        let size = if self.byte_by_byte { 1 } else { octets.len() };
        for chunk in octets.chunks(size) {
            self.stream.write_all(chunk).await.expect("a link that lives");
        }
    }

    /// The next PDU that is no enquire_link; those are answered.
    pub async fn receive(&mut self) -> PeerPdu {
        loop {
            let pdu = timeout(PATIENCE, self.read())
                .await
                .expect("a PDU of the gateway");
            if pdu.command != ENQUIRE_LINK {
                return pdu;
            }
            self.send(ENQUIRE_LINK | RESPONSE, 0, pdu.sequence, b"").await;
        }
    }

    /// Waits until something has come.
    pub async fn ready(&self) {
        let peeked = timeout(PATIENCE, self.stream.peek(&mut [0])).await;
        peeked
            .expect("something of the gateway")
            .expect("a link that lives");
    }

    /// Sends a request and returns what is answered to it. Nothing else may come in between.
    pub async fn ask(&mut self, command: u32, body: &[u8]) -> PeerPdu {
        self.sequence += 1;
        let sequence = self.sequence;
        self.send(command, 0, sequence, body).await;
        let answer = self.receive().await;
        assert_eq!(answer.sequence, sequence, "{answer:?}");
        answer
    }

    async fn read(&mut self) -> PeerPdu {
        let mut header = [0; 16];
        self.stream
            .read_exact(&mut header)
            .await
            .expect("a link that lives");
        let mut fields = header
            .as_chunks::<4>()
            .0
            .iter()
            .map(|field| u32::from_be_bytes(*field));
        let mut field = || fields.next().unwrap_or_default();
        let (length, command, status, sequence) = (field(), field(), field(), field());
        let mut body = vec![0; length.checked_sub(16).expect("a whole header") as usize];
        self.stream.read_exact(&mut body).await.expect("a whole body");
        PeerPdu {
            command,
            status,
            sequence,
            body,
        }
    }
}

/// A deliver_sm or data_sm in the making.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Octets before its NUL.
    pub service_type: &'static [u8],
    /// The subscriber.
    pub from: &'static str,
    /// As on the wire.
    pub esm_class: u8,
    /// As on the wire.
    pub data_coding: u8,
    /// short_message.
    pub octets: Vec<u8>,
    /// Tags and values.
    pub tlvs: Vec<(u16, Vec<u8>)>,
}

impl Delivery {
    /// A message or receipt of this class.
    #[must_use]
    pub fn of_class(esm_class: u8, octets: &[u8]) -> Self {
        Self {
            service_type: b"",
            from: "491510000009",
            esm_class,
            data_coding: 0,
            octets: octets.to_vec(),
            tlvs: Vec::new(),
        }
    }

    /// One more parameter.
    #[must_use]
    pub fn tlv(mut self, tag: u16, value: &[u8]) -> Self {
        self.tlvs.push((tag, value.to_vec()));
        self
    }

    /// The body of a deliver_sm (SMPP 3.4 section 4.6.1).
    #[must_use]
    pub fn deliver_sm(&self) -> Vec<u8> {
        let mut body = self.addresses();
        body.extend([self.esm_class, 0, 0, 0, 0, 0, 0, self.data_coding, 0]);
        body.push(u8::try_from(self.octets.len()).expect("at most 255 octets"));
        body.extend(&self.octets);
        self.put_tlvs(&mut body);
        body
    }

    /// The body of a data_sm (SMPP 3.4 section 4.7.1), with the octets in message_payload.
    #[must_use]
    pub fn data_sm(&self) -> Vec<u8> {
        let mut body = self.addresses();
        body.extend([self.esm_class, 0, self.data_coding]);
        if self.octets.is_empty() {
            self.put_tlvs(&mut body);
        } else {
            self.clone().tlv(0x0424, &self.octets).put_tlvs(&mut body);
        }
        body
    }

    fn addresses(&self) -> Vec<u8> {
        let mut body = [self.service_type, b"\0\x01\x01", self.from.as_bytes()].concat();
        body.extend(b"\0\x04\x0912345\0");
        body
    }

    fn put_tlvs(&self, body: &mut Vec<u8>) {
        for (tag, value) in &self.tlvs {
            body.extend(tag.to_be_bytes());
            body.extend(
                u16::try_from(value.len())
                    .expect("a value of some size")
                    .to_be_bytes(),
            );
            body.extend(value);
        }
    }
}
