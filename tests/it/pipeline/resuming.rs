//! Long messages that go on after a restart.

use super::pipeline;
use chrono::Utc;
use smpp_connector::ports::{CorrelationStore, Settlement};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::AccountId;
use smpp_domain::pdu::SubmitSmPdu;
use uuid::Uuid;

/// Where the part says which message it belongs to, and that it is the second of two.
fn place(pdu: &SubmitSmPdu) -> Vec<u8> {
    match pdu.tlvs.as_slice() {
        [] => {
            let length = usize::from(pdu.short_message[0]);
            pdu.short_message[..=length].to_vec()
        }
        tlvs => tlvs.iter().flat_map(|tlv| tlv.value.clone()).collect(),
    }
}

#[tokio::test]
async fn the_parts_that_are_left_keep_the_reference_of_those_before() {
    for (splitting, expected) in [
        (r#"{ mode = "udh8" }"#, &[5, 0, 3, 0x33, 2, 2][..]),
        (r#"{ mode = "udh16" }"#, &[6, 8, 4, 0xBE, 0x73, 2, 2]),
        (r#"{ mode = "sar" }"#, &[0xBE, 0x73, 2, 2]),
    ] {
        let mut pipeline = pipeline(&[("splitting", splitting)], None).await;
        let command = pipeline.command(&"a".repeat(161));
        let accepted = MessageCorrelation {
            id: Uuid::now_v7(),
            message_id: command.id(),
            operator_message_id: "before the restart".to_owned(),
            operator_id: pipeline.operator.operator_id,
            to: "4915100000019".to_owned(),
            submitted_at: Utc::now(),
            expires_at: Utc::now(),
            message_key: "before the restart".to_owned(),
            account_id: AccountId(Uuid::nil()),
            part_number: 1,
            part_count: 2,
            reference: Some(0xBE73),
        };
        let settlement = Settlement {
            correlations: vec![accepted],
            outcome: None,
        };
        pipeline.store.settle(&[settlement]).await.unwrap();
        pipeline.intake.hand_out(0, true, &[command]);
        let request = pipeline.submitted().await;
        assert_eq!(request.ticket.part_number, 2, "{splitting}");
        assert_eq!(place(&request.pdu), expected, "{splitting}");
        pipeline.accept(request).await;
        pipeline
            .intake
            .until("it is settled", |ends| ends.acked == [0])
            .await;
        pipeline.ends().await;
    }
}
