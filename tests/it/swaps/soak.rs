//! Thousands of versions one after the other, and no traffic: whatever grows was left by a version. `SMPP_STORIES=full` plays
//! 10,000; what traffic itself takes is in `reloads`.

use crate::platform::size;
use smpp_connector_tests::{GatewayProcess, Operator, http, plugin};

/// After these the memory is what it will be.
const WARM: usize = 100;

#[test]
fn versions_that_are_gone_leave_no_memory_behind() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let acme = Operator::at("127.0.0.1:9".parse().unwrap())
        .named("acme")
        .plugin(plugin("hexdec"));
    let gateway = GatewayProcess::start(crate::process::BINARY, dir.path(), &[acme]);
    let versions = ["latin1", "hexdec"].map(|name| std::fs::read(plugin(name)).unwrap());
    let url = gateway.url("/api/v1/plugins/acme/deploy");
    let deploy = |version: &[u8]| {
        let answer = http::request("POST", &url, &[("Content-Type", "application/wasm")], version).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
    };
    let mut warm = 0;
    let deploys = size(1_000, 10_000);
    for (n, version) in versions.iter().cycle().take(deploys).enumerate() {
        deploy(version);
        if n == WARM {
            warm = gateway.resident();
        }
    }
    let end = gateway.resident();
    eprintln!(
        "{deploys} versions: {} KiB after {WARM}, {} KiB at the end",
        warm / 1024,
        end / 1024
    );
    assert!(end < warm + warm / 10, "memory grew from {warm} to {end} bytes");
    let metrics = gateway.get("/metrics").body;
    let active = format!(
        r#"policy_reloads_total{{operator="acme",result="active"}} {}"#,
        deploys + 1
    );
    assert!(metrics.contains(&active), "each was another one:\n{metrics}");
}
