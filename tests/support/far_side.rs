//! A simulated operator whose work is not the gateway's: for benchmarks.

use smsc_sim::{Counters, Script, Smsc};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The simulated operator, on a thread named `operator` and a runtime of its own.
pub struct FarSide {
    /// Where it listens.
    pub addr: SocketAddr,
    smsc: Arc<Smsc>,
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl FarSide {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no thread, or no port, for it.
    pub fn start(script: Script) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let serve = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(smsc) = Smsc::start(script).await else {
                    return;
                };
                tell.send(Arc::new(smsc)).unwrap_or_default();
                // What is left of it goes with the runtime.
                stopped.await.unwrap_or_default();
            });
        };
        let thread = std::thread::Builder::new()
            .name("operator".to_owned())
            .spawn(serve)?;
        let smsc: Arc<Smsc> = told
            .recv()
            .map_err(|_| io::Error::other("the simulated operator does not start"))?;
        Ok(Self {
            addr: smsc.addr(),
            smsc,
            stop,
            thread,
        })
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.smsc.counters()
    }

    /// Stops it, and waits until it has ended.
    pub fn end(self) {
        self.stop.send(()).unwrap_or_default();
        drop(self.thread.join());
    }
}
