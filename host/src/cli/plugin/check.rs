//! `smpp-connector plugin check`.

use super::source::Source;
use super::{CommandResult, Failure, settings};
use crate::policy::{LoadError, TestBench};
use serde_json::json;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin check plugins/acme.wasm
  smpp-connector plugin check . --settings '{\"entity_id\": \"1201\"}'
  smpp-connector plugin check plugins/acme.wasm --settings @operators/acme.toml

It says why a gateway would refuse the plugin, and ends with exit code 1 then.";

#[derive(clap::Args, Debug)]
pub(in super::super) struct Check {
    /// A component, or the folder of a plugin's sources, which is built if it has changed
    #[arg(default_value = ".", value_name = "FILE|DIR")]
    path: PathBuf,
    /// The plugin's settings: JSON, or a file of JSON or TOML, which may be an operator's
    #[arg(long, value_name = settings::VALUE_NAME, default_value = "{}")]
    settings: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> CommandResult {
        let settings = settings::read(&self.settings)?;
        let source = Source::of(&self.path)?;
        let looked = TestBench::load(&source.wasm).and_then(|bench| {
            let started = crate::clock::now();
            bench.admit(&settings)?;
            Ok((bench, crate::clock::now().saturating_duration_since(started)))
        });
        match looked {
            Ok((bench, admitted)) => {
                let millis = u64::try_from(admitted.as_millis()).unwrap_or(u64::MAX);
                self.taken(&source, &bench, millis);
                Ok(())
            }
            Err(error) => self.refused(&source, &error),
        }
    }

    fn taken(&self, source: &Source, bench: &TestBench, admit_ms: u64) {
        let (report, manifest, limits) = (bench.report(), bench.manifest(), bench.limits());
        let imports = bench.imports();
        if self.json {
            let told = json!({
                "ok": true,
                "file": source.wasm,
                "plugin": report.name,
                "version": report.version,
                "sha256": report.sha256,
                "sdk": manifest.sdk,
                "contract": manifest.contract,
                "hooks": report.hooks,
                "imports": imports,
                "limits": limits,
                "fixtures": report.fixtures,
                "compileMs": report.compile_ms,
                "admitMs": admit_ms,
            });
            println!("{told}");
            return;
        }
        let hooks: Vec<_> = report.hooks.iter().map(|hook| hook.name()).collect();
        println!("{}: a gateway takes it", source.wasm.display());
        println!(
            "  plugin    {} {}, SDK {}, contract {}",
            report.name, report.version, manifest.sdk, manifest.contract
        );
        println!("  sha256    {}", report.sha256);
        println!("  hooks     {}", hooks.join(", "));
        println!(
            "  imports   {}",
            if imports.is_empty() {
                "nothing".to_owned()
            } else {
                imports.join(", ")
            }
        );
        println!(
            "  limits    {} ms a call, {} MiB of memory, {} KiB an answer",
            limits.call_deadline.as_millis(),
            limits.memory_bytes >> 20,
            limits.answer_bytes >> 10
        );
        println!(
            "  fixtures  {}",
            match report.fixtures {
                0 => "none".to_owned(),
                1 => "1, which passes".to_owned(),
                all => format!("{all}, all of which pass"),
            }
        );
        println!(
            "  time      {} ms to compile, {admit_ms} ms to admit",
            report.compile_ms
        );
    }

    fn refused(&self, source: &Source, error: &LoadError) -> CommandResult {
        let stage = serde_json::to_value(error.stage()).unwrap_or_default();
        if self.json {
            let told = json!({
                "ok": false,
                "file": source.wasm,
                "stage": stage,
                "reason": error.in_words(),
            });
            println!("{told}");
            return Err(Failure::Told(1));
        }
        let stage = stage.as_str().unwrap_or_default().to_owned();
        let mend = match error {
            LoadError::Settings { .. } if self.settings == "{}" => {
                "\ngive its settings: --settings JSON, or @ and the operator's file"
            }
            _ => "",
        };
        let file = source.wasm.display();
        Err(anyhow::anyhow!(
            "{file}: a gateway refuses it ({stage}): {}{mend}",
            error.in_words()
        )
        .into())
    }
}
