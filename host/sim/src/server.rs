//! The SMSC itself: the listener, the links, and what a test asks of them.

use crate::account::{Account, Door, Pending, What, lock};
use crate::desk::Desk;
use crate::link::Link;
use crate::messages::ReceivedMessage;
use crate::mo::{Mo, MoError};
use crate::receipts::{self, Clock};
use crate::records::{BindRequest, Counters, Response, Submit, WaitTimedOut};
use crate::script::Script;
use crate::wire::{command, put_c_string, put_pdu};
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Links beyond this are closed as soon as they connect.
const MAX_LINKS: usize = 1_000;
/// Different system_ids beyond this cannot bind.
const MAX_ACCOUNTS: usize = 1_000;

/// What the links of one SMSC share. Locks are taken in the order of the fields, and an account's after them.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) desk: Mutex<Desk>,
    accounts: Mutex<Vec<Arc<Account>>>,
    doors: Mutex<HashMap<u64, Arc<Door>>>,
    links_opened: AtomicU64,
    /// Told after every change that `wait_until` may wait for.
    pub(crate) changed: Notify,
    ending: CancellationToken,
    tasks: TaskTracker,
}

impl Hub {
    /// The account of this name; `None` when there are too many.
    pub(crate) fn account(&self, system_id: &str) -> Option<Arc<Account>> {
        let mut accounts = lock(&self.accounts);
        if let Some(known) = accounts.iter().find(|account| &*account.system_id == system_id) {
            return Some(known.clone());
        }
        let new = (accounts.len() < MAX_ACCOUNTS).then(|| Account::new(system_id))?;
        accounts.push(new.clone());
        Some(new)
    }

    pub(crate) fn close(&self, door: &Door) {
        lock(&self.doors).remove(&door.id);
    }

    /// Serves a connection in a task of its own; with too many links already, closes it.
    pub(crate) fn attach<R, W>(self: &Arc<Self>, reader: R, writer: W)
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        if let Some(door) = self.open() {
            self.tasks
                .spawn(Link::new(self.clone(), door, reader, writer).run());
        }
    }

    fn open(&self) -> Option<Arc<Door>> {
        let mut doors = lock(&self.doors);
        if doors.len() >= MAX_LINKS {
            return None;
        }
        let id = self.links_opened.fetch_add(1, Ordering::Relaxed) + 1;
        let door = Door::new(id, self.ending.child_token());
        doors.insert(id, door.clone());
        Some(door)
    }
}

/// Where connections are taken, while they are.
struct Listening {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A running SMSC. Dropping it closes the listener and every link; [`Smsc::stop`] also waits for that.
pub struct Smsc {
    pub(crate) hub: Arc<Hub>,
    addr: SocketAddr,
    listening: tokio::sync::Mutex<Option<Listening>>,
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.hub.ending.cancel();
    }
}

impl Smsc {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::start_on(("127.0.0.1", 0), script).await
    }

    /// Starts on this address.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_on(addr: impl ToSocketAddrs, script: Script) -> io::Result<Self> {
        Self::serve(TcpListener::bind(addr).await?, script)
    }

    /// Starts on a listener that is bound already.
    ///
    /// # Errors
    /// When the listener does not know its address.
    pub fn serve(listener: TcpListener, script: Script) -> io::Result<Self> {
        let hub = Arc::new(Hub {
            desk: Mutex::new(Desk::new(script, Instant::now())),
            accounts: Mutex::default(),
            doors: Mutex::default(),
            links_opened: AtomicU64::new(0),
            changed: Notify::new(),
            ending: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let addr = listener.local_addr()?;
        let listening = tokio::sync::Mutex::new(Some(listen(&hub, listener)));
        Ok(Self { hub, addr, listening })
    }

    /// Where it listens (or listened, after [`Smsc::stop_listening`]).
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connects without a socket: for tests under paused time, where only tasks may make progress.
    #[must_use]
    pub fn connect_in_memory(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (reader, writer) = tokio::io::split(far);
        self.hub.attach(reader, writer);
        near
    }

    /// Connects to an ESME and sends outbind, so that it binds over this connection (SMPP 3.4 section 2.2.2).
    ///
    /// # Errors
    /// When the ESME cannot be reached. One that does not like the outbind closes the connection, or says nothing.
    pub async fn outbind(&self, esme: SocketAddr, system_id: &str, password: &str) -> io::Result<()> {
        let stream = TcpStream::connect(esme).await?;
        stream.set_nodelay(true)?;
        let (reader, mut writer) = stream.into_split();
        let mut outbind = BytesMut::new();
        put_pdu(&mut outbind, command::OUTBIND, 0, 1, |body| {
            put_c_string(body, system_id.as_bytes());
            put_c_string(body, password.as_bytes());
        });
        writer.write_all(&outbind).await?;
        self.hub.attach(reader, writer);
        Ok(())
    }

    /// Changes the behaviour at once, on links that are up too. Counts of the script start anew; records,
    /// message numbers and queued receipts stay.
    pub fn set_script(&self, script: Script) {
        lock(&self.hub.desk).follow(script, Instant::now());
        for door in lock(&self.hub.doors).values() {
            door.notify.notify_one();
        }
    }

    /// Refuses connections from now on; links that are up stay.
    pub async fn stop_listening(&self) {
        if let Some(listening) = self.listening.lock().await.take() {
            listening.stop.cancel();
            // A task that is cancelled or has panicked holds no listener either.
            listening.task.await.ok();
        }
    }

    /// Takes connections again, on the same address.
    ///
    /// # Errors
    /// When the address was taken by somebody else meanwhile.
    pub async fn resume(&self) -> io::Result<()> {
        let mut listening = self.listening.lock().await;
        if listening.is_none() {
            *listening = Some(listen(&self.hub, TcpListener::bind(self.addr).await?));
        }
        Ok(())
    }

    /// Closes the listener and every link, and waits until their tasks have ended.
    pub async fn stop(self) {
        self.hub.ending.cancel();
        self.hub.tasks.close();
        self.hub.tasks.wait().await;
    }

    /// Closes every link without unbind, as a broken network does; returns how many.
    pub fn cut_links(&self) -> usize {
        let doors = lock(&self.hub.doors);
        doors.values().for_each(|door| door.cut.cancel());
        doors.len()
    }

    /// Writes these octets to every link, between PDUs; returns how many links took them. A link takes at
    /// most 1 MiB that it could not write yet.
    pub fn send_raw(&self, octets: impl Into<Bytes>) -> usize {
        let octets = octets.into();
        lock(&self.hub.doors)
            .values()
            .filter(|door| door.write_raw(octets.clone()))
            .count()
    }

    /// Sends a mobile-originated message and waits for the command_status of its deliver_sm_resp. It is sent
    /// again as receipts are: after "later", and when its link is lost.
    ///
    /// # Errors
    /// See [`MoError`]. Waits for as long as nobody answers.
    pub async fn send_mo(&self, mo: Mo) -> Result<u32, MoError> {
        let account = {
            let accounts = lock(&self.hub.accounts);
            let wanted = mo.system_id.as_deref();
            let found = accounts
                .iter()
                .find(|account| wanted.is_none_or(|wanted| &*account.system_id == wanted));
            found.cloned().ok_or(MoError::NoAccount)?
        };
        let (answered, answer) = oneshot::channel();
        // When the queue is full the sender is dropped with the message, and the wait below ends.
        account.push([Pending::new(Instant::now(), mo.pdu(), What::Mo(Some(answered)))]);
        account.wake_others(0);
        tokio::select! {
            status = answer => status.map_err(|_| MoError::Dropped),
            () = self.hub.ending.cancelled() => Err(MoError::Dropped),
        }
    }

    /// Queues receipts for so many messages that nobody has sent: they take the next numbers, one each, and go to the account
    /// that bound first. Returns how many found room in its queue.
    ///
    /// # Errors
    /// [`MoError::NoAccount`] when nobody has bound yet.
    pub fn stray_receipts(&self, count: u64) -> Result<u64, MoError> {
        let account = lock(&self.hub.accounts).first().cloned();
        let account = account.ok_or(MoError::NoAccount)?;
        let (numbers, script) = lock(&self.hub.desk).take_numbers(count);
        let clock = Clock::now();
        let strays = numbers.map(|number| {
            let pdu = receipts::stray(&script, number, clock.unix);
            Pending::new(clock.now, pdu, What::Receipt(None))
        });
        let dropped = account.push(strays);
        account.wake_others(0);
        lock(&self.hub.desk).records.counters.receipts_dropped += dropped;
        Ok(count - dropped)
    }

    /// What has been counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        lock(&self.hub.desk).records.counters
    }

    /// Every bind request so far (the first 10,000), refused ones included.
    #[must_use]
    pub fn bind_requests(&self) -> Vec<BindRequest> {
        lock(&self.hub.desk).records.bind_requests.clone()
    }

    /// Every submit_sm so far, in the order of arrival (with [`Record::All`](crate::Record::All)).
    #[must_use]
    pub fn submits(&self) -> Vec<Submit> {
        lock(&self.hub.desk).records.submits.clone()
    }

    /// The answers to what [`Smsc::send_raw`] sent (the first 10,000), in the order in which they came.
    #[must_use]
    pub fn stray_responses(&self) -> Vec<Response> {
        lock(&self.hub.desk).records.strays.clone()
    }

    /// How many submit_sm came for each destination, refused ones included.
    #[must_use]
    pub fn submits_by_destination(&self) -> HashMap<String, u32> {
        lock(&self.hub.desk).records.by_destination.clone()
    }

    /// The accepted messages with their parts put together, in the order in which their first parts came.
    #[must_use]
    pub fn messages(&self) -> Vec<ReceivedMessage> {
        lock(&self.hub.desk).records.messages()
    }

    /// The most submit_sm, refused ones included, that arrived in any second (t - 1 s, t].
    #[must_use]
    pub fn max_in_any_second(&self) -> u64 {
        lock(&self.hub.desk).records.max_in_any_second()
    }

    /// The most submit_sm that one link had unanswered at a time. Those that never get an answer count until
    /// the link is gone.
    #[must_use]
    pub fn max_unanswered(&self) -> u32 {
        lock(&self.hub.desk).records.max_unanswered
    }

    /// Waits until `condition` holds, asking again after each change. The condition may also look at other
    /// things, such as [`Smsc::messages`].
    ///
    /// # Errors
    /// When it does not hold within `timeout`.
    pub async fn wait_until(
        &self,
        condition: impl Fn(&Counters) -> bool,
        timeout: Duration,
    ) -> Result<Counters, WaitTimedOut> {
        let deadline = Instant::now() + timeout;
        loop {
            let changed = self.hub.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change falls in between.
            changed.as_mut().enable();
            let counters = self.counters();
            if condition(&counters) {
                return Ok(counters);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Err(WaitTimedOut {
                    waited: timeout,
                    counters,
                });
            }
        }
    }
}

fn listen(hub: &Arc<Hub>, listener: TcpListener) -> Listening {
    let stop = hub.ending.child_token();
    let task = hub.tasks.spawn(accept(hub.clone(), listener, stop.clone()));
    Listening { stop, task }
}

async fn accept(hub: Arc<Hub>, listener: TcpListener, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors: the same error comes back at once, until some link ends.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection went before it was taken");
            continue;
        }
        let (reader, writer) = stream.into_split();
        hub.attach(reader, writer);
    }
}
