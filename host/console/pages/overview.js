// Is anything wrong? Rates, and a list of what a person should look at, each with a link.

import { get, readiness } from "../api.js";
import { badge, count, h, meter, rate, span, table, tile } from "../dom.js";
import * as figures from "../figures.js";

export const title = "Overview";
export const every = () => 2000;

/** Seconds after which a command that is under way has waited too long: as the alert SmppBacklogOld has it. */
const OLD = 600;

export async function load(_, signal) {
  const [ready, { operators }, policies] = await Promise.all([
    readiness(signal), get("operators", signal), get("plugins", signal).catch(() => ({ plugins: [] })), figures.look(signal),
  ]);
  return { ready, operators, policies: policies.plugins };
}

function troubles({ ready, operators, policies }) {
  const list = ready.problems.map((problem) => ["bad", problem, "#/"]);
  const wrong = figures.now("problems");
  if (wrong > 0) list.push(["warn", `${times(wrong, "thing is", "things are")} wrong in the files: what runs is older than they are`, "#/configuration"]);
  for (const operator of operators) {
    const link = `#/sessions/${operator.name}`;
    if (operator.stopped) list.push(["bad", `${operator.name} is stopped: ${operator.stopped.reason}`, link]);
    if (operator.throttled) {
      list.push(["warn", `${operator.name} gets nothing until ${new Date(operator.throttled.until).toLocaleTimeString("en-GB")}: ${operator.throttled.reason}`, link]);
    }
    if (operator.waitsForPlugin) list.push(["bad", `${operator.name} waits for a usable plugin`, `#/plugins/${operator.name}`]);
    const binds = bindsOf(operator);
    const down = binds.filter((bind) => bind.state !== "BOUND");
    if (down.length > 0) {
      list.push([down.length === binds.length ? "bad" : "warn",
        `${operator.name}: ${down.length} of ${binds.length} binds are not up (${down[0].lastError ?? down[0].state})`, link]);
    }
    const oldest = figures.now("oldest", operator.name);
    if (oldest > OLD) list.push(["warn", `${operator.name}: its oldest command under way has waited for ${Math.round(oldest / 60)} minutes`, link]);
    if (grows("unanswered", operator.name)) list.push(["warn", `${operator.name} leaves submit_sm without an answer`, link]);
    if (grows("left", operator.name)) list.push(["warn", `${operator.name}: receipts and messages are left with it for now`, link]);
    if (grows("unmatched", operator.name)) {
      list.push(["warn", `${operator.name}: receipts come that match no message`, `#/decisions?operator=${operator.name}&outcome=unmatched`]);
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
  // The worst first; else in this order.
  return list.sort(([one], [other]) => (other === "bad") - (one === "bad"));
}

/** Within the last minute. */
function grows(figure, operator) {
  return figures.rates(figure, operator).some((rate) => rate > 0);
}

function times(number, one, several) {
  return number === 1 ? `1 ${one}` : `${number} ${several}`;
}

/** Those that are to be up. */
function bindsOf(operator) {
  return operator.sessions.flatMap((session) => session.onDemand ? [] : session.binds);
}

function state(operator) {
  const link = (text, mood, page) => h("a", { href: `#/${page}/${operator.name}` }, badge(text, mood));
  if (operator.stopped) return link("stopped", "bad", "sessions");
  if (operator.waitsForPlugin) return link("waits for its plugin", "bad", "plugins");
  const binds = bindsOf(operator);
  const up = binds.filter((bind) => bind.state === "BOUND").length;
  return link(`${up} of ${binds.length} bound`, up === binds.length ? "good" : up === 0 ? "bad" : "warn", "sessions");
}

export function draw(data) {
  const list = troubles(data);
  const tileOf = (label, figure) => tile(label, rate(figures.rates(figure).at(-1)), figures.rates(figure));
  const used = figures.line("waiting");
  return [
    h("section", {}, h("h2", { class: list.length === 0 ? "good" : null }, list.length === 0 ? "Nothing is wrong" : "To be looked at"),
      list.length === 0 ? null : h("ul", { class: "trouble" }, list.map(([mood, text, link]) =>
        h("li", { class: mood }, h("a", { href: link, class: mood }, text))))),
    h("div", { class: "tiles" },
      tileOf("parts accepted/s", "accepted"),
      tileOf("receipts/s", "receipts"),
      tileOf("refused, throttled/s", "refused"),
      tile("answers, 99 % within", span(figures.response(0.99)), figures.responses(0.99), span),
      tile("unanswered of the window", `${count(figures.now("waiting"))} / ${count(figures.now("window"))}`, used, count),
      tile("commands in the queue", count(figures.now("queued")), figures.line("queued"), count)),
    h("section", {}, table("Operators", [
      ["Operator", ({ name }) => h("a", { href: `#/sessions/${name}` }, name)],
      ["Binds", state],
      ["Accepted/s of allowed", ({ name, tpsLimit }) => {
        const [now, most] = [figures.rates("accepted", name).at(-1) ?? 0, figures.now("allowed", name) || tpsLimit];
        return [meter(Math.round(now), Math.round(most), " a second"), ` ${rate(now)} / ${count(Math.round(most))}`];
      }],
      ["Answers 50, 99 %", ({ name }) => `${span(figures.response(0.5, name))}, ${span(figures.response(0.99, name))}`, "number"],
      ["In flight", ({ name }) => count(figures.now("inFlight", name)), "number"],
      ["Queued", ({ name }) => count(figures.now("queued", name)), "number"],
      ["Accepted", ({ name }) => count(figures.now("messages", name)), "number"],
      ["Rejected", ({ name }) => count(figures.now("rejected", name)), "number"],
      ["Unmatched", ({ name }) => count(figures.now("unmatched", name)), "number"],
    ], data.operators, "No operator is loaded: put a TOML file into operators_dir.")),
  ];
}
