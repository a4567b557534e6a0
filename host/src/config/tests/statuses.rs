//! `[statuses]` and `stop_retry`.

use super::{GOOD, files, problems};
use crate::config::Config;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::StatusClass;

#[test]
fn an_operator_may_say_what_its_statuses_mean() {
    let statuses = "[statuses]\n0x45 = \"throttle\"\n0X401 = \"stop-operator\"\n1375 = \"retry-once\"\n";
    let (_dir, host) = files(&format!("stop_retry = \"15m\"\n{GOOD}{statuses}"));
    let operator = Config::load(Some(&host)).unwrap().operators.remove(0);
    assert_eq!(operator.stop_retry.map(|retry| retry.as_secs()), Some(900));
    for (status, class) in [
        (0x45, StatusClass::Throttle),
        (0x401, StatusClass::StopOperator),
        (1375, StatusClass::RetryOnce),
        (0x58, StatusClass::Throttle),
        (0x0B, StatusClass::Reject),
    ] {
        let response = SubmitResponse {
            status: CommandStatus(status),
            ..SubmitResponse::default()
        };
        assert_eq!(operator.statuses.class(&response), class, "{status:#x}");
    }
}

#[test]
fn statuses_that_make_no_sense_are_named() {
    let statuses = "[statuses]\n0x45 = \"slow\"\nESME_ROK = \"retry\"\n0x0 = \"reject\"\n88 = \"retry\"\n0x58 = \"reject\"\n\
        0x100000000 = \"reject\"\n0x14 = 7\n";
    let mut told = problems(&format!("{GOOD}{statuses}"));
    told.sort();
    let classes = "use one of \"accepted\", \"retry\", \"retry-once\", \"throttle\", \"reject\", \"reject-alert\", \
        \"stop-operator\"";
    assert_eq!(
        told,
        [
            "operators/acme.toml: statuses.0x0: 0 is the operator's yes: only a policy may judge it"
                .to_owned(),
            "operators/acme.toml: statuses.0x100000000: is no command_status; write it as 0x45 or 69"
                .to_owned(),
            format!("operators/acme.toml: statuses.0x14 = 7: is a number; {classes}"),
            format!("operators/acme.toml: statuses.0x45 = \"slow\": {classes}"),
            "operators/acme.toml: statuses.88: 0x00000058 is named twice".to_owned(),
            "operators/acme.toml: statuses.ESME_ROK: is no command_status; write it as 0x45 or 69".to_owned(),
        ]
    );
}
