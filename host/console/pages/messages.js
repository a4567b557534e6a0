// One message's whole story: what was decided, sent, answered and reported, in the order of time.

import { get, Refusal } from "../api.js";
import { ago, badge, by, clock, digest, fieldByField, h, json, table } from "../dom.js";
import { address } from "./playground.js";

export const title = "Messages";
/** What has no outcome yet is watched until it has. */
export const every = (data) => (data?.story && !data.story.outcome ? 3000 : 0);

export async function load({ rest: [id] }, signal) {
  if (!id) return null;
  try {
    const [story, { decisions }] = await Promise.all([
      get(`messages/${encodeURIComponent(id)}`, signal),
      get(`decisions?message=${encodeURIComponent(id)}&limit=500&fields=true`, signal).catch(() => ({ decisions: [] })),
    ]);
    return { story, decisions };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

const MOODS = { ACCEPTED: "good", REJECTED: "bad", EXPIRED: "warn", UNKNOWN: "warn" };
const STATES = { DELIVERED: "good", UNDELIVERABLE: "bad", REJECTED: "bad", EXPIRED: "warn", DELETED: "warn", UNKNOWN: "warn" };

export function draw(data, { rest: [id] }, again) {
  const search = h("form", { class: "filters", onsubmit: (event) => {
    event.preventDefault();
    const wanted = `#/messages/${encodeURIComponent(new FormData(event.target).get("id").trim())}`;
    document.activeElement.blur();
    if (location.hash === wanted) again();
    location.hash = wanted;
  } }, h("label", {}, "messageId of the command", h("input", { name: "id", size: 40, value: id ?? "", required: true,
    placeholder: "01890000-0000-7000-8000-000000000000" })), h("button", {}, "Tell its story"));
  return [h("section", {}, search, data ? null : h("p", { class: "quiet" },
    "The messageId is what the command named, and what every event, decision and log line of the message names.")), data ? told(data) : null];
}

function told({ story, decisions, refusal }) {
  if (refusal) return h("section", {}, h("h2", {}, refusal.message), refusal.details.map((line) => h("p", {}, line)));
  const { outcome } = story;
  return [
    h("section", {},
      h("h2", {}, story.messageId, " ", badge(outcome?.outcome ?? story.stage, MOODS[outcome?.outcome] ?? "warn")),
      h("p", {}, "Operator ", h("a", { href: `#/sessions/${story.operator ?? ""}` }, story.operator ?? story.operatorId),
        outcome ? ["; ", outcome.submittedAt ? ["submitted ", ago(outcome.submittedAt), ", "] : null,
          `${outcome.encoding ?? "no encoding"}, data_coding ${outcome.dataCoding ?? "–"}, ${outcome.longMessageStrategy ?? ""}, ${outcome.partCount ?? outcome.parts?.length ?? 0} parts`]
          : story.underWay ? null : "; no outcome yet"),
      story.underWay ? underWay(story.underWay) : null,
      outcome?.reason ? h("p", { class: "bad" }, outcome.reason) : null,
      !outcome ? null : outcome.policy ? h("p", {}, `Decided by ${outcome.policy.plugin} ${outcome.policy.version} `, digest(outcome.policy.sha256))
        : h("p", { class: "quiet" }, "Decided by the built-in behaviour."),
      outcome ? h("details", { "data-key": "outcome" }, h("summary", {}, "The event smpp.submit"), json(outcome)) : null),
    h("section", {}, h("h2", {}, "Parts"), table("As the operator took them, numbers masked", [
      ["Part", (part) => `${part.partNumber}/${part.partCount}`],
      ["To", (part) => part.to],
      ["Operator's id", (part) => h("code", {}, part.operatorMessageId)],
      ["Key", (part) => part.messageKey === part.operatorMessageId ? "the same" : h("code", {}, part.messageKey)],
      ["Submitted", (part) => precise(part.submittedAt)],
      ["Answered", (part) => part.answeredAt ? `after ${after(part.submittedAt, part.answeredAt)}` : "–"],
      ["Receipts", (part) => part.receipts.length === 0 ? h("span", { class: "quiet" }, "none yet, awaited until ", precise(part.receiptsUntil)) :
        h("ul", {}, part.receipts.map((receipt) => h("li", {}, badge(receipt.state, STATES[receipt.state]), receipt.final ? ", final, " : ", ",
          precise(receipt.receivedAt), `, after ${after(part.answeredAt ?? part.submittedAt, receipt.receivedAt)}`)))],
    ], story.parts, "The operator has accepted no part.")),
    h("section", {}, h("h2", {}, "Step by step"), table("In the order of time; numbers and texts are masked", [
      ["When", ({ at }) => precise(at), "whole"],
      ["Step", ({ step }) => step, "whole"],
      ["What", ({ what, more, key }) => more ? h("details", { "data-key": key }, h("summary", {}, what), more) : what],
      ["By", ({ by }) => by ?? "", "whole"],
    ], steps(story, decisions), "Nothing was recorded of it.")),
  ];
}

/** For what a message waits that has no outcome yet, and since when. */
function underWay({ words, publishedAt, since, until, partsAccepted, partCount }) {
  return [
    h("p", { class: "warn" }, `${words[0].toUpperCase()}${words.slice(1)}.`),
    h("p", {}, "Accepted ", ago(publishedAt), since === publishedAt && !until ? null : "; waits for this", since === publishedAt ? null : [" since ", clock(since)],
      until ? [" until ", clock(until)] : null,
      partCount > 1 ? `; ${partsAccepted} of ${partCount} parts are accepted by the operator` : null, "."),
  ];
}

/**
 * What is on record of the message, the oldest first. The event of its outcome follows the last answer; when exactly it was
 * published is not on record.
 */
function steps(story, decisions) {
  // They come newest first.
  const asked = decisions.toReversed().map((decision, index) => ({
    at: new Date(decision.nowMs).toISOString(), step: STEPS[decision.hook]?.words ?? decision.hook, order: STEPS[decision.hook]?.order ?? 0,
    what: [said(decision), decision.outcome ? `; ${decision.outcome}` : null], by: by(decision), more: detail(decision), key: `step-${index}`,
  }));
  const part = ({ partNumber, partCount }) => `part ${partNumber}/${partCount}`;
  const sent = story.parts.map((one) => ({ at: one.submittedAt, step: "submit_sm written", what: part(one), order: 3 }));
  const came = story.parts.flatMap((one) => one.receipts.map((receipt) => ({
    at: receipt.receivedAt, step: "receipt came", what: `${part(one)}: ${receipt.state}${receipt.final ? ", final" : ""}`, order: 6,
  })));
  const last = [...sent, ...asked.filter((step) => step.order === STEPS["submit-result"].order)].map(({ at }) => at)
    .reduce((one, other) => (Date.parse(one) > Date.parse(other) ? one : other), story.outcome?.submittedAt);
  const settled = story.outcome ? [{ at: last, step: "outcome", order: 5.5,
    what: [story.outcome.outcome, story.outcome.reason].filter(Boolean).join(": ") }] : [];
  // Times of decisions are whole milliseconds.
  const time = ({ at }) => Math.floor(Date.parse(at));
  return [...asked, ...sent, ...settled, ...came].sort((one, other) => time(one) - time(other) || one.order - other.order);
}

/** The hooks in words, and their order within a millisecond. */
const STEPS = {
  encoding: { words: "encoding", order: 0 }, splitting: { words: "splitting", order: 1 }, submit: { words: "submit_sm planned", order: 2 },
  "submit-result": { words: "submit_sm_resp", order: 4 }, inbound: { words: "receipt read", order: 7 },
  "message-ids": { words: "id to key", order: 8 },
};

/** What was asked and answered, in a few words. */
export function said({ hook, question: { input }, answer, fault, sequenceNumber }) {
  if (fault) return h("span", { class: "bad" }, `no answer: ${fault.cause}: ${fault.text}`);
  const facts = {
    splitting: () => `${input.octets} octets`,
    submit: () => `part ${input.part.number}/${input.part.count}: data_coding ${input.pdu["data-coding"]}, esm_class ${hex(input.pdu["esm-class"])}, ${octets(input.pdu)}`,
    "submit-result": () => `command_status ${hex(input.response.status, 8)}, ${input.response["message-id"] || "no id"}, attempt ${input.response.attempt}`,
    inbound: () => `${input.reading?.["raw-state"] ?? "no state"}, err ${input.reading?.["raw-error"] ?? "–"}, id ${input.reading?.["message-id"] ?? "–"}`,
    "message-ids": () => `${input.raw} (${input.origin})`,
  }[hook]?.();
  const default_ = answer === null || answer === "host-default";
  const number = sequenceNumber === undefined ? null : `sequence_number ${sequenceNumber}`;
  return [facts, number, default_ ? "as the built-in behaviour has it" : JSON.stringify(answer).slice(0, 160)].filter(Boolean).join("; ");
}

function octets({ "short-message": short, tlvs }) {
  const payload = tlvs?.find?.(({ tag }) => tag === 0x0424);
  return payload ? `message_payload of ${payload.value.length / 2} octets` : `${(short ?? "").length / 2} octets`;
}

function detail(decision) {
  const pdu = decision.question.input.pdu;
  return [
    decision.pdu ? fieldByField({ ...decision.pdu, octets: pdu["short-message"] }) : null,
    decision.hint ? h("p", { class: "warn" }, decision.hint) : null,
    h("p", {}, h("a", { href: address(decision.operator, decision.question, decision.settings) }, "open in playground")),
    json({ question: decision.question.input, answer: decision.answer, fault: decision.fault, outcome: decision.outcome, micros: decision.micros }),
  ];
}

function hex(number, digits = 2) {
  return `0x${number.toString(16).padStart(digits, "0")}`;
}

/** The time of the day to the millisecond, with the date beside the pointer. */
function precise(time) {
  if (!time) return "–";
  const date = new Date(time);
  return h("time", { datetime: time, title: time },
    `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`);
}

function after(from, to) {
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 10_000 ? `${Math.max(0, ms)} ms` : `${Math.round(ms / 1000)} s`;
}
