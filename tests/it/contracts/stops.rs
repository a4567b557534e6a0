//! [`StopStore`](smpp_connector::ports::StopStore): which operators are stopped.

use super::StorePlace;
use super::sample::{in_seconds, operator};
use smpp_connector::ports::OperatorStop;
use smpp_domain::pdu::CommandStatus;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    an_operator_is_stopped_once_and_goes_on_once,
    stops_survive_a_restart,
});

fn stop(id: u8, status: u32) -> OperatorStop {
    OperatorStop {
        operator_id: operator(id),
        reason: format!("no credit, {id} says"),
        command_status: CommandStatus(status),
        since: in_seconds(-5),
    }
}

async fn an_operator_is_stopped_once_and_goes_on_once(place: &mut impl StorePlace) {
    let stops = place.stops();
    assert!(stops.stopped().await.unwrap().is_empty());
    let (first, other) = (stop(1, 0x401), stop(2, u32::MAX));
    assert!(stops.stop(&first).await.unwrap());
    assert!(
        !stops.stop(&stop(1, 0x5A)).await.unwrap(),
        "it is stopped already"
    );
    assert!(stops.stop(&other).await.unwrap());
    let mut all = stops.stopped().await.unwrap();
    all.sort_by_key(|stop| stop.operator_id);
    assert_eq!(all, [first.clone(), other.clone()]);
    assert_eq!(stops.resume(operator(1)).await.unwrap(), Some(first.clone()));
    assert_eq!(stops.resume(operator(1)).await.unwrap(), None);
    assert_eq!(stops.stopped().await.unwrap(), [other]);
    assert!(stops.stop(&first).await.unwrap(), "it may be stopped again");
}

async fn stops_survive_a_restart(place: &mut impl StorePlace) {
    let stopped = stop(1, 0x401);
    place.stops().stop(&stopped).await.unwrap();
    place.reopen().await;
    assert_eq!(place.stops().stopped().await.unwrap(), [stopped]);
}
