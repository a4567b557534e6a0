// Binds: their state and since when, window, rate against the cap, last error in words; orders to bind and unbind.

import { action } from "../act.js";
import { get } from "../api.js";
import { ago, badge, clock, count, fieldByField, h, meter, opens, rate, span, table, tile } from "../dom.js";
import * as figures from "../figures.js";

export const title = "Sessions";
export const every = () => 2000;

const MOODS = { BOUND: "good", FAILBACK: "good", UNBOUND: "bad", DISCONNECTED: "bad" };

export async function load({ rest: [name] }, signal) {
  const told = name ? get(`operators/${encodeURIComponent(name)}`, signal).then((one) => [one])
    : get("operators", signal).then(({ operators }) => operators);
  const pdus = name ? get(`pdus?operator=${encodeURIComponent(name)}`, signal) : { binds: [] };
  const [operators, latest] = await Promise.all([told, pdus, figures.look(signal)]);
  return { operators, latest: latest.binds };
}

export function draw({ operators, latest }, { rest: [name] }, again) {
  if (operators.length === 0) {
    return h("section", {}, h("p", { class: "quiet" }, "No operator is loaded: put a TOML file into operators_dir."));
  }
  return [
    name ? h("p", {}, h("a", { href: "#/sessions" }, "All operators")) : null,
    operators.map((operator) => h("section", {},
      h("h2", {}, h("a", { href: `#/sessions/${operator.name}` }, operator.name), " ",
        operator.stopped ? badge("stopped", "bad") : null, operator.throttled ? badge("throttled", "warn") : null, operator.waitsForPlugin ? badge("waits for its plugin", "bad") : null),
      h("p", { class: "quiet mono ids" }, operator.operatorId),
      operator.stopped ? h("p", {}, "Nothing is sent until a person resumes it: ", h("span", { class: "bad" }, operator.stopped.reason), ", since ", ago(operator.stopped.since), " ",
        action("resume", `operators/${operator.operatorId}/resume`, `Send to ${operator.name} again, on all hosts?`, again)) : null,
      operator.throttled ? h("p", {}, "Nothing is sent until ", clock(operator.throttled.until), ": ",
        h("span", { class: "warn" }, operator.throttled.reason)) : null,
      operator.waitsForPlugin ? h("p", {}, "Nothing is sent before it has one: see ",
        h("a", { href: `#/plugins/${operator.name}` }, "its plugin"), ".") : rhythm(operator),
      operator.sessions.map((session) => [one(operator, session, again),
        name ? latest.filter((bind) => bind.session === session.session).map(passed)
          : h("p", {}, h("a", { href: `#/sessions/${operator.name}` }, "Its last PDUs"))]))),
  ];
}

/** How it flows, of all binds of this host together. */
function rhythm({ name, tpsLimit }) {
  const [accepted, refused] = [figures.rates("accepted", name), figures.rates("refused", name)];
  // Less than its file allows after the operator has throttled.
  const allowed = figures.now("allowed", name) || tpsLimit;
  return h("div", { class: "tiles" },
    tile(allowed < tpsLimit ? `accepted/s of allowed (${count(tpsLimit)} in its file)` : "accepted/s of allowed",
      `${rate(accepted.at(-1))} / ${count(Math.round(allowed))}`, accepted),
    tile("refused, throttled/s", rate(refused.at(-1)), refused),
    tile("answers, 50 and 99 % within", `${span(figures.response(0.5, name))}, ${span(figures.response(0.99, name))}`,
      figures.responses(0.99, name), span),
    tile("unanswered of the window", `${count(figures.now("waiting", name))} / ${count(figures.now("window", name))}`,
      figures.line("waiting", name), count),
    tile("queued, the oldest", `${count(figures.now("queued", name))}, ${span(figures.now("oldest", name))}`,
      figures.line("queued", name), count));
}

function one(operator, session, again) {
  const path = `operators/${operator.operatorId}/sessions/${session.session}`;
  const role = session.isPrimary ? "primary" : session.onDemand ? "backup on demand" : "backup";
  return [
    h("h3", {}, `${session.session}. ${session.systemId}@${session.host}:${session.port}`, " ",
      h("span", { class: "quiet" }, `${session.bindMode}, ${role}${session.tls ? ", TLS" : ""}`), " ",
      session.unbindOrdered ? badge("unbind ordered", "warn") : null),
    h("div", { class: "orders" },
      action("rebind", `${path}/rebind`, "Drain the window, unbind, and bind again?", again),
      action("unbind", `${path}/unbind`, "Drain the window and unbind, until a rebind? Commands wait in the queue meanwhile.", again)),
    table("Binds", [
      ["Bind", (bind) => session.binds.indexOf(bind) + 1],
      ["State", (bind) => [badge(bind.state, session.unbindOrdered ? "warn" : MOODS[bind.state] ?? "warn"), waits(operator, session, bind) ? [" ", badge("throttled", "warn")] : null]],
      ["Since", (bind) => ago(bind.since), "whole"],
      ["Window", (bind) => [meter(bind.inFlight, session.window), ` ${bind.inFlight}/${session.window}`], "whole"],
      ["Round trip", (bind) => bind.enquireLink ? [span(bind.enquireLink.roundTripMs / 1000), ", ", ago(bind.enquireLink.at)] : "–", "whole"],
      ["Peer", (bind) => bind.peer ?? "–"],
      ["Why", (bind) => bind.reason === bind.lastError ? "the last error" : bind.reason ?? ""],
      ["Last error", (bind) => bind.lastError ? [h("span", { class: "bad" }, bind.lastError), ", ", ago(bind.lastErrorAt)] : "–"],
      ["Attempts", (bind) => bind.reconnectAttempts, "number"],
      ["Next attempt", (bind) => bind.nextReconnectAt ? new Date(bind.nextReconnectAt).toLocaleTimeString("en-GB") : "–"],
    ], session.binds, "No binds."),
  ];
}

/** Whether it would send, if the operator had not said that it gets too much. */
function waits({ throttled }, { bindMode }, { state }) {
  return throttled && state === "BOUND" && bindMode !== "RECEIVER";
}

/** The last PDUs of a bind, decoded and in octets. */
function passed({ session, bind, pdus }) {
  return h("details", { "data-key": `pdus-${session}-${bind}` }, h("summary", {}, `Last PDUs of bind ${bind} (${pdus.length})`),
    h("div", { class: "log" }, table("Newest first; numbers, texts and passwords are replaced", [
      ["When", (pdu) => clock(pdu.at), "whole"],
      ["Way", (pdu) => (pdu.direction === "sent" ? "→ sent" : "← received"), "whole"],
      ["PDU", (pdu) => opens({ "data-key": `pdu-${session}-${bind}-${pdu.at}-${pdu.direction}` },
        [h("code", {}, pdu.told), pdu.oddity ? h("span", { class: "warn" }, ` odd: ${pdu.oddity}`) : null], () => fieldByField(pdu))],
    ], pdus, "Nothing went or came yet.")));
}
