//! Logs at the most verbose level hold no number, no text and no secret.

use super::{BINARY, Stage};
use smpp_connector_tests::{GatewayProcess, Message, http, plugin, write_files};
use smsc_sim::{Mo, Rule, Script, Then, When};

const PASSWORD: &str = "hush3141";
const TOKEN: &str = "sesame-2718281828";

#[test]
fn traces_hold_nothing_private() {
    let refused = Rule::when(When::DestinationSuffix("9".to_owned())).then(Then::Status(0x0B));
    let throttled = Rule::when(When::Nth(2)).then(Then::Status(0x58));
    let stage = Stage::new(Script::new().respond(refused).respond(throttled));
    let operator = stage
        .operator()
        .plugin(plugin("latin1"))
        .session("system_type", "\"logs\"")
        .session("source_address", "{ ton = 5, npi = 0 }");
    write_files(stage.path(), std::slice::from_ref(&operator));
    let file = stage.path().join("operators/acme.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("password = \"story\"", &format!("password = \"{PASSWORD}\"")),
    )
    .unwrap();
    let host = format!("[http]\nlisten = \"127.0.0.1:0\"\ntoken = \"{TOKEN}\"\n");
    std::fs::write(stage.path().join("smpp-connector.toml"), host).unwrap();
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "trace");

    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Authorization", bearer.as_str())];
    let long = "The quick brown fox ".repeat(20);
    let texts = ["Secret rendezvous", &long, "żółć rendezvous", "to be refused"];
    for (text, last) in texts.iter().zip([1, 2, 3, 9]) {
        let message = Message::to(&format!("+4915112345{last}"))
            .text(text)
            .operator(operator.id);
        let url = gateway.url("/api/v1/messages");
        let answer = http::request("POST", &url, &headers, message.json().as_bytes()).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let bad = Message::to("+49151123459999999")
        .text("Secret rendezvous")
        .operator(operator.id)
        .json();
    http::request("POST", &gateway.url("/api/v1/messages"), &headers, bad.as_bytes()).unwrap();
    stage.wait_until(|counters| counters.refused == 2 && counters.receipts_acknowledged == 3);
    let mo = Mo::text("4915198765432", "12345", "Subscriber whispers");
    assert_eq!(stage.runtime.block_on(stage.smsc.send_mo(mo)).unwrap(), 0);
    stage
        .smsc
        .send_raw(vec![0, 0, 0, 16, 0xEE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    let log = stage.path().join("gateway.log");
    assert!(gateway.terminate().success());

    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the level is verbose:\n{log}"
    );
    for private in [
        "4915112345",
        "4915198765432",
        "rendezvous",
        "quick brown",
        "refused text",
        "whispers",
        PASSWORD,
        TOKEN,
    ] {
        let line = log.lines().find(|line| line.contains(private));
        assert_eq!(line, None, "{private} is in the log");
    }
    // The same as octets in hexadecimal or as a list.
    let lower = log.to_lowercase();
    for private in ["Secret", "whispers", PASSWORD] {
        assert!(
            !lower.contains(&hex::encode(private)),
            "{private} is in the log as hex"
        );
        let list = private
            .bytes()
            .map(|octet| octet.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        assert!(!lower.contains(&list), "{private} is in the log as numbers");
    }
}
