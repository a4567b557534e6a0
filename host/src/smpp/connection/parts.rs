//! What a bind is made of, and what it keeps from one run to the next.

use super::Written;
use crate::metrics::BindLevels;
use crate::ports::{BindBoard, BindPanel, PartOutcome, PartResult, SubmitRequest, Ticket};
use crate::smpp::dial::Route;
use crate::smpp::muster::Muster;
use crate::smpp::outbind::Door;
use crate::smpp::permission::Permission;
use crate::smpp::supervisor::LinkContext;
use smpp_domain::session::SmppSession;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Where connections come from.
#[derive(Clone)]
pub(in crate::smpp) enum Origin {
    /// We connect.
    Dial(Arc<Route>),
    /// The operator connects and sends outbind.
    Outbind(Arc<Door>),
}

/// One bind, while it does not run.
pub(in crate::smpp) struct ConnectionParts {
    pub(in crate::smpp) index: usize,
    pub(in crate::smpp) host: String,
    pub(in crate::smpp) origin: Origin,
    pub(in crate::smpp) session: SmppSession<Written>,
    pub(in crate::smpp) submits: mpsc::Receiver<SubmitRequest>,
    pub(in crate::smpp) board: Arc<BindBoard>,
    pub(in crate::smpp) panel: Arc<BindPanel>,
    pub(in crate::smpp) levels: BindLevels,
    pub(in crate::smpp) muster: Muster,
    pub(in crate::smpp) backup_in_use: watch::Receiver<bool>,
    pub(in crate::smpp) stop: CancellationToken,
    pub(in crate::smpp) context: LinkContext,
}

impl ConnectionParts {
    /// Waits until the bind may be up; false when it never will, since the operator stops. What is handed over meanwhile
    /// comes back as not sent.
    pub(in crate::smpp) async fn wait_until_permitted(
        &mut self,
        permission: &mut Permission,
        stop: &CancellationToken,
    ) -> bool {
        loop {
            let request = tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                request = self.submits.recv() => request,
                () = permission.given() => return true,
            };
            match request {
                Some(request) => self.report(request.ticket, PartResult::NotSent),
                None => return false,
            }
        }
    }

    /// Tells people and metrics how full the window is.
    pub(super) fn show_in_flight(&self) {
        let in_flight = self.session.in_flight();
        self.panel.set_in_flight(in_flight);
        self.levels.set_in_flight(in_flight);
    }

    pub(super) fn report(&self, ticket: Ticket, result: PartResult) {
        let bind = self.index;
        let outcome = PartOutcome { bind, ticket, result };
        if self.context.outcomes.try_send(outcome).is_err() {
            // Its capacity covers every window: only a pipeline that is gone can refuse.
            tracing::debug!("an outcome came after the pipeline had ended");
        }
    }
}
