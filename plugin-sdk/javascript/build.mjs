// Makes a component of a plugin's modules. Run by `smpp-connector plugin build` as `node build.mjs JOB.json`.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tool = createRequire(join(job.tools, "package.json"));

// The modules go through a folder of their own, beside the module that the component begins with. TypeScript loses its
// types there to spaces, so that lines and columns in faults are those of the author's file.
const TYPED = new Set([".ts", ".mts"]);
const SOURCES = new Set([".js", ".mjs", ".cjs", ".json"]);
const SKIPPED = new Set(["node_modules", "target", "fixtures"]);

function copy(from, to, skipped = SKIPPED) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name) && !entry.name.startsWith(".")) copy(source, target, skipped);
    } else if (TYPED.has(extname(entry.name)) && !entry.name.endsWith(".d.ts")) {
      writeFileSync(target, stripped(source));
    } else if (SOURCES.has(extname(entry.name))) {
      cpSync(source, target);
    }
  }
}

function stripped(source) {
  try {
    return tool("amaro").transformSync(readFileSync(source, "utf8"), { mode: "strip-only", filename: source }).code;
  } catch (error) {
    throw new Error(`${source}: ${error.message ?? error}`);
  }
}

// The npm packages that the plugin depends on, and theirs; not those that only its author needs.
function copyPackages(from, to, folder = from, known = new Set()) {
  const description = join(folder, "package.json");
  const { dependencies = {} } = existsSync(description) ? JSON.parse(readFileSync(description, "utf8")) : {};
  for (const name of Object.keys(dependencies)) {
    const source = join(from, "node_modules", name);
    if (known.has(name) || !existsSync(source)) continue;
    known.add(name);
    copy(source, join(to, "node_modules", name), new Set());
    copyPackages(from, to, source, known);
  }
}

try {
  const root = join(job.stage, "sources");
  copy(job.root, root);
  copyPackages(job.root, root);
  const entry = join(root, "smpp-connector-entry.js");
  cpSync(job.source, entry);
  const { component } = await tool("componentize-qjs").componentize({
    witPath: job.wit,
    world: "plugin",
    jsSource: readFileSync(entry, "utf8"),
    jsPath: entry,
    moduleRoot: root,
    stubWasi: true,
    sync: true,
  });
  writeFileSync(job.out, component);
} catch (error) {
  console.error(error?.message ?? String(error));
  process.exitCode = 1;
}
