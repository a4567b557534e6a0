//! How the primaries of one operator stand, for the backups that are bound on demand.

use crate::ports::BindStatus;
use smpp_domain::pdu::BindMode;
use tokio::sync::watch;

/// One primary bind.
#[derive(Clone, Copy, Debug)]
struct Primary {
    bind: usize,
    mode: BindMode,
    /// `None`: not tried yet, or not this host's to try.
    status: Option<BindStatus>,
}

/// All primaries of an operator. Clones are the same muster.
#[derive(Clone, Debug)]
pub(super) struct Muster(watch::Sender<Vec<Primary>>);

impl Muster {
    /// The primaries, by their place in the operator's list.
    pub(super) fn of(primaries: impl Iterator<Item = (usize, BindMode)>) -> Self {
        let all = primaries.map(|(bind, mode)| Primary {
            bind,
            mode,
            status: None,
        });
        Self(watch::Sender::new(all.collect()))
    }

    /// Says how a bind stands; backups do not count.
    pub(super) fn post(&self, bind: usize, status: Option<BindStatus>) {
        self.0.send_if_modified(|all| {
            let primary = all.iter_mut().find(|primary| primary.bind == bind);
            primary.is_some_and(|primary| std::mem::replace(&mut primary.status, status) != status)
        });
    }

    /// Looks on.
    pub(super) fn watch(&self) -> Need {
        Need(self.0.subscribe())
    }
}

/// Whether backups are needed.
#[derive(Debug)]
pub(super) struct Need(watch::Receiver<Vec<Primary>>);

impl Need {
    /// Whether no primary does the work of a backup in this mode, and those that could have been tried. One in FAILBACK
    /// does not work yet.
    pub(super) fn of(&mut self, backup: BindMode) -> bool {
        let primaries = self.0.borrow_and_update();
        let does_it = |primary: &&Primary| match backup {
            BindMode::Receiver => primary.mode != BindMode::Transmitter,
            BindMode::Transceiver | BindMode::Transmitter => primary.mode != BindMode::Receiver,
        };
        let away = |status| matches!(status, Some(BindStatus::Down | BindStatus::Failback));
        primaries
            .iter()
            .filter(does_it)
            .all(|primary| away(primary.status))
    }

    /// Waits until some primary stands differently.
    pub(super) async fn changed(&mut self) {
        next(&mut self.0).await;
    }
}

/// Waits for another value; for ever when there will be none.
pub(super) async fn next<T>(value: &mut watch::Receiver<T>) {
    if value.changed().await.is_err() {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_needed_when_every_primary_that_does_its_work_is_away() {
        use BindMode::{Receiver, Transceiver, Transmitter};
        let muster = Muster::of([(0, Transmitter), (1, Receiver), (4, Transceiver)].into_iter());
        let mut need = muster.watch();
        assert!(!need.of(Transceiver), "nothing was tried yet");
        muster.post(0, Some(BindStatus::Down));
        assert!(!need.of(Transmitter), "another primary may come up");
        muster.post(4, Some(BindStatus::Failback));
        assert!(need.of(Transmitter) && need.of(Transceiver) && !need.of(Receiver));
        muster.post(1, Some(BindStatus::Down));
        assert!(need.of(Receiver));
        muster.post(4, Some(BindStatus::Up));
        assert!(!need.of(Transmitter) && !need.of(Receiver));
        muster.post(4, None);
        assert!(!need.of(Transmitter), "it is another host's");
    }

    #[test]
    fn without_primaries_a_backup_is_all_there_is() {
        assert!(Muster::of(std::iter::empty()).watch().of(BindMode::Transceiver));
    }
}
