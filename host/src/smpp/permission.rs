//! Whether a bind may be up: by the operator's bind limit over all hosts, by people's orders, and, for a backup on demand,
//! by need.

use super::muster::{Need, next};
use crate::ports::Orders;
use smpp_domain::pdu::BindMode;
use tokio::sync::watch;

/// The permission of one bind. It is given and taken as things change.
#[derive(Debug)]
pub(super) struct Permission {
    /// By the bind limit. A keeper of slots that has ended has left it as it is.
    pub(super) slot: watch::Receiver<bool>,
    /// By people.
    pub(super) orders: watch::Receiver<Orders>,
    /// By need, and the bind's mode; `None`: always needed.
    pub(super) need: Option<(Need, BindMode)>,
    /// The rebinds that have been carried out.
    rebinds: u64,
}

impl Permission {
    pub(super) fn new(
        slot: watch::Receiver<bool>,
        orders: watch::Receiver<Orders>,
        need: Option<(Need, BindMode)>,
    ) -> Self {
        Self {
            slot,
            orders,
            need,
            rebinds: 0,
        }
    }

    /// Waits until the bind may be up. Cancel safe.
    pub(super) async fn given(&mut self) {
        while !self.holds() {
            self.changed().await;
        }
        self.rebinds = self.orders.borrow().rebinds;
    }

    /// Waits until the bind may not be up any more, or is to begin anew. Cancel safe.
    pub(super) async fn taken(&mut self) {
        while self.holds() && self.orders.borrow().rebinds == self.rebinds {
            self.changed().await;
        }
    }

    /// Whether it is this host's to be up, if anybody wants it to.
    pub(super) fn has_slot(&self) -> bool {
        *self.slot.borrow()
    }

    fn holds(&mut self) -> bool {
        let slot = *self.slot.borrow_and_update();
        let ordered_away = self.orders.borrow_and_update().stay_unbound;
        let needed = self.need.as_mut().is_none_or(|(need, mode)| need.of(*mode));
        slot && !ordered_away && needed
    }

    async fn changed(&mut self) {
        let need = async {
            match &mut self.need {
                Some((need, _)) => need.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = next(&mut self.slot) => {}
            () = next(&mut self.orders) => {}
            () = need => {}
        }
    }
}
