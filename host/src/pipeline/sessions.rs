//! State changes of sessions, as events.

use super::OperatorContext;
use super::publish::event;
use crate::config::SessionSettings;
use crate::ports::SessionNotice;
use smpp_domain::event::{EventKind, SessionEvent};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Publishes notices until every bind is gone. `settings` are those of each bind.
pub async fn publish_sessions(
    context: OperatorContext,
    settings: Vec<SessionSettings>,
    mut notices: mpsc::Receiver<SessionNotice>,
) {
    let mut batch = Vec::new();
    while notices.recv_many(&mut batch, 64).await > 0 {
        let events: Vec<_> = batch
            .drain(..)
            .filter_map(|notice| settings.get(notice.bind).map(|settings| told(&context, settings, notice)))
            .map(|body| {
                event(EventKind::Session, body.operator_id, format!("session:{}", Uuid::now_v7()), &body)
            })
            .collect();
        super::publish(&*context.events, &context.config.name, &events).await;
    }
}

fn told(context: &OperatorContext, settings: &SessionSettings, notice: SessionNotice) -> SessionEvent {
    SessionEvent {
        operator_id: context.config.operator_id,
        host: settings.host.clone(),
        port: settings.port,
        bind_mode: settings.bind_mode,
        is_primary: settings.is_primary,
        from: notice.from,
        to: notice.to,
        reason: notice.reason,
        reconnect_attempts: notice.reconnect_attempts,
        next_reconnect_at: notice.next_reconnect_at,
    }
}
