// What the policies were asked of late and what they answered, from the recordings.

import { saves } from "../act.js";
import { get } from "../api.js";
import { badge, by, clock, h, json, table } from "../dom.js";
import { said } from "./messages.js";
import { address } from "./playground.js";

export const title = "Decisions";
export const every = () => 3000;

const HOOKS = ["encoding", "splitting", "submit", "submit-result", "message-ids", "inbound"];
const OUTCOMES = ["matched", "unmatched", "late", "fault", "rejected"];

export async function load({ query }, signal) {
  const wanted = new URLSearchParams({ limit: "100" });
  for (const key of ["operator", "hook", "outcome", "since", "limit"]) if (query.get(key)) wanted.set(key, query.get(key));
  const [{ decisions }, { operators }] = await Promise.all([get(`decisions?${wanted}`, signal), get("operators", signal)]);
  return { decisions, operators };
}

/** Of the filters those that PDUs have, too. */
function captured(query) {
  return new URLSearchParams(["operator", "since"].filter((key) => query.get(key)).map((key) => [key, query.get(key)]));
}

export function draw({ decisions, operators }, { query }) {
  const pick = (name, label, values) => h("label", {}, label, h("select", { name, onchange: (event) => event.target.form.requestSubmit() },
    h("option", { value: "" }, "all"), values.map((value) => h("option", { value, selected: query.get(name) === value }, value))));
  const filters = h("form", { class: "filters", onsubmit: (event) => {
    event.preventDefault();
    const wanted = new URLSearchParams([...new FormData(event.target)].filter(([, value]) => value));
    document.activeElement.blur();
    location.hash = `#/decisions?${wanted}`;
  } }, pick("operator", "Operator", operators.map((operator) => operator.name)), pick("hook", "Hook", HOOKS),
    pick("outcome", "Outcome", OUTCOMES),
    h("label", {}, "Since", h("input", { name: "since", placeholder: "1h", size: 8, value: query.get("since") ?? "" })),
    h("button", {}, "Show"), saves("PDUs for Wireshark", `capture.pcapng?${captured(query)}`, "capture.pcapng"));
  return h("section", {}, filters, table("Newest first; numbers and texts are masked", [
    ["When", (decision) => clock(decision.at), "whole"],
    ["Operator", (decision) => decision.operator],
    ["Hook", (decision) => decision.hook],
    ["Outcome", (decision) => decision.outcome ? badge(decision.outcome, decision.outcome === "unmatched" ? "bad" : "quiet") : ""],
    ["Asked and answered", (decision) => h("details", { "data-key": `${decision.at}-${decision.hook}` },
      h("summary", {}, said(decision)),
      decision.hint ? h("p", { class: "warn" }, decision.hint) : null,
      h("p", {}, h("a", { href: address(decision.operator, decision.question, decision.settings) }, "open in playground")), json(decision))],
    ["By", by],
    ["Message", (decision) => decision.messageId ? h("a", { href: `#/messages/${decision.messageId}` }, decision.messageId.slice(0, 13)) : ""],
  ], decisions, "Nothing is recorded that fits."));
}
