// What runs, what lies on disk, what is tried: per operator, with the figures of each hook, and the way back.

import { action } from "../act.js";
import { get } from "../api.js";
import { ago, badge, count, digest, h, json, table } from "../dom.js";

export const title = "Plugins";
export const every = 2000;

const MOODS = { active: "good", refused: "bad", "rolled-back": "warn", shadow: "warn", unchanged: "quiet" };

export async function load({ rest: [name] }, signal) {
  return name ? [await get(`plugins/${encodeURIComponent(name)}`, signal)] : (await get("plugins", signal)).plugins;
}

export function draw(policies, { rest: [name] }, again) {
  if (policies.length === 0) {
    return h("section", {}, h("p", { class: "quiet" }, "No operator has a plugin: the built-in behaviour decides for all."));
  }
  return policies.map((policy) => one(policy, Boolean(name), again));
}

function one(policy, alone, again) {
  const path = `plugins/${policy.operatorId}`;
  const { active, candidate } = policy;
  return h("section", {},
    h("h2", {}, h("a", { href: `#/plugins/${policy.operator}` }, policy.operator), " ",
      policy.file && policy.verdict ? badge(policy.verdict, MOODS[policy.verdict]) : null),
    active ? h("p", {}, `Runs ${active.plugin} ${active.version} `, digest(active.sha256), ", made active ", ago(active.since),
      ` (hooks: ${active.hooks.join(", ")})`) : h("p", {}, "Runs the built-in behaviour."),
    policy.file ? h("p", { class: "quiet" }, `On disk: ${policy.file} `, digest(policy.fileSha256)) : null,
    policy.reason ? h("p", { class: policy.verdict === "refused" ? "bad" : "quiet" }, policy.reason) : null,
    h("p", {},
      (policy.previous ?? []).length > 0 ? action("roll back", `${path}/rollback`,
        `Back to ${policy.previous[0].plugin} ${policy.previous[0].version}, at once?`, again) : null, " ",
      policy.file ? action("reload", `${path}/reload`, "Look at the file again now?", again) : null),
    candidate ? shadow(policy, candidate, path, again) : null,
    table("Hooks", [
      ["Hook", (hook) => hook.hook],
      ["Calls", (hook) => count(hook.calls), "number"],
      ["No opinion", (hook) => hook.calls > 0 ? `${Math.round((100 * hook.hostDefault) / hook.calls)} %` : "–", "number"],
      ["Faults", (hook) => Object.entries(hook.faults ?? {}).filter(([, n]) => n > 0).map(([cause, n]) => `${cause} ${n}`).join(", ") || "–"],
      ["p50", (hook) => micros(hook.p50Us), "number"],
      ["p99", (hook) => micros(hook.p99Us), "number"],
      ["max", (hook) => micros(hook.maxUs), "number"],
      ["", (hook) => hook.breakerOpen ? badge("off: fails too often", "bad") : ""],
    ], (policy.hooks ?? []).filter((hook) => alone || hook.calls > 0), "No hook was called yet."),
    (policy.lastFaults ?? []).length > 0 ? h("details", { "data-key": `faults-${policy.operator}`, open: alone },
      h("summary", {}, "Last faults"), table("Newest first", [
        ["When", (fault) => ago(fault.at)], ["Hook", (fault) => fault.hook], ["Cause", (fault) => fault.cause],
        ["What", (fault) => fault.text], ["Version", (fault) => digest(fault.sha256)],
      ], policy.lastFaults, "")) : null,
    alone && (policy.previous ?? []).length > 0 ? table("Kept warm", [
      ["Version", (version) => `${version.plugin} ${version.version}`], ["Digest", (version) => digest(version.sha256)],
      ["Since", (version) => ago(version.since)],
    ], policy.previous, "") : null,
    alone && active ? h("details", { "data-key": `settings-${policy.operator}` }, h("summary", {}, "Settings"), json(active.settings)) : null);
}

function micros(value) {
  return value === null || value === undefined ? "–" : `${count(value)} µs`;
}

function shadow(policy, candidate, path, again) {
  return [
    h("h3", {}, `In the shadow: ${candidate.plugin} ${candidate.version} `, digest(candidate.sha256), " ", badge(candidate.stage, "warn")),
    h("p", {}, `${count(candidate.calls)} calls: ${count(candidate.same)} the same, ${count(candidate.different)} different, `,
      `${count(candidate.faults)} faults `, candidate.until ? ["until ", new Date(candidate.until).toLocaleTimeString("en-GB")] : null),
    h("p", {}, action("promote", `${path}/promote`, "Make the candidate the active version now?", again), " ",
      action("discard", `${path}/discard`, "Forget the candidate?", again)),
    (candidate.differences ?? []).map((difference, index) =>
      h("details", { "data-key": `difference-${policy.operator}-${index}` },
        h("summary", {}, `${difference.hook}: ${count(difference.count)} different`), json(difference.example))),
  ];
}
