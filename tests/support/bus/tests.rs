use super::Bus;
use crate::servers::NatsServer;
use crate::{Message, PATIENCE};
use async_nats::jetstream::stream;
use smpp_domain::ids::OperatorId;
use uuid::Uuid;

async fn streams(bus: &Bus) {
    for (name, subject) in [
        ("SMPP_DISPATCH", "smpp.operator.*"),
        ("SMPP_EVENTS", "smpp.submit.*"),
    ] {
        let config = stream::Config {
            name: name.to_owned(),
            subjects: vec![subject.to_owned()],
            ..Default::default()
        };
        bus.jetstream.create_stream(config).await.unwrap();
    }
}

async fn tell(bus: &Bus, message: &Message) {
    let event = format!("{{\"messageId\":\"{}\",\"outcome\":\"ACCEPTED\"}}", message.id());
    let published = bus.jetstream.publish("smpp.submit.x", event.into()).await;
    published.unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_events_outlive_a_kill_of_the_server() {
    for mut server in [NatsServer::start(), NatsServer::start_current()] {
        let bus = Bus::connect(&server.url()).await;
        streams(&bus).await;
        let operator = OperatorId(Uuid::now_v7());
        let messages: Vec<_> = (0..600)
            .map(|n| Message::to(&format!("+49{n}")).operator(operator))
            .collect();
        tell(&bus, &messages[0]).await;
        bus.until("an event", |ledger| ledger.settled(&[messages[0].id()]) == 1)
            .await;
        server.kill();
        let (published, ()) = tokio::join!(bus.publish(&messages), async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            server.start_again();
        });
        assert_eq!(published, ());
        // The same ones again change nothing.
        bus.publish(&messages).await;
        let dispatch = bus.jetstream.get_stream("SMPP_DISPATCH").await.unwrap();
        assert_eq!(dispatch.get_info().await.unwrap().state.messages, 600);
        tell(&bus, &messages[1]).await;
        let both = [messages[0].id(), messages[1].id()];
        bus.within(PATIENCE, "the next event", |ledger| ledger.settled(&both) == 2)
            .await;
        for id in both {
            assert_eq!(bus.ledger(|ledger| ledger.fate(id).outcomes), ["ACCEPTED"]);
        }
    }
}
