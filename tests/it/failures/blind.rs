//! What is told of a call that failed inside the plugin. Elsewhere its author worked blind.

use crate::process::BINARY;
use smpp_connector_tests::{GatewayProcess, Message, Operator, plugin};
use smsc_sim::{Script, Smsc};
use tokio::runtime::Runtime;

#[test]
fn a_trap_is_told_with_the_plugins_own_functions() {
    let runtime = Runtime::new().unwrap();
    let smsc = runtime.block_on(Smsc::start(Script::new())).unwrap();
    let acme = Operator::at(smsc.addr()).plugin(plugin("hostile"));
    let folder = tempfile::tempdir().unwrap();
    let gateway = GatewayProcess::start(BINARY, folder.path(), std::slice::from_ref(&acme));
    let message = Message::to("+49151000001")
        .text("!encoding:trap")
        .operator(acme.id);
    gateway.post(std::slice::from_ref(&message)).unwrap();
    gateway.events_until(|events| events.last().is_some_and(|event| event["type"] == "submit"));
    let log = gateway.log();
    for (line, words) in [
        (
            "a policy call failed inside the plugin",
            &[
                "acme",
                "wasm trap",
                "hostile::misdeeds::",
                " <- smpp:operator-policy/encoding@",
            ][..],
        ),
        // A panic has a text and a place besides.
        (
            "told to trap",
            &["acme", "tests/fixtures/hostile/src/misdeeds.rs:"],
        ),
    ] {
        let told = log.lines().find(|told| told.contains(line));
        let told = told.unwrap_or_else(|| panic!("no {line} in {log}"));
        for word in words {
            assert!(told.contains(word), "{word} is not in {told}");
        }
    }
    assert!(gateway.terminate().success());
}
