//! A collector of traces: as much of OTLP over HTTP as a story needs, and ways to be a bad one.

mod spans;

pub use spans::Span;

use crate::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How a collector behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Takes everything.
    Willing,
    /// Answers this status, and takes nothing.
    Refusing(u16),
    /// Reads, and never answers.
    Silent,
}

/// What came.
#[derive(Default)]
struct Heard {
    /// Bodies with their heads.
    requests: Vec<(String, Vec<u8>)>,
    mood: Option<Mood>,
}

/// A collector on threads of its own. They end with the process.
pub struct Collector {
    addr: SocketAddr,
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

impl Collector {
    /// One that takes everything.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let heard = Arc::new((Mutex::default(), Condvar::new()));
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A connection that breaks is the other side's matter.
                thread::spawn(move || serve(&stream, &shared).unwrap_or_default());
            }
        });
        Self { addr, heard }
    }

    /// What `traces.otlp` says.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Behaves so from now on.
    pub fn turn(&self, mood: Mood) {
        lock(&self.heard.0).mood = Some(mood);
    }

    /// Requests that came, whatever was answered.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, Vec<u8>)> {
        lock(&self.heard.0).requests.clone()
    }

    /// Spans that came.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.requests()
            .iter()
            .flat_map(|(_, body)| spans::read(body))
            .collect()
    }

    /// Waits until requests came that satisfy the story.
    pub fn wait_until(&self, enough: impl Fn(&[(String, Vec<u8>)]) -> bool) {
        let (heard, bell) = &*self.heard;
        let waits = |heard: &mut Heard| !enough(&heard.requests);
        let (_heard, timed_out) = bell
            .wait_timeout_while(lock(heard), PATIENCE, waits)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(
            !timed_out.timed_out(),
            "the story did not go on within {PATIENCE:?}"
        );
    }

    /// Waits for spans that satisfy the story, and returns all.
    pub fn spans_until(&self, enough: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        self.wait_until(|requests| {
            let spans: Vec<_> = requests.iter().flat_map(|(_, body)| spans::read(body)).collect();
            enough(&spans)
        });
        self.spans()
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, shared: &(Mutex<Heard>, Condvar)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
        if head.is_empty() {
            return Ok(());
        }
        let lower = head.to_lowercase();
        let length = lower
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mood = {
            let mut heard = lock(&shared.0);
            heard.requests.push((head, body));
            heard.mood.unwrap_or(Mood::Willing)
        };
        shared.1.notify_all();
        let status = match mood {
            Mood::Willing => 200,
            Mood::Refusing(status) => status,
            Mood::Silent => continue,
        };
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n")?;
    }
}
