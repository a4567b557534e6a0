// One message's whole story.

import { get, Refusal } from "../api.js";
import { ago, badge, digest, h, json, table } from "../dom.js";

export const title = "Messages";
export const every = 0;

export async function load({ rest: [id] }, signal) {
  if (!id) return null;
  try {
    const story = await get(`messages/${encodeURIComponent(id)}`, signal);
    const { decisions } = await get(`decisions?message=${encodeURIComponent(id)}&limit=100`, signal).catch(() => ({ decisions: [] }));
    return { story, decisions };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

const MOODS = { ACCEPTED: "good", REJECTED: "bad", EXPIRED: "warn", UNKNOWN: "warn" };

export function draw(data, { rest: [id] }) {
  const search = h("form", { class: "filters", onsubmit: (event) => {
    event.preventDefault();
    location.hash = `#/messages/${encodeURIComponent(new FormData(event.target).get("id").trim())}`;
  } }, h("label", {}, "messageId of the command", h("input", { name: "id", size: 40, value: id ?? "", required: true })),
    h("button", {}, "Tell its story"));
  return [h("section", {}, search), data ? told(data) : null].flat().filter(Boolean);
}

function told({ story, decisions, refusal }) {
  if (refusal) return h("section", {}, h("h2", {}, refusal.message), refusal.details.map((line) => h("p", {}, line)));
  const { outcome } = story;
  return [
    h("section", {},
      h("h2", {}, story.messageId, " ", badge(outcome?.outcome ?? story.stage, MOODS[outcome?.outcome] ?? "warn")),
      h("p", {}, "Operator ", h("a", { href: `#/sessions/${story.operator ?? ""}` }, story.operator ?? story.operatorId), "; ",
        outcome ? ["settled ", ago(outcome.submittedAt)] : "no outcome yet", outcome?.reason ? `: ${outcome.reason}` : ""),
      outcome?.policy ? h("p", {}, `Decided by ${outcome.policy.plugin} ${outcome.policy.version} `, digest(outcome.policy.sha256)) : null,
      outcome ? h("details", { "data-key": "outcome" }, h("summary", {}, "The event"), json(outcome)) : null),
    h("section", {}, table("Parts", [
      ["Part", (part) => `${part.partNumber}/${part.partCount}`],
      ["To", (part) => part.to],
      ["Operator's id", (part) => h("code", {}, part.operatorMessageId)],
      ["Key", (part) => h("code", {}, part.messageKey)],
      ["Accepted", (part) => ago(part.submittedAt)],
      ["Receipts", (part) => part.receipts.length === 0 ? h("span", { class: "quiet" }, "none yet") :
        h("ul", {}, part.receipts.map((receipt) =>
          h("li", {}, `${receipt.state}${receipt.final ? ", final" : ""} `, ago(receipt.receivedAt))))],
    ], story.parts, "The operator has accepted no part.")),
    decisions.length === 0 ? null : h("section", {}, h("h2", {}, "Decisions that were recorded"), decisions.map((decision, index) =>
      h("details", { "data-key": `decision-${index}` },
        h("summary", {}, `${decision.hook}: `, h("code", {}, JSON.stringify(decision.fault ?? decision.answer).slice(0, 120))),
        json(decision)))),
  ];
}
