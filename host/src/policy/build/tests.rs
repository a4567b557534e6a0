use super::*;

fn request(crate_dir: &str, out: PathBuf) -> BuildRequest {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    BuildRequest {
        crate_dir: root.join(crate_dir),
        out,
        features: Vec::new(),
        no_default_features: false,
    }
}

#[test]
fn a_plugin_becomes_a_component_with_its_hooks() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/latin1.wasm");
    let built = build(&request("plugins/latin1", out.clone())).unwrap();
    let component = std::fs::read(&out).unwrap();
    assert_eq!(
        component.get(4..8),
        Some(&b"\x0d\0\x01\0"[..]),
        "a component, not a module"
    );
    assert_eq!((built.path, built.size), (out.clone(), component.len() as u64));
    assert_eq!(
        std::fs::read_dir(out.parent().unwrap()).unwrap().count(),
        1,
        "nothing is left beside it"
    );

    let manifest = manifest::read_manifest(&component).unwrap();
    assert_eq!(manifest.name, "latin1");
    assert_eq!(manifest.hooks, [Hook::Settings, Hook::Encoding, Hook::Splitting]);
    let mut exported = exported_interfaces(&component).unwrap();
    exported.sort();
    assert_eq!(
        exported,
        ["encoding", "settings", "splitting"].map(|name| format!("smpp:operator-policy/{name}@1.0.0"))
    );
}

#[test]
fn modules_that_are_damaged_or_no_plugins_are_refused() {
    let empty_module = b"\0asm\x01\0\0\0";
    for damaged in [&b""[..], b"text", &empty_module[..6]] {
        assert!(matches!(componentize(damaged), Err(BuildError::Component(_))));
    }
    assert!(
        check_hooks(&componentize(empty_module).unwrap()).is_err(),
        "no manifest"
    );
}

#[test]
fn hooks_that_the_manifest_names_must_be_there() {
    let manifest = br#"{"name":"a","version":"","sdk":"","contract":"","hooks":["inbound"]}"#;
    let name = manifest::SECTION.as_bytes();
    let mut module = b"\0asm\x01\0\0\0\0".to_vec();
    module.push(u8::try_from(1 + name.len() + manifest.len()).unwrap());
    module.push(u8::try_from(name.len()).unwrap());
    module.extend_from_slice(name);
    module.extend_from_slice(manifest);
    // One octet of length is enough up to 127.
    assert!(module.len() < 8 + 2 + 127);
    let refused = check_hooks(&componentize(&module).unwrap());
    assert!(
        matches!(refused, Err(BuildError::Hooks { named, exported }) if named == "inbound" && exported.is_empty())
    );
}

#[test]
fn a_folder_without_a_crate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = build(&BuildRequest {
        crate_dir: folder.path().to_owned(),
        out: folder.path().join("x.wasm"),
        features: Vec::new(),
        no_default_features: false,
    });
    assert!(matches!(refused, Err(BuildError::NoCrate(named)) if named == folder.path()));
}

#[test]
fn hooks_are_known_by_their_interface() {
    assert_eq!(
        hook_of("smpp:operator-policy/submit-result@1.0.0"),
        Some(Hook::SubmitResult)
    );
    assert_eq!(hook_of("smpp:operator-policy/submit@1.0.0"), Some(Hook::Submit));
    assert_eq!(hook_of("smpp:operator-policy/types@1.0.0"), None);
    assert_eq!(hook_of("other:package/submit@1.0.0"), None);
}

#[test]
fn the_module_is_that_of_the_crate_itself() {
    let artifact = |manifest: &str, file: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"{manifest}","filenames":["/t/lib.rlib","{file}"]}}"#
        )
    };
    let messages = [
        artifact("/p/Cargo.toml", "/t/p.wasm"),
        artifact("/dependency/Cargo.toml", "/t/dependency.wasm"),
        r#"{"reason":"build-finished","success":true}"#.to_owned(),
    ]
    .join("\n");
    let module = |manifest: &str| cargo::module_of(Path::new(manifest), messages.as_bytes());
    assert_eq!(module("/p/Cargo.toml"), Some(PathBuf::from("/t/p.wasm")));
    assert_eq!(module("/other/Cargo.toml"), None);
}
