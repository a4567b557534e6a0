//! `ops/docker`, `ops/kubernetes` and `ops/systemd`, each read by the linter that belongs to it; and what the binary gives to
//! packagers.

use super::{content, path, text};
use crate::process::BINARY;
use smpp_connector_tests::{GatewayProcess, write_files};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Where `tests/setup` puts the linters.
fn linters() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), PathBuf::from);
    path("").join(target).join("linters")
}

fn connector(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("SMPP_CONNECTOR_CONFIG");
    command.output().expect("the gateway's binary")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// The files of a folder and those below it that end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_linter_of_dockerfiles_is_content() {
    let linter = linters().join("bin/hadolint");
    content(
        Command::new(linter)
            .args(["--failure-threshold", "style"])
            .arg(path("ops/docker/Dockerfile")),
    );
    let compose = text("compose.yaml");
    assert!(compose.contains("dockerfile: ops/docker/Dockerfile"), "{compose}");
}

#[test]
fn the_manifests_are_what_kubernetes_takes() {
    let of_the_cluster = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default();
        name != "kustomization.yaml" && name != "servicemonitor.yaml"
    };
    let manifests: Vec<_> = files(&path("ops/kubernetes"), ".yaml")
        .into_iter()
        .filter(of_the_cluster)
        .collect();
    assert!(manifests.len() >= 5, "{manifests:?}");
    let said = content(
        Command::new("python3")
            .args(["-W", "ignore", "-m", "kubernetes_validate", "--strict"])
            .args(&manifests)
            .env("PYTHONPATH", linters()),
    );
    assert_eq!(
        said.matches(" passed for resource ").count(),
        manifests.len(),
        "{said}"
    );
}

/// The names in a line such as `resources: [a.yaml, ../base]` or `files: [c.toml]`.
fn names<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(&format!("{key}: ["))?.1.split(']').next())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .collect()
}

#[test]
fn each_kustomization_names_what_is_there_and_its_files_are_good() {
    let all = files(&path("ops/kubernetes"), "kustomization.yaml");
    assert_eq!(all.len(), 3);
    for file in all {
        let text = std::fs::read_to_string(&file).expect("a kustomization");
        let own = file.parent().expect("a folder");
        let resources = names(&text, "resources");
        assert!(!resources.is_empty(), "{text}");
        for name in resources.into_iter().chain(names(&text, "files")) {
            assert!(own.join(name).exists(), "{}: {name}", file.display());
        }
    }
    for variant in ["standalone", "platform"] {
        let folder = folder();
        let config = folder.path().join("smpp-connector.toml");
        let own = path("ops/kubernetes").join(variant).join("smpp-connector.toml");
        std::fs::copy(&own, &config).expect("a copy");
        for name in ["operators", "plugins"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        content(
            Command::new(BINARY)
                .args(["check", "--config"])
                .arg(&config)
                .env("SMPP_CONNECTOR_TOKEN", "secret")
                .env("DATABASE_URL", "postgres://smpp:secret@postgres/smpp"),
        );
    }
}

/// As the pods need it: no root, nothing writable but the volumes, probes, time to drain.
#[test]
fn both_kinds_of_pods_are_confined_and_may_drain() {
    for file in ["standalone/statefulset.yaml", "platform/deployment.yaml"] {
        let text = text(&format!("ops/kubernetes/{file}"));
        for wanted in [
            "runAsNonRoot: true",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "drop: [ALL]",
            "seccompProfile: { type: RuntimeDefault }",
            "automountServiceAccountToken: false",
            "terminationGracePeriodSeconds: 45",
            "path: /readyz",
            "path: /healthz",
        ] {
            assert!(text.contains(wanted), "{file} lacks {wanted}");
        }
        for mount in text.lines().filter(|line| line.contains("subPath: ")) {
            assert!(mount.contains("smpp-connector.toml"), "never renewed: {mount}");
        }
    }
}

#[test]
fn systemd_takes_the_unit_and_finds_it_confined() {
    let folder = folder();
    let unit = folder.path().join("smpp-connector.service");
    // It wants the program to be there.
    let own = text("ops/systemd/smpp-connector.service");
    let installed = "/usr/local/bin/smpp-connector";
    assert_eq!(own.matches(&format!("={installed} ")).count(), 2);
    std::fs::write(&unit, own.replace(installed, BINARY)).expect("a unit");
    let said = content(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&unit),
    );
    assert!(!said.contains("smpp-connector.service:"), "{said}");
    // 100 is naked; the usual service is above 90.
    content(
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
            .arg(&unit),
    );
    content(
        Command::new("systemd-sysusers")
            .arg("--dry-run")
            .arg(path("ops/systemd/smpp-connector.conf")),
    );
}

#[test]
fn completions_are_scripts_that_name_every_command() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = connector(&["completions", shell]);
        assert_eq!(code(&output), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        for command in ["run", "check", "plugin", "health"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        if shell == "bash" {
            let file = folder.path().join("completions");
            std::fs::write(&file, script).expect("a file");
            content(Command::new("bash").arg("-n").arg(&file));
        }
    }
    assert_eq!(code(&connector(&["completions", "tcsh"])), Some(64));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let page = String::from_utf8(connector(&["man"]).stdout).expect("UTF-8");
    assert!(page.contains(".TH smpp-connector 1"), "{page}");
    let folder = folder();
    let out = folder.path().join("man1");
    let written = connector(&["man", "--out", &out.to_string_lossy()]);
    assert_eq!(code(&written), Some(0));
    for page in [
        "smpp-connector",
        "smpp-connector-run",
        "smpp-connector-plugin-build",
    ] {
        let file = out.join(format!("{page}.1"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(".SH NAME"), "{page}");
    }
}

#[test]
fn health_tells_life_from_readiness_and_both_from_absence() {
    let folder = folder();
    write_files(folder.path(), &[]);
    let gateway = GatewayProcess::launch(BINARY, folder.path(), "warn");
    let url = gateway.url("");
    let alive = connector(&["health", "--url", &url]);
    assert_eq!(
        (code(&alive), alive.stdout.as_slice()),
        (Some(0), b"ok\n".as_slice())
    );
    let unready = connector(&["health", "--ready", "--url", &url]);
    assert_eq!(code(&unready), Some(1));
    let said = String::from_utf8_lossy(&unready.stdout).into_owned();
    assert!(said.contains("no operator is loaded"), "{said}");
    drop(gateway);
    let absent = connector(&["health", "--url", &url]);
    assert_eq!(code(&absent), Some(69));
}
