//! However a file is replaced, the new version runs a moment later; a bad file changes nothing and says why.

use super::{Bench, HEADERS, HOSTILE, PAYLOAD, current, no_settings, plugin, stamped, verdict};
use serde_json::Value;
use smpp_connector::policy::{OperatorPolicy, Swap};
use smpp_connector::ports::PolicySource;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// For a busy machine; a swap takes a few hundred milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A bench whose watch ends with it.
struct Watched {
    bench: Bench,
    swaps: broadcast::Receiver<Swap>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Watched {
    fn over(bench: Bench) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(&bench.host).watch(stop.clone()));
        Self {
            swaps: bench.host.swaps(),
            bench,
            stop,
            task,
        }
    }

    async fn swap(&mut self) -> Swap {
        tokio::time::timeout(PATIENCE, self.swaps.recv())
            .await
            .expect("a swap in time")
            .expect("a swap")
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the watch ends")
            .expect("without a panic");
    }
}

/// Waits until the verdict on the file is such a one.
async fn until(file: &Path, says: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let verdict = verdict(file);
            if says(&verdict) {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("not this: {}", verdict(file)))
}

/// A verdict that gives this reason.
fn because(decision: &'static str, reason: &'static str) -> impl Fn(&Value) -> bool {
    move |verdict| {
        verdict["verdict"] == decision
            && verdict["reason"]
                .as_str()
                .is_some_and(|text| text.contains(reason))
    }
}

fn shell(folder: &Path, line: &str) {
    let done = Command::new("sh")
        .args(["-ec", line])
        .current_dir(folder)
        .status()
        .expect("a shell");
    assert!(done.success(), "{line}");
}

/// Runs this line in the folder, where `new` is the new version and `acme.wasm` the configured name.
async fn replaced_by(prepare: impl FnOnce(&Bench), line: &str) {
    let bench = Bench::new();
    prepare(&bench);
    let operator = bench
        .load(&bench.path("acme.wasm"), no_settings())
        .expect("the first version");
    assert_eq!(current(&operator), PAYLOAD);
    let before = operator.active().unwrap().sha256.clone();
    let mut watched = Watched::over(bench);
    shell(watched.bench.folder.path(), line);
    let swap = watched.swap().await;
    assert_eq!(current(&operator), HEADERS, "{line}");
    assert_eq!(
        (swap.from_sha.as_ref(), swap.operator_name.as_str()),
        (Some(&before), "acme")
    );
    let says = |verdict: &Value| verdict["activeSha256"] == swap.to_sha && verdict["verdict"] == "active";
    until(&watched.bench.path("acme.wasm"), says).await;
    assert!(
        operator
            .current()
            .identity()
            .is_some_and(|identity| identity.sha256 == swap.to_sha)
    );
    watched.end().await;
}

fn plain(bench: &Bench) {
    bench.put("acme.wasm", plugin(PAYLOAD));
    bench.put("new", plugin(HEADERS));
}

#[tokio::test(flavor = "multi_thread")]
async fn cp_over_it() {
    replaced_by(plain, "cp new acme.wasm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mv_over_it() {
    replaced_by(plain, "mv new acme.wasm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_by_an_editor() {
    replaced_by(
        plain,
        "mv acme.wasm acme.wasm~; cat new > acme.wasm; rm acme.wasm~",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn written_slowly() {
    replaced_by(
        plain,
        "head -c 20000 new > acme.wasm; sleep 0.3; tail -c +20001 new >> acme.wasm",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_set_to_another_file() {
    let linked = |bench: &Bench| {
        bench.put("one", plugin(PAYLOAD));
        bench.put("new", plugin(HEADERS));
        symlink("one", bench.path("acme.wasm")).unwrap();
    };
    replaced_by(linked, "ln -sfn new acme.wasm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_of_a_link_in_another_folder() {
    let linked = |bench: &Bench| {
        std::fs::create_dir(bench.path("builds")).unwrap();
        bench.put("builds/one", plugin(PAYLOAD));
        bench.put("new", plugin(HEADERS));
        symlink("builds/one", bench.path("acme.wasm")).unwrap();
    };
    replaced_by(linked, "cp new builds/one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_that_is_updated() {
    let mounted = |bench: &Bench| {
        for (folder, name) in [("..1", PAYLOAD), ("..2", HEADERS)] {
            std::fs::create_dir(bench.path(folder)).unwrap();
            bench.put(&format!("{folder}/acme.wasm"), plugin(name));
        }
        symlink("..1", bench.path("..data")).unwrap();
        symlink("..data/acme.wasm", bench.path("acme.wasm")).unwrap();
    };
    replaced_by(
        mounted,
        "ln -s ..2 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..1",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_keeps_the_old_version_and_says_why() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let running = operator.active().unwrap().sha256.clone();
    let mut watched = Watched::over(bench);
    for (bad, stage, reason) in [
        (
            &plugin(HEADERS)[..30_000],
            "validate",
            "not a whole WASM component",
        ),
        (b"\0asm\x01\0\0\0", "validate", "core WASM module"),
    ] {
        // In one go: half of it would be another bad file.
        let whole = file.with_extension("tmp");
        std::fs::write(&whole, bad).unwrap();
        std::fs::rename(&whole, &file).unwrap();
        let said = until(&file, because("refused", reason)).await;
        assert_eq!(
            (said["stage"].as_str(), said["activeSha256"].as_str()),
            (Some(stage), Some(running.as_str()))
        );
        assert_eq!(current(&operator), PAYLOAD);
    }
    assert_eq!(
        operator.stats().reloads_failed(),
        2,
        "a retry is not another failure"
    );
    // The one that repairs it is taken at once, whatever the retries of the bad one are at.
    std::fs::write(&file, plugin(HEADERS)).unwrap();
    let swap = watched.swap().await;
    assert_eq!(swap.from_sha.as_ref(), Some(&running));
    assert_eq!(current(&operator), HEADERS);
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_leaves_the_version_running() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let mut watched = Watched::over(bench);
    std::fs::remove_file(&file).unwrap();
    let said = until(&file, because("unchanged", "gone")).await;
    assert_eq!(said["activeSha256"], operator.active().unwrap().sha256);
    assert_eq!(current(&operator), PAYLOAD);
    std::fs::write(&file, plugin(HEADERS)).unwrap();
    watched.swap().await;
    assert_eq!(current(&operator), HEADERS);
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touched_file_is_the_same_version() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let before = operator.current();
    let mut watched = Watched::over(bench);
    shell(watched.bench.folder.path(), "touch acme.wasm");
    until(&file, because("unchanged", "runs already")).await;
    assert!(Arc::ptr_eq(&before, &operator.current()));
    assert!(watched.swaps.try_recv().is_err() && operator.stats().reloads_ok() == 1);
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_that_share_a_file_are_judged_apart() {
    let bench = Bench::new();
    let file = bench.put("shared.wasm", plugin(HOSTILE));
    let fine = bench.load(&file, no_settings()).expect("plain settings");
    let odd = super::config(&file, serde_json::json!({ "validate": "!fault" }));
    let (waits, error): (Arc<OperatorPolicy>, _) = bench.host.load_or_wait(odd).expect("a loader");
    assert!(error.is_some_and(|error| error.to_string().contains("refuses the settings")));
    assert!(waits.active().is_none() && waits.current().identity().is_none());
    let said = verdict(&file);
    assert_eq!(
        (said["verdict"].as_str(), said["activeSha256"].as_str()),
        (Some("refused"), None)
    );
    let of = |id: String| {
        said["operators"]
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["id"] == id)
            .cloned()
    };
    assert_eq!(
        of(fine.config().operator_id.to_string()).unwrap()["verdict"],
        "active"
    );
    let part = of(waits.config().operator_id.to_string()).unwrap();
    assert_eq!(
        (part["verdict"].as_str(), part["activeSha256"].as_str()),
        (Some("refused"), None)
    );

    bench.host.unload_operator(waits.config().operator_id);
    bench.put("shared.wasm", &stamped(plugin(HOSTILE), 7));
    bench
        .host
        .reload(&file)
        .await
        .expect("a version for those who are left");
    assert_eq!(verdict(&file)["operators"].as_array().unwrap().len(), 1);
}
