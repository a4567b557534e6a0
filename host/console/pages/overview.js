// Is anything wrong? Rates, and a list of what a person should look at, each with a link.

import { get, metrics, readiness } from "../api.js";
import { count, h, spark, table } from "../dom.js";

export const title = "Overview";
export const every = 2000;

// One minute of samples, for rates and their lines.
const KEPT = 31;
const past = [];

export async function load(_, signal) {
  const [ready, { operators }, samples, policies] = await Promise.all([
    readiness(signal), get("operators", signal), metrics(signal), get("plugins", signal).catch(() => ({ plugins: [] })),
  ]);
  past.push({ at: performance.now(), samples });
  if (past.length > KEPT) past.shift();
  return { ready, operators, policies: policies.plugins };
}

function total({ samples }, name, operator, results) {
  return samples
    .filter((sample) => sample.name === name && (!operator || sample.labels.operator === operator)
      && (!results || results.includes(sample.labels.result)))
    .reduce((sum, sample) => sum + sample.value, 0);
}

/** A second, between each two samples that are kept. */
function rates(name, operator, results) {
  return past.slice(1).map((sample, index) => {
    const seconds = (sample.at - past[index].at) / 1000;
    return Math.max(0, (total(sample, name, operator, results) - total(past[index], name, operator, results)) / seconds);
  });
}

function tile(label, values, now) {
  const shown = now ?? (values.at(-1) ?? 0).toFixed(1);
  return h("div", { class: "tile" }, h("span", { class: "quiet" }, label), h("strong", {}, shown),
    values.length > 1 ? spark(values, `${label}, the last minute`) : null);
}

function troubles({ ready, operators, policies }) {
  const list = ready.problems.map((problem) => ["bad", problem, "#/"]);
  for (const operator of operators) {
    const link = `#/sessions/${operator.name}`;
    if (operator.stopped) list.push(["bad", `${operator.name} is stopped: ${operator.stopped.reason}`, link]);
    if (operator.waitsForPlugin) list.push(["bad", `${operator.name} waits for a usable plugin`, `#/plugins/${operator.name}`]);
    const binds = operator.sessions.flatMap((session) => session.onDemand ? [] : session.binds);
    const down = binds.filter((bind) => bind.state !== "BOUND");
    if (down.length > 0) {
      list.push([down.length === binds.length ? "bad" : "warn",
        `${operator.name}: ${down.length} of ${binds.length} binds are not up (${down[0].lastError ?? down[0].state})`, link]);
    }
  }
  for (const policy of policies) {
    const link = `#/plugins/${policy.operator}`;
    if (policy.verdict === "refused") list.push(["warn", `${policy.operator}: the newest plugin was refused: ${policy.reason}`, link]);
    for (const hook of policy.hooks ?? []) {
      if (hook.breakerOpen) list.push(["bad", `${policy.operator}: the hook ${hook.hook} fails too often and is off`, link]);
    }
    if (policy.candidate) list.push(["warn", `${policy.operator}: a candidate runs in the shadow`, link]);
  }
  const unmatched = rates("smpp_connector_inbound_total", null, ["unmatched", "parked"]).reduce((sum, rate) => sum + rate, 0);
  if (unmatched > 0) list.push(["warn", "receipts come that match no message", "#/decisions?outcome=unmatched"]);
  return list;
}

export function draw(data) {
  const list = troubles(data);
  const latest = past.at(-1);
  const gauge = (name, operator) => count(total(latest, name, operator));
  return [
    h("section", {}, h("h2", {}, list.length === 0 ? "Nothing is wrong" : "To be looked at"),
      list.length === 0 ? null : h("ul", { class: "trouble" }, list.map(([mood, text, link]) =>
        h("li", { class: mood }, h("a", { href: link, class: mood }, text))))),
    h("div", { class: "tiles" },
      tile("parts accepted a second", rates("smpp_connector_parts_total", null, ["accepted"])),
      tile("receipts a second", rates("smpp_connector_inbound_total", null, ["receipt", "by_number"])),
      tile("refused or throttled a second", rates("smpp_connector_parts_total", null, ["refused", "throttled"])),
      tile("in flight", [], gauge("smpp_connector_in_flight_messages")),
      tile("binds up", [], gauge("smpp_connector_binds_up"))),
    h("section", {}, table("Operators", [
      ["Operator", (operator) => h("a", { href: `#/sessions/${operator.name}` }, operator.name)],
      ["Accepted/s", (operator) =>
        (rates("smpp_connector_parts_total", operator.name, ["accepted"]).at(-1) ?? 0).toFixed(1), "number"],
      ["Allowed/s", (operator) => gauge("smpp_connector_tps_rate", operator.name), "number"],
      ["In flight", (operator) => gauge("smpp_connector_in_flight_messages", operator.name), "number"],
      ["Binds up", (operator) => gauge("smpp_connector_binds_up", operator.name), "number"],
      ["Accepted", (operator) => count(total(latest, "smpp_connector_messages_total", operator.name, ["accepted"])), "number"],
      ["Rejected", (operator) => count(total(latest, "smpp_connector_messages_total", operator.name, ["rejected"])), "number"],
      ["Unmatched", (operator) => count(total(latest, "smpp_connector_inbound_total", operator.name, ["unmatched"])), "number"],
    ], data.operators, "No operator is loaded: put a TOML file into operators_dir.")),
  ];
}
