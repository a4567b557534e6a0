//! Components that come by HTTP.

use super::desk::{order, ordered, policy};
use super::{Version, operator};
use smpp_connector_tests::{Gateway, Operator, plugin, plugin_with};
use smsc_sim::{Concatenation, Script, Smsc};

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_component_becomes_the_file() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let new = Version::payload();
    let gateway = Gateway::start(vec![operator("acme", &smsc, plugin_with("latin1", false))]).await;
    let file = gateway.path("plugins/acme.wasm");
    let old = std::fs::read(&file).unwrap();
    let active = ordered(&gateway, "acme", "deploy", &new.bytes);
    assert_eq!(
        (&active["active"]["sha256"], &active["verdict"]),
        (&new.sha256.as_str().into(), &"active".into())
    );
    assert_eq!(std::fs::read(&file).unwrap(), new.bytes);
    let again = ordered(&gateway, "acme", "deploy", &new.bytes);
    assert_eq!(
        again["active"]["since"], active["active"]["since"],
        "the same content is no deed"
    );

    let refused = order(&gateway, "acme", "deploy", b"\0asm\x01\0\0\0");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("core WASM module"), "{}", refused.body);
    assert_eq!(policy(&gateway, "acme")["verdict"], "refused");
    assert_eq!(
        std::fs::read(&file).unwrap(),
        new.bytes,
        "a refused component is not written"
    );
    let unknown = order(&gateway, "nobody", "deploy", &new.bytes);
    assert_eq!(unknown.status, 404, "{}", unknown.body);
    let unreadable = order(&gateway, "acme", "deploy?shadow=soon", &new.bytes);
    assert_eq!(unreadable.status, 400, "{}", unreadable.body);
    // The file on disk again: it is what runs.
    std::fs::write(&file, &old).unwrap();
    let from_disk = ordered(&gateway, "acme", "deploy", b"");
    assert_ne!(from_disk["active"]["sha256"], new.sha256);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_named_before_anything_is_tried() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![operator("acme", &smsc, plugin_with("latin1", false))]).await;
    let before = policy(&gateway, "acme")["active"].clone();
    std::fs::remove_dir_all(gateway.path("plugins")).unwrap();
    let refused = order(&gateway, "acme", "deploy?shadow=60s", &Version::payload().bytes);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("cannot write"), "{}", refused.body);
    let after = policy(&gateway, "acme");
    assert_eq!((&after["active"], after["candidate"].is_null()), (&before, true));
    gateway.shutdown().await;
}

/// What two operators share is replaced for both or for none.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_file_is_replaced_if_everybody_takes_it() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let shared = |name: &str| {
        Operator::at(smsc.addr())
            .named(name)
            .policy("plugin", "\"shared.wasm\"")
    };
    let (fine, odd) = (
        shared("fine"),
        shared("odd").policy("settings", "{ validate = \"!fault\" }"),
    );
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    let file = folder.path().join("plugins/shared.wasm");
    // It takes whatever settings there are.
    let old = Version::of(std::fs::read(plugin("hexdec")).unwrap(), Concatenation::Single);
    std::fs::write(&file, &old.bytes).unwrap();
    let gateway = Gateway::start_in(folder, vec![fine, odd]).await;
    let other = std::fs::read(plugin("hostile")).unwrap();
    let refused = order(&gateway, "fine", "deploy", &other);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("odd has the same plugin file")
            && refused.body.contains("refuses the settings"),
        "{}",
        refused.body
    );
    assert_eq!(std::fs::read(&file).unwrap(), old.bytes);

    let new = old.stamped(1);
    ordered(&gateway, "fine", "deploy?shadow=1h", &new.bytes);
    ordered(&gateway, "fine", "promote", b"");
    assert_eq!(
        policy(&gateway, "odd")["stage"],
        "shadow",
        "each is decided about by itself"
    );
    assert_eq!(
        std::fs::read(&file).unwrap(),
        old.bytes,
        "not everybody has it yet"
    );
    ordered(&gateway, "odd", "promote", b"");
    assert_eq!(std::fs::read(&file).unwrap(), new.bytes);
    for name in ["fine", "odd"] {
        assert_eq!(policy(&gateway, name)["active"]["sha256"], new.sha256);
    }
    gateway.shutdown().await;
}

/// It is in no file, so only the gateway can know of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_on_trial_outlives_a_restart() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let (old, new) = (Version::headers(), Version::payload());
    let acme = operator("acme", &smsc, plugin_with("latin1", false));
    let gateway = Gateway::start(vec![acme.clone()]).await;
    ordered(&gateway, "acme", "deploy?shadow=1h", &new.bytes);
    let folder = gateway.folder();
    gateway.shutdown().await;

    let gateway = Gateway::start_in(folder, vec![acme.clone()]).await;
    let file = gateway.path("plugins/acme.wasm");
    let again = policy(&gateway, "acme");
    assert_eq!(
        (&again["active"]["sha256"], &again["candidate"]["sha256"]),
        (&old.sha256.as_str().into(), &new.sha256.as_str().into()),
        "{again:#}"
    );
    assert_eq!(again["stage"], "shadow");
    assert_eq!(std::fs::read(&file).unwrap(), old.bytes);
    let promoted = ordered(&gateway, "acme", "promote", b"");
    assert_eq!(promoted["active"]["sha256"], new.sha256);
    assert_eq!(std::fs::read(&file).unwrap(), new.bytes);

    // One that was discarded is gone, and so is one whose place a newer file took meanwhile.
    let discarded = old.stamped(1);
    ordered(&gateway, "acme", "deploy?shadow=1h", &discarded.bytes);
    ordered(&gateway, "acme", "discard", b"");
    let superseded = old.stamped(2);
    ordered(&gateway, "acme", "deploy?shadow=1h", &superseded.bytes);
    let folder = gateway.folder();
    gateway.shutdown().await;
    let newer = folder.path().join("newer.wasm");
    std::fs::write(&newer, &old.stamped(3).bytes).unwrap();
    let gateway = Gateway::start_in(folder, vec![operator("acme", &smsc, newer).with_id(acme.id)]).await;
    let after = policy(&gateway, "acme");
    assert_eq!(after["active"]["sha256"], old.stamped(3).sha256);
    assert!(after["candidate"].is_null(), "{after:#}");
    gateway.shutdown().await;
}
