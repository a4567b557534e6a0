//! What links tell by the way, as events: state changes of sessions, and alerts about subscribers.

use super::OperatorContext;
use super::publish::event;
use crate::config::SessionSettings;
use crate::ports::{AlertNotice, Event, Notice, SessionNotice};
use smpp_domain::event::{AlertEvent, Availability, EventKind, SessionEvent};
use smpp_domain::pdu::{find_tlv, tag};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Publishes notices until every bind is gone. `settings` are those of each bind.
pub async fn publish_sessions(
    context: OperatorContext,
    settings: Vec<SessionSettings>,
    mut notices: mpsc::Receiver<Notice>,
) {
    let mut batch = Vec::new();
    while notices.recv_many(&mut batch, 64).await > 0 {
        let events: Vec<_> = batch
            .drain(..)
            .filter_map(|notice| match notice {
                Notice::Session(notice) => session(&context, &settings, notice),
                Notice::Alert(notice) => Some(alert(&context, &notice)),
            })
            .collect();
        super::publish(&*context.events, &context.config.name, &events).await;
    }
}

fn session(context: &OperatorContext, settings: &[SessionSettings], notice: SessionNotice) -> Option<Event> {
    let body = told(context, settings.get(notice.bind)?, notice);
    let dedup_id = format!("session:{}", Uuid::now_v7());
    Some(event(EventKind::Session, body.operator_id, dedup_id, &body))
}

fn alert(context: &OperatorContext, notice: &AlertNotice) -> Event {
    let availability = find_tlv(&notice.pdu.tlvs, tag::MS_AVAILABILITY_STATUS);
    let body = AlertEvent {
        operator_id: context.config.operator_id,
        from: notice.pdu.source.digits.clone(),
        to: notice.pdu.esme.digits.clone(),
        availability: availability.and_then(|value| value.last().copied().map(Availability::from)),
        received_at: notice.received_at,
    };
    let dedup_id = format!("alert:{}", Uuid::now_v7());
    event(EventKind::Alert, body.operator_id, dedup_id, &body)
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
