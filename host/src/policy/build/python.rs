//! Python: componentize-py puts the modules and CPython into one component, without WASI.

use super::contract::{self, WORLD, camel, function};
use super::project::{Language, Project};
use super::tools::{self, Toolbox};
use super::{BuildError, write_file};
use smpp_domain::policy::Hook;
use std::path::Path;
use std::process::Command;

const RUNTIME: &str = include_str!("../../../../plugin-sdk/python/runtime.py");
const SCRIPT: &str = "import sys; from componentize_py import script; sys.exit(script())";

/// Makes a component, still without a manifest. `stage` is an empty folder for what comes between.
pub(super) fn compile(project: &Project, tools: &Toolbox, stage: &Path) -> Result<Vec<u8>, BuildError> {
    let tools = tools.need(Language::Python)?;
    contract::write(&stage.join("wit"), project)?;
    write_file(&stage.join("smpp_connector_runtime.py"), RUNTIME.as_bytes())?;
    write_file(&stage.join("smpp_connector_entry.py"), entry(project)?.as_bytes())?;
    let out = stage.join("plugin.wasm");
    let mut python = Command::new(tools::python());
    python.args(["-c", SCRIPT, "-q", "-d"]).arg(stage.join("wit"));
    python.args(["-w", WORLD, "componentize", "--stub-wasi"]);
    for path in [stage, &project.folder, &project.folder.join("sdk")] {
        python.arg("-p").arg(path);
    }
    python
        .arg("smpp_connector_entry")
        .arg("-o")
        .arg(&out)
        .current_dir(stage);
    // Of the machine's own Python nothing gets into the component.
    python
        .env("PYTHONPATH", tools)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for name in ["VIRTUAL_ENV", "PYTHONHOME", "PYTHONSTARTUP"] {
        python.env_remove(name);
    }
    let output = super::run(&mut python)?;
    if !output.status.success() {
        return Err(BuildError::Tool {
            tool: "componentize-py",
            said: super::last_lines(&output.stderr),
        });
    }
    super::read_file(&out)
}

/// The module that the component begins with: the runtime, and each hook of the plugin's module behind it.
fn entry(project: &Project) -> Result<String, BuildError> {
    let module = project.entry.with_extension("");
    let parts: Vec<_> = module.iter().map(|part| part.to_string_lossy()).collect();
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if parts.iter().any(|part| !part.chars().all(fine)) {
        return Err(BuildError::Project {
            file: project.folder.join(super::project::PROJECT_FILE),
            problem: "entry must be the path of a Python module: letters, digits and _".to_owned(),
        });
    }
    let groups = Hook::ALL.map(|hook| (camel(hook.name(), true), hook.name().into()));
    let all = serde_json::Value::Object(groups.into_iter().collect());
    let named: Vec<_> = project.hooks.iter().map(|hook| hook.name()).collect();
    let mut entry = format!(
        "import importlib\nimport smpp_connector_runtime as runtime\nfrom wit_world import exports\n\n\
         plugin = importlib.import_module(\"{}\")\nruntime.complete(plugin, {all}, {})\n",
        parts.join("."),
        serde_json::json!(named)
    );
    for hook in &project.hooks {
        let (name, group, call) = (hook.name(), camel(hook.name(), true), function(*hook));
        let made = match hook {
            Hook::Settings => "runtime.settings_hook(plugin)".to_owned(),
            _ => format!(
                "runtime.hook(plugin, \"{group}\", \"{name}\", \"{call}\", exports.{})",
                name.replace('-', "_")
            ),
        };
        entry.push_str(&format!(
            "\nclass {group}(exports.{group}):\n    {call} = staticmethod({made})\n"
        ));
    }
    Ok(entry)
}
