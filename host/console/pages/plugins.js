// What runs, what lies on disk, what is tried: per operator, with the figures of each hook, and the way back.

import { action } from "../act.js";
import { get } from "../api.js";
import { ago, badge, count, digest, h, json, table } from "../dom.js";
import { address } from "./playground.js";

export const title = "Plugins";
export const every = () => 2000;

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
  // A version that was taken back is passed over.
  const back = (policy.previous ?? []).find((version) => !version.rolledBack);
  return h("section", {},
    h("h2", {}, h("a", { href: `#/plugins/${policy.operator}` }, policy.operator), " ",
      policy.file && policy.verdict ? badge(policy.verdict, MOODS[policy.verdict]) : null),
    active ? h("p", {}, h("strong", {}, `Runs ${active.plugin} ${active.version} `), digest(active.sha256), ", made active ", ago(active.since),
      `; hooks ${active.hooks.join(", ")}; SDK ${active.sdk}, contract ${active.contract}`) : h("p", {}, "Runs the built-in behaviour."),
    policy.file ? h("p", { class: "quiet" }, `On disk: ${policy.file} `, digest(policy.fileSha256),
      policy.fileSha256 && active ? policy.fileSha256 === active.sha256 ? ", which runs" : h("span", { class: "warn" }, ", which does not run") : "",
      `; last step: ${policy.stage}`) : null,
    policy.reason ? h("p", { class: policy.verdict === "refused" ? "bad" : "quiet" }, policy.reason) : null,
    h("div", { class: "orders" },
      back ? action("roll back", `${path}/rollback`, `Back to ${back.plugin} ${back.version} (${back.sha256.slice(0, 12)}), at once?`, again) : null,
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
      ["Breaker", (hook) => hook.breakerOpen ? badge("off: fails too often", "bad") : badge("closed", "good")],
    ], (policy.hooks ?? []).filter((hook) => alone || hook.calls > 0), "No hook was called yet."),
    (policy.lastFaults ?? []).length > 0 ? h("details", { "data-key": `faults-${policy.operator}`, open: alone },
      h("summary", {}, "Last faults"), table("Newest first", [
        ["When", (fault) => ago(fault.at)], ["Hook", (fault) => fault.hook], ["Cause", (fault) => fault.cause],
        ["What", (fault) => fault.text], ["Version", (fault) => digest(fault.sha256)],
      ], policy.lastFaults, "")) : null,
    alone && (policy.previous ?? []).length > 0 ? table("Kept warm", [
      ["Version", (version) => `${version.plugin} ${version.version}`], ["Digest", (version) => digest(version.sha256)],
      ["Since", (version) => ago(version.since)], ["", (version) => version.rolledBack ? badge("taken back", "warn") : ""],
    ], policy.previous, "") : null,
    Object.keys(policy.counters ?? {}).length > 0 ? table("What it counts", [
      ["Counter", ([name]) => h("code", {}, name)], ["Value", ([, value]) => count(value), "number"],
    ], Object.entries(policy.counters), "") : null,
    alone && active ? h("details", { "data-key": `settings-${policy.operator}` }, h("summary", {}, "Settings"), json(active.settings)) : null);
}

function micros(value) {
  return value === null || value === undefined ? "–" : `${count(value)} µs`;
}

function shadow(policy, candidate, path, again) {
  const shown = (candidate.differences ?? []).reduce((all, way) => all + way.count, 0);
  const rest = candidate.different + candidate.faults - shown;
  return [
    h("h3", {}, `In the shadow: ${candidate.plugin} ${candidate.version} `, digest(candidate.sha256), " ", badge(candidate.stage, "warn")),
    h("p", {}, `${count(candidate.calls)} calls`, candidate.callsWanted ? ` of ${count(candidate.callsWanted)}` : "",
      `: ${count(candidate.same)} the same, ${count(candidate.different)} different, ${count(candidate.faults)} faults`,
      candidate.until ? ["; until ", new Date(candidate.until).toLocaleTimeString("en-GB")] : "",
      candidate.promote ? ", then active by itself" : ", then it waits"),
    h("div", { class: "orders" }, action("promote", `${path}/promote`, "Make the candidate the active version now?", again),
      action("discard", `${path}/discard`, "Forget the candidate?", again)),
    [...Map.groupBy(candidate.differences ?? [], ({ hook }) => hook)].map(([hook, ways], index) =>
      h("details", { "data-key": `difference-${policy.operator}-${hook}`, open: index === 0 },
        h("summary", {}, `${hook}: ${times(ways.reduce((all, way) => all + way.count, 0))} different`), fields(policy.operator, hook, ways))),
    rest > 0 ? h("p", { class: "quiet" }, `${times(rest)} different in other ways, of which no example is kept.`) : null,
  ];
}

function times(number) {
  return number === 1 ? "once" : `${count(number)} times`;
}

/** What stands for a text, octets or digits: asked with that, a version would answer another question. */
const REDACTED = /<\d+ [a-z]+>|\*/;

/** Which fields of the decision differ, and in what: a row for each, and the call with the first of them. */
function fields(operator, hook, ways) {
  const value = (side) => h("code", {}, side === null ? "nothing" : JSON.stringify(side));
  const hidden = { path: null };
  const rows = ways.flatMap((way, number) =>
    (way.fields.length > 0 ? way.fields : [hidden]).map((field, index) => ({ ...field, way: index === 0 ? { ...way, number } : null })));
  return table("Field by field", [
    ["Times", ({ way }) => (way ? count(way.count) : ""), "number"],
    ["Field", ({ path }) => (path === null ? "what is not shown: a text, a number or octets" : path ? h("code", {}, path) : "all of it")],
    ["Active", ({ path, active }) => (path === null ? "" : value(active))],
    ["Candidate", ({ path, candidate }) => (path === null ? "" : value(candidate))],
    ["Call", ({ way }) => (way ? call(operator, hook, way) : "")],
  ], rows, "");
}

function call(operator, hook, { number, example: { question } }) {
  return [
    REDACTED.test(JSON.stringify(question))
      ? h("a", { href: `#/decisions?${new URLSearchParams({ operator, hook })}` }, "find such a call, to compare in playground")
      : h("a", { href: address(operator, question, null, "candidate") }, "compare in playground"),
    h("details", { "data-key": `question-${operator}-${hook}-${number}` }, h("summary", {}, "The question"), json(question)),
  ];
}
