// Events, decisions and PDUs as they come. Bounded: the oldest lines go, and what comes faster than anybody reads is counted.

import { follow, get } from "../api.js";
import { clock, count, fieldByField, h, opens } from "../dom.js";

export const title = "Live";
export const every = () => 0;

/** Lines that are shown, and how often they are drawn. */
const KEPT = 200;
const DRAWN_MS = 400;
/** How often decisions are asked for. */
const ASKED_MS = 1000;

const KINDS = ["submit", "dlr", "unmatched", "mo", "session", "stop", "dead", "alert", "decision", "pdu"];
const MASKED = new Set(["to", "from", "text", "data", "command"]);

export async function load(_, signal) {
  return (await get("operators", signal)).operators;
}

function masked(key, value) {
  return MASKED.has(key) && typeof value === "string" && !/^[A-Z_]+$/.test(value)
    ? `${"*".repeat(Math.max(0, Math.min(value.length, 20) - 2))}${value.slice(-2)}` : value;
}

export function draw(operators, _, __, signal) {
  const names = new Map(operators.map(({ operatorId, name }) => [operatorId, name]));
  const kind = h("select", { name: "kind" }, h("option", { value: "" }, "all"), KINDS.map((value) => h("option", { value }, value)));
  const operator = h("select", { name: "operator" }, h("option", { value: "" }, "all"),
    operators.map(({ operatorId, name }) => h("option", { value: operatorId }, name)));
  const filter = h("input", { name: "filter", placeholder: "REJECTED, a messageId …", size: 26 });
  const pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
  } }, "Pause");
  const told = h("p", { class: "quiet", role: "status" }, "Waiting for events …");
  const rows = h("tbody");
  // Of each message there are four PDUs: they are told where they alone are asked for.
  const wanted = (line, type) => (!kind.value || kind.value === type) && (!operator.value || line.includes(operator.value))
    && line.toLowerCase().includes(filter.value.toLowerCase());
  const tail = new Tail(rows, (type, event) => row(type, event, names));

  const take = (line, type) => {
    if (pause.getAttribute("aria-pressed") === "true") tail.missed += 1;
    else if (wanted(line, type)) tail.take(line, type);
  };
  follow((line) => take(line, /"type":"([a-z-]+)"/.exec(line)?.[1] ?? ""), (connected, error) => {
    told.className = connected ? "quiet" : "bad";
    told.textContent = connected ? "Newest first; numbers and texts are masked." : `The gateway cannot be read, and is tried again: ${error.message}`;
  }, signal);
  decisions((decision) => take(JSON.stringify(decision), "decision"), signal);
  const looked = () => operators.filter(({ operatorId }) => kind.value === "pdu" && (!operator.value || operator.value === operatorId));
  pdus(looked, (pdu) => take(JSON.stringify(pdu), "pdu"), signal);
  const passed = h("p", { class: "quiet" });
  repeat(DRAWN_MS, signal, () => {
    tail.draw();
    passed.textContent = tail.missed > 0 ? `${count(tail.missed)} passed by: more than ${KEPT} at once, or while paused.`
      : rows.children.length === 0 ? "Nothing has come yet that fits: lines appear by themselves." : "";
  });
  for (const field of [kind, operator, filter]) field.addEventListener("input", () => tail.clear());
  return h("section", {},
    h("form", { class: "filters", onsubmit: (event) => event.preventDefault() }, h("label", {}, "Kind", kind),
      h("label", {}, "Operator", operator), h("label", {}, "Only lines with", filter), pause),
    told, passed,
    h("table", { class: "log" }, h("thead", {}, h("tr", {},
      ["When", "Kind", "Operator", "Message", "What"].map((name) => h("th", { scope: "col" }, name)))), rows));
}

/** The last lines, drawn all at once. */
class Tail {
  constructor(rows, row) {
    Object.assign(this, { rows, row, waiting: [], missed: 0 });
  }

  take(line, type) {
    this.waiting.push([line, type]);
    if (this.waiting.length > 2 * KEPT) this.missed += this.waiting.splice(0, KEPT).length;
  }

  draw() {
    this.missed += this.waiting.splice(0, Math.max(0, this.waiting.length - KEPT)).length;
    const rows = this.waiting.splice(0).map(([line, type]) => this.row(type, JSON.parse(line)));
    this.rows.prepend(...rows.reverse());
    while (this.rows.children.length > KEPT) this.rows.lastChild.remove();
  }

  clear() {
    this.waiting = [];
    this.missed = 0;
    this.rows.replaceChildren();
  }
}

function row(type, event, names) {
  const cell = (column, ...what) => h("td", { "data-column": column }, h("div", {}, what));
  const { messageId } = event;
  return h("tr", {}, cell("When", clock(event.publishedAt ?? event.at)), cell("Kind", type),
    cell("Operator", names.get(event.operatorId) ?? event.operatorId ?? ""),
    cell("Message", messageId ? h("a", { href: `#/messages/${messageId}`, title: messageId }, `…${messageId.slice(-12)}`) : ""),
    cell("What", opens({}, gist(type, event),
      () => (type === "pdu" ? fieldByField(event) : h("pre", {}, JSON.stringify(event, masked, 2))))));
}

/** An event in a few words. */
function gist(type, event) {
  const words = {
    submit: () => [event.outcome, event.reason],
    dlr: () => [event.state, event.final ? "final" : null, event.partCount > 1 ? `part ${event.partNumber}/${event.partCount}` : null, event.rawError],
    session: () => [`${event.from} → ${event.to}`, event.reason],
    decision: () => [event.hook, event.outcome, event.fault ? `fault: ${event.fault.cause}` : JSON.stringify(event.answer)],
    pdu: () => [`${event.direction === "sent" ? "→" : "←"} bind ${event.session}.${event.bind}: ${event.told}`, event.oddity],
    alert: () => [event.availability ?? "AVAILABLE"],
    unmatched: () => [event.operatorMessageId, event.state, event.hint],
  }[type]?.() ?? [event.reason ?? event.state ?? ""];
  return words.filter(Boolean).join(", ").slice(0, 200) || type;
}

/** What is decided from now on; nothing where it is not recorded. */
function decisions(take, signal) {
  let since = null;
  const stopped = repeat(ASKED_MS, signal, async () => {
    try {
      const asked = since ? `limit=${KEPT}&since=${encodeURIComponent(since)}` : "limit=1";
      const found = (await get(`decisions?${asked}`, signal)).decisions.filter(({ at }) => !since || at > since);
      if (since) found.toReversed().forEach(take);
      since = found[0]?.at ?? since ?? new Date(0).toISOString();
    } catch (error) {
      if (error.status === 404) stopped();
    }
  });
}

/** Times as the gateway writes them, to the nanosecond and without zeros at their ends. */
function isBefore(one, other) {
  return one.slice(0, -1) < other.slice(0, -1);
}

/** The PDUs of all binds from now on, while they are asked for; of a bind that has more than are kept between two looks, the last. */
function pdus(looked, take, signal) {
  const newest = new Map();
  repeat(ASKED_MS, signal, async () => {
    const operators = looked();
    // Whoever is asked for again begins anew.
    for (const id of newest.keys()) if (!operators.some(({ operatorId }) => operatorId === id)) newest.delete(id);
    const found = await Promise.all(operators.map(async ({ operatorId }) => {
      const known = newest.get(operatorId);
      // Binds are looked at one after the other, so the last second is asked for again.
      const wanted = known ? `since=${new Date(known.latest - 1000).toISOString()}` : "limit=1";
      const { binds } = await get(`pdus?operator=${operatorId}&${wanted}`, signal).catch(() => ({ binds: [] }));
      const places = known?.places ?? new Map();
      const latest = Math.max(known?.latest ?? 0, ...binds.flatMap(({ pdus }) => pdus.map(({ at }) => Date.parse(at))));
      newest.set(operatorId, { latest, places });
      return binds.flatMap(({ session, bind, pdus }) => {
        const place = `${session}.${bind}`;
        const last = places.get(place);
        if (pdus.length > 0) places.set(place, pdus[0].at);
        const came = known ? pdus.filter(({ at }) => !last || isBefore(last, at)) : [];
        return came.map((pdu) => ({ ...pdu, operatorId, session, bind }));
      });
    }));
    return found.flat().sort((one, other) => (isBefore(one.at, other.at) ? -1 : 1)).forEach(take);
  });
}

/** Does something again and again until the signal, or until the function that this returns is called. */
function repeat(ms, signal, deed) {
  const timer = setInterval(deed, ms);
  const stop = () => clearInterval(timer);
  signal.addEventListener("abort", stop, { once: true });
  return stop;
}
