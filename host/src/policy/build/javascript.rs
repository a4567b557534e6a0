//! JavaScript and TypeScript: componentize-qjs puts the modules and QuickJS into one component, without WASI.

use super::contract::{self, camel, function};
use super::project::{Language, Project};
use super::tools::{self, Toolbox};
use super::{BuildError, write_file};
use smpp_domain::policy::Hook;
use std::path::Path;
use std::process::Command;

const BUILD: &str = include_str!("../../../../plugin-sdk/javascript/build.mjs");
const RUNTIME: &str = include_str!("../../../../plugin-sdk/javascript/runtime.js");

/// Makes a component, still without a manifest. `stage` is an empty folder for what comes between.
pub(super) fn compile(project: &Project, tools: &Toolbox, stage: &Path) -> Result<Vec<u8>, BuildError> {
    let tools = tools.need(Language::JavaScript)?;
    contract::write(&stage.join("wit"), project)?;
    let files = ["build.mjs", "entry.js", "job.json", "plugin.wasm"].map(|name| stage.join(name));
    let [script, source, job, out] = &files;
    write_file(script, BUILD.as_bytes())?;
    write_file(source, entry(project).as_bytes())?;
    let description = serde_json::json!({
        "tools": tools,
        "root": project.folder,
        "entry": project.entry,
        "source": source,
        "wit": stage.join("wit"),
        "stage": stage,
        "out": out,
    });
    write_file(job, description.to_string().as_bytes())?;
    let mut node = Command::new(tools::node());
    node.arg(script).arg(job).current_dir(stage);
    let output = super::run(&mut node)?;
    if !output.status.success() {
        return Err(BuildError::Tool {
            tool: "componentize-qjs",
            said: super::last_lines(&output.stderr),
        });
    }
    super::read_file(out)
}

/// The module that the component begins with: the runtime, and each hook of the plugin's module behind it.
fn entry(project: &Project) -> String {
    let module = serde_json::json!(format!("./{}", project.entry.display()));
    let groups = Hook::ALL.map(|hook| (camel(hook.name(), false), hook.name().into()));
    let all = serde_json::Value::Object(groups.into_iter().collect());
    let named: Vec<_> = project.hooks.iter().map(|hook| hook.name()).collect();
    let mut entry = format!("import * as plugin from {module};\n{RUNTIME}");
    entry.push_str(&format!(
        "smpp.complete(plugin, {all}, {});\n",
        serde_json::json!(named)
    ));
    for hook in &project.hooks {
        let (name, group, call) = (hook.name(), camel(hook.name(), false), function(*hook));
        entry.push_str(&format!(
            "export const {group} = {{ {call}: smpp.hook(plugin, \"{group}\", \"{name}\", \"{call}\") }};\n"
        ));
    }
    entry
}
