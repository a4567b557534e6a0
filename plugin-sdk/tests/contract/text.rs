//! The contract as text, so that a test can try a change, and as wit-parser reads it.

use std::path::{Path, PathBuf};
use wit_parser::{Resolve, SourceMap};

const FILES: [&str; 2] = ["operator-policy.wit", "hooks.wit"];
const DEPENDENCY: &str = "deps/smpp-pdu/pdu.wit";

/// One version of the contract.
#[derive(Clone)]
pub(crate) struct Contract {
    /// The package of the hooks, file by file.
    hooks: Vec<(&'static str, String)>,
    pdu: String,
}

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Contract {
    pub(crate) fn now() -> Self {
        Self::read(&crate_dir().join("wit"))
    }

    pub(crate) fn published(version: &str) -> Self {
        Self::read(&crate_dir().join("published").join(version))
    }

    fn read(folder: &Path) -> Self {
        let text = |file: &str| {
            let path = folder.join(file);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        Self {
            hooks: FILES.map(|file| (file, text(file))).to_vec(),
            pdu: text(DEPENDENCY),
        }
    }

    /// With this instead of that, which stands there once, in any of the files.
    pub(crate) fn with(mut self, that: &str, this: &str) -> Self {
        let texts = || self.hooks.iter().map(|(_, text)| text).chain([&self.pdu]);
        let found: usize = texts().map(|text| text.matches(that).count()).sum();
        assert_eq!(found, 1, "{that:?}");
        for (_, text) in &mut self.hooks {
            *text = text.replace(that, this);
        }
        self.pdu = self.pdu.replace(that, this);
        self
    }

    /// Under another version, everywhere.
    pub(crate) fn renumbered(mut self, version: &str) -> Self {
        let own = format!("@{}", self.version());
        let other = format!("@{version}");
        for (_, text) in &mut self.hooks {
            *text = text.replace(&own, &other);
        }
        self.pdu = self.pdu.replace(&own, &other);
        self
    }

    pub(crate) fn version(&self) -> String {
        let (_, text) = self.hooks.first().expect("a file");
        let (_, rest) = text
            .split_once("package smpp:operator-policy@")
            .expect("a package");
        rest.split(';').next().expect("its version").to_owned()
    }

    /// Adds it to what is read already.
    pub(crate) fn push(&self, resolve: &mut Resolve) -> wit_parser::PackageId {
        let mut pdu = SourceMap::new();
        pdu.push_str(DEPENDENCY, self.pdu.clone());
        let mut hooks = SourceMap::new();
        for (file, text) in &self.hooks {
            hooks.push_str(file, text.clone());
        }
        let parse = |map: SourceMap| map.parse().unwrap_or_else(|(_, error)| panic!("{error:?}"));
        resolve.push_group(parse(pdu)).expect("smpp:pdu");
        resolve.push_group(parse(hooks)).expect("smpp:operator-policy")
    }

    /// Read by itself.
    pub(crate) fn resolve(&self) -> Resolve {
        let mut resolve = Resolve::new();
        self.push(&mut resolve);
        resolve
    }
}
