//! Every input that a fuzzer found worth keeping goes through its target, without a fuzzer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_target_stands_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in smpp_fuzz::TARGETS {
        let folder = std::fs::read_dir(corpus.join(name)).expect("a folder for each target");
        let mut inputs = 0;
        for entry in folder {
            let path = entry.expect("an entry").path();
            let octets = std::fs::read(&path).expect("a file");
            if std::panic::catch_unwind(|| target(&octets)).is_err() {
                panic!("{name} does not stand {}", path.display());
            }
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no corpus");
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_nothing_else_has() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(crate_folder.join(folder)).expect("a folder");
        let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        entries
            .map(|entry| stem(entry.expect("an entry").path()))
            .collect()
    };
    let targets: BTreeSet<_> = smpp_fuzz::TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
}
