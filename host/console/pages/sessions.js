// Binds: their state and since when, window, last error in words; orders to bind and unbind.

import { action } from "../act.js";
import { get } from "../api.js";
import { ago, badge, h, meter, table } from "../dom.js";

export const title = "Sessions";
export const every = 1000;

const MOODS = { BOUND: "good", FAILBACK: "good", RECONNECTING: "bad", DISCONNECTED: "bad" };

export async function load({ rest: [name] }, signal) {
  return name ? [await get(`operators/${encodeURIComponent(name)}`, signal)] : (await get("operators", signal)).operators;
}

export function draw(operators, _, again) {
  if (operators.length === 0) return h("p", { class: "quiet" }, "No operator is loaded: put a TOML file into operators_dir.");
  return operators.map((operator) => h("section", {},
    h("h2", {}, h("a", { href: `#/sessions/${operator.name}` }, operator.name), " ",
      operator.stopped ? badge("stopped", "bad") : null, operator.waitsForPlugin ? badge("waits for its plugin", "bad") : null),
    h("p", { class: "quiet mono" }, operator.operatorId),
    operator.stopped ? h("p", {}, h("span", { class: "bad" }, operator.stopped.reason), " ", ago(operator.stopped.since), " ",
      action("resume", `operators/${operator.operatorId}/resume`, `Send to ${operator.name} again, on all hosts?`, again)) : null,
    operator.sessions.map((session) => one(operator, session, again))));
}

function one(operator, session, again) {
  const path = `operators/${operator.operatorId}/sessions/${session.session}`;
  const role = session.isPrimary ? "primary" : session.onDemand ? "backup on demand" : "backup";
  return [
    h("h3", {}, `${session.session}. ${session.systemId}@${session.host}:${session.port}`, " ",
      h("span", { class: "quiet" }, `${session.bindMode}, ${role}${session.tls ? ", TLS" : ""}`), " ",
      session.unbindOrdered ? badge("unbind ordered", "warn") : null),
    h("p", {},
      action("rebind", `${path}/rebind`, "Drain the window, unbind, and bind again?", again), " ",
      action("unbind", `${path}/unbind`, "Drain the window and unbind, until a rebind? Commands wait in the queue meanwhile.", again)),
    table("Binds", [
      ["State", (bind) => badge(bind.state, MOODS[bind.state] ?? "warn")],
      ["Since", (bind) => ago(bind.since)],
      ["Window", (bind) => [meter(bind.inFlight, session.window), ` ${bind.inFlight}/${session.window}`]],
      ["Peer", (bind) => bind.peer ?? "–"],
      ["Why", (bind) => bind.reason ?? ""],
      ["Last error", (bind) => bind.lastError ? [h("span", { class: "bad" }, bind.lastError), " ", ago(bind.lastErrorAt)] : "–"],
      ["Attempts", (bind) => bind.reconnectAttempts, "number"],
      ["Next attempt", (bind) => bind.nextReconnectAt ? new Date(bind.nextReconnectAt).toLocaleTimeString("en-GB") : "–"],
    ], session.binds, "No binds."),
  ];
}
