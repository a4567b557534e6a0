//! A gateway of hand-made octets.

use crate::wire::{Header, command, put_c_string, put_pdu, put_tlv};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A test that waits for so long fails instead of hanging.
const HANGING: Duration = Duration::from_secs(30);

pub(super) struct Pdu {
    pub(super) command: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Bytes,
}

impl Pdu {
    /// The body as text, without the NUL at its end.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.body.strip_suffix(b"\0").unwrap_or(&self.body)).into_owned()
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.body
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }
}

/// What a test says about a submit_sm; the rest is usual.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) to: &'static str,
    pub(super) octets: Vec<u8>,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    pub(super) registered_delivery: u8,
    pub(super) tlvs: Vec<(u16, Vec<u8>)>,
}

pub(super) fn message(to: &'static str, octets: impl Into<Vec<u8>>) -> Message {
    let octets = octets.into();
    Message {
        to,
        octets,
        esm_class: 0,
        data_coding: 0,
        registered_delivery: 1,
        tlvs: Vec::new(),
    }
}

pub(super) struct Client<S> {
    stream: S,
    input: BytesMut,
    sequence: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            sequence: 0,
        }
    }

    /// Connects and binds; 9 is a transceiver, 2 a transmitter, 1 a receiver.
    pub(super) async fn bound(stream: S, mode: u32) -> Self {
        let mut client = Self::new(stream);
        let response = client.bind(mode, "acme", "secret").await;
        assert_eq!(response.status, 0);
        client
    }

    pub(super) async fn bind(&mut self, mode: u32, system_id: &str, password: &str) -> Pdu {
        self.send(mode, |body| {
            put_c_string(body, system_id.as_bytes());
            put_c_string(body, password.as_bytes());
            body.put_slice(&[0, 0x34, 0, 0, 0]);
        })
        .await;
        self.next().await
    }

    pub(super) async fn send(&mut self, command: u32, body: impl FnOnce(&mut BytesMut)) -> u32 {
        self.sequence += 1;
        let mut pdu = BytesMut::new();
        put_pdu(&mut pdu, command, 0, self.sequence, body);
        self.write(&pdu).await;
        self.sequence
    }

    pub(super) async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    pub(super) async fn submit(&mut self, message: &Message) -> u32 {
        self.send(command::SUBMIT_SM, |body| put_message(body, message))
            .await
    }

    /// Submits, and reads the answer.
    pub(super) async fn ask(&mut self, message: &Message) -> Pdu {
        let sequence = self.submit(message).await;
        let answer = self.next().await;
        assert_eq!(answer.sequence, sequence);
        answer
    }

    pub(super) async fn answer_deliver(&mut self, sequence: u32, status: u32) {
        let mut pdu = BytesMut::new();
        put_pdu(&mut pdu, command::DELIVER_SM_RESP, status, sequence, |body| {
            body.put_u8(0)
        });
        self.write(&pdu).await;
    }

    pub(super) async fn next(&mut self) -> Pdu {
        let next = tokio::time::timeout(HANGING, self.read()).await;
        next.expect("nothing came").expect("the link is closed")
    }

    /// `None` at the end of the stream.
    pub(super) async fn read(&mut self) -> Option<Pdu> {
        loop {
            if let Some(header) = Header::peek(&self.input)
                && self.input.len() >= header.length
            {
                let mut pdu = self.input.split_to(header.length).freeze();
                pdu.advance(16);
                let Header {
                    command,
                    status,
                    sequence,
                    ..
                } = header;
                return Some(Pdu {
                    command,
                    status,
                    sequence,
                    body: pdu,
                });
            }
            if self.stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }
}

pub(super) fn put_message(body: &mut BytesMut, message: &Message) {
    body.put_u8(0);
    body.put_slice(&[5, 0]);
    put_c_string(body, b"ACME");
    body.put_slice(&[1, 1]);
    put_c_string(body, message.to.as_bytes());
    body.put_slice(&[
        message.esm_class,
        0,
        0,
        0,
        0,
        message.registered_delivery,
        0,
        message.data_coding,
        0,
    ]);
    body.put_u8(message.octets.len().try_into().unwrap());
    body.put_slice(&message.octets);
    for (tag, value) in &message.tlvs {
        put_tlv(body, *tag, value);
    }
}
