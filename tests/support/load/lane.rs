//! How messages are given to a gateway: each lane is one connection, and one call at a time.

use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Mutex;

/// Lanes of a gateway, ours and Kannel's alike.
pub(super) const LANES: usize = 32;

/// One connection.
pub(super) enum Lane {
    /// Commands into the stream, all of a call acknowledged before the next.
    Nats(Commands, jetstream::Context),
    /// `POST /api/v1/messages`, as NDJSON.
    Http(Commands, HttpClient),
    /// `sendsms` of Kannel's smsbox, a request a message.
    Sendsms(Sendsms, HttpClient),
    /// Straight into bearerbox, in the protocol of its boxes.
    Box(Arc<Mutex<OwnedWriteHalf>>, bool),
}

impl Lane {
    pub(super) async fn send(&mut self, numbers: Range<usize>) -> Result<()> {
        match self {
            Self::Nats(commands, jetstream) => {
                let mut answers = Vec::with_capacity(numbers.len());
                for number in numbers {
                    let payload = commands.json(number).into();
                    answers.push(jetstream.publish(commands.subject.clone(), payload).await?);
                }
                for answer in answers {
                    answer.await?;
                }
            }
            Self::Http(commands, client) => {
                let mut body = String::with_capacity(512 * numbers.len());
                for number in numbers {
                    body.push_str(&commands.json(number));
                    body.push('\n');
                }
                let request = format!(
                    "POST /api/v1/messages HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/x-ndjson\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                );
                client.ask(&request, 202).await?;
            }
            Self::Sendsms(sendsms, client) => {
                for number in numbers {
                    client.ask(&sendsms.request(number), 202).await?;
                }
            }
            Self::Box(writer, receipts) => {
                let mut octets = Vec::with_capacity(400 * numbers.len());
                for number in numbers {
                    super::kannel::boxed_sms(&mut octets, number, *receipts);
                }
                writer.lock().await.write_all(&octets).await?;
            }
        }
        Ok(())
    }
}

/// The text of a message: one part.
pub(super) fn text(number: usize) -> String {
    format!("Your parcel no. {number:08} is on its way and arrives today before noon.")
}

/// Where it goes.
pub(super) fn destination(number: usize) -> String {
    format!("+49151{number:08}")
}

/// Dispatch commands for an operator.
#[derive(Clone)]
pub(super) struct Commands {
    pub(super) operator: uuid::Uuid,
    pub(super) subject: String,
    pub(super) receipts: bool,
}

impl Commands {
    fn json(&self, number: usize) -> String {
        format!(
            r#"{{"messageId":"0199f3a0-0000-7000-8000-0000{number:08x}","to":"{}","from":"Bench","text":"{}","encoding":"GSM7","operatorId":"{}","accountId":"00000000-0000-0000-0000-000000000000","messageType":"SMS","longMessageStrategy":"CSMS","registeredDelivery":{}}}"#,
            destination(number),
            text(number),
            self.operator,
            self.receipts,
        )
    }
}

/// The number of a message, from the JSON of an event.
pub(super) fn number_in(event: &str) -> Option<usize> {
    let (_, rest) = event.split_once(r#""messageId":""#)?;
    usize::from_str_radix(rest.get(28..36)?, 16).ok()
}

/// Requests to smsbox.
#[derive(Clone)]
pub(super) struct Sendsms {
    /// Where receipts are to be told; without it none are asked for.
    pub(super) reports: Option<SocketAddr>,
}

impl Sendsms {
    fn request(&self, number: usize) -> String {
        let mut request = format!(
            "GET /cgi-bin/sendsms?username=bench&password=bench&from=Bench&to=%2B{}&text={}",
            destination(number).trim_start_matches('+'),
            text(number).replace(' ', "+")
        );
        if let Some(reports) = self.reports {
            // Delivered, or not: the two final states, as the gateway beside it is asked for.
            request += &format!("&dlr-mask=3&dlr-url=http%3A%2F%2F{reports}%2F{number}");
        }
        request.push_str(" HTTP/1.1\r\nhost: kannel\r\n\r\n");
        request
    }
}

/// A connection that is kept, one request at a time.
pub(super) struct HttpClient {
    stream: TcpStream,
    input: Vec<u8>,
}

impl HttpClient {
    pub(super) async fn connect(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: Vec::new(),
        })
    }

    async fn ask(&mut self, request: &str, wanted: u16) -> Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        self.input.clear();
        loop {
            if self.stream.read_buf(&mut self.input).await? == 0 {
                bail!("a connection was closed before the answer");
            }
            let text = String::from_utf8_lossy(&self.input);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let head = head.to_ascii_lowercase();
            let whole = match head.split_once("content-length:") {
                Some((_, rest)) => {
                    let length = rest.lines().next().map(str::trim).context("a header")?;
                    body.len() >= length.parse()?
                }
                None => body.ends_with("0\r\n\r\n"),
            };
            if whole {
                let status = head
                    .split(' ')
                    .nth(1)
                    .and_then(|status| status.parse::<u16>().ok());
                if status != Some(wanted) || text.contains(r#""rejected":[{"#) {
                    bail!("{text}");
                }
                return Ok(());
            }
        }
    }
}
