// What would be done with a message or a PDU: every decision, field and octet, beside another version. Nothing is sent. The input
// itself stands in the address, so that a link to it can be given to somebody else; the gateway keeps nothing.

import { get, post } from "../api.js";
import { badge, digest, fieldByField, h, json, table } from "../dom.js";

export const title = "Playground";
export const every = () => 0;

const KINDS = { message: "Message", pdu: "PDU", fixture: "Fixture" };
/** The address at which a hook call is tried again; `against` is a version to compare with. */
export function address(operator, question, settings, against) {
  const { hook, input } = question;
  const fixture = JSON.stringify({ hook, input, ...(settings ? { settings } : {}) }, null, 2);
  return `#/playground?${new URLSearchParams({ kind: "fixture", operator, fixture, ...(against ? { against } : {}) })}`;
}

const EXAMPLE = { hook: "message-ids", input: { raw: "1A2B", origin: "submit-resp" } };

export async function load({ query }, signal) {
  const [{ operators }, policies] = await Promise.all([
    get("operators", signal), get("plugins", signal).catch(() => ({ plugins: [] }))]);
  const asked = Object.fromEntries(query);
  asked.operator ||= operators[0]?.name ?? "";
  asked.kind = asked.kind in KINDS ? asked.kind : "message";
  const data = { operators, policies: policies.plugins, asked };
  if (!isComplete(asked)) return data;
  try {
    return { ...data, view: await post("preview", request(asked)) };
  } catch (error) {
    return { ...data, refusal: error };
  }
}

function isComplete(asked) {
  return Boolean(asked.operator) && Boolean({ message: asked.to && asked.text, pdu: asked.pdu, fixture: asked.fixture }[asked.kind]);
}

/** The body of POST preview. What is no JSON is told by the gateway, too, but where it is one can see it here. */
function request(asked) {
  const body = { operator: asked.operator, version: asked.version || "active" };
  if (asked.against) body.against = asked.against;
  if (asked.settings) body.settings = parsed(asked.settings, "the settings");
  if (asked.kind === "pdu") return { ...body, pdu: asked.pdu };
  if (asked.kind === "fixture") return { ...body, fixture: parsed(asked.fixture, "the fixture") };
  return { ...body, message: { to: asked.to, from: asked.from || "demo", text: asked.text, encoding: asked.encoding || "GSM7",
    messageType: asked.flash ? "FLASH" : "SMS", longMessageStrategy: asked.payload ? "TLV" : "CSMS" } };
}

function parsed(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`);
  }
}

export function draw({ operators, policies, asked, view, refusal }) {
  if (operators.length === 0) return h("section", {}, h("p", {}, "No operator is loaded: put a TOML file into operators_dir."));
  return h("div", { class: "bench" },
    h("section", {}, h("h2", {}, "What comes in"), input(operators, policies, asked)),
    h("div", {}, refusal ? h("section", {}, h("h2", { class: "bad" }, refusal.message), (refusal.details ?? []).map((line) => h("p", {}, line))) : null,
      view ? told(view, asked) : h("section", {}, h("p", { class: "quiet" },
        "Nothing is sent and nothing is kept: the operator's policy is asked beside of all traffic, with the same limits."))));
}

function input(operators, policies, asked) {
  const send = (form) => {
    const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    document.activeElement?.blur();
    const address = `#/playground?${wanted}`;
    if (location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = address;
  };
  const field = (name, label, attributes = {}) =>
    h("label", {}, label, h("input", { name, value: asked[name] ?? "", autocomplete: "off", ...attributes }));
  const area = (name, label, attributes = {}) =>
    h("label", {}, label, h("textarea", { name, rows: 5, spellcheck: "false", ...attributes }, asked[name] ?? ""));
  const pick = (name, label, values) => h("label", {}, label, h("select", { name }, values.map(([value, text]) =>
    h("option", { value, selected: (asked[name] ?? "") === value }, text))));
  const policy = policies.find((policy) => policy.operator === asked.operator);
  const versions = [...(policy?.candidate ? [["candidate", "the candidate"]] : []),
    ...(policy?.previous ?? []).map((version) => [version.key, `${version.plugin} ${version.version} ${version.sha256.slice(0, 8)}`])];
  return h("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); send(event.target); } },
    h("div", { class: "tabs", role: "group", "aria-label": "What comes in" }, Object.entries(KINDS).map(([kind, text]) =>
      h("a", { href: `#/playground?${new URLSearchParams({ ...asked, kind })}`, "aria-current": kind === asked.kind ? "true" : null }, text))),
    h("input", { type: "hidden", name: "kind", value: asked.kind }),
    pick("operator", "Operator", operators.map(({ name }) => [name, name])),
    {
      message: () => [field("to", "To, E.164", { placeholder: "+491511234567", required: true, inputmode: "tel" }), field("from", "From", { placeholder: "demo" }),
        area("text", "Text", { required: true, spellcheck: "true" }), pick("encoding", "Encoding", [["GSM7", "GSM7"], ["UCS2", "UCS2"]]),
        check("flash", "flash (class 0)", asked), check("payload", "long text as message_payload", asked)],
      pdu: () => area("pdu", "PDU in hexadecimal, header included: deliver_sm, data_sm, submit_sm_resp, generic_nack, or a submit_sm of yours", { required: true, class: "mono", rows: 8 }),
      fixture: () => area("fixture", "Fixture: one hook call", { required: true, class: "mono", rows: 12, placeholder: JSON.stringify(EXAMPLE, null, 2) }),
    }[asked.kind](),
    pick("version", "Version", [["", "the active one"], ["built-in", "built-in behaviour"], ...versions]),
    h("details", { open: Boolean(asked.settings), "data-key": "settings" }, h("summary", {}, "With other settings"),
      area("settings", "JSON", { class: "mono", placeholder: policy?.active ? JSON.stringify(policy.active.settings) : "{}" })),
    pick("against", "Compare with", [["", "nothing"], ["built-in", "built-in behaviour"], ["active", "the active version"], ...versions]),
    h("button", {}, "Show what would be done"));
}

function check(name, label, asked) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", name, value: "1", checked: Boolean(asked[name]) }), label);
}

function told(view, asked) {
  const { result, against, differences } = view;
  return [
    view.pdu ? h("section", {}, h("h2", {}, "The PDU"), h("p", {}, h("code", {}, view.pdu.told)),
      view.pdu.oddity ? h("p", { class: "warn" }, `odd: ${view.pdu.oddity}`) : null,
      fieldByField({ ...view.pdu, octets: asked.pdu.replace(/[^0-9a-f]/gi, "") })) : null,
    h("section", {}, h("h2", {}, "Decisions"), h("p", { class: "quiet" }, who(result), result.memoryBytes ? `, ${Math.ceil(result.memoryBytes / 1024)} KiB of memory` : ""),
      table("In their order", [
        ["Hook", (call) => call.hook],
        ["Answer", (call) => h("details", {}, h("summary", {}, h("code", {}, short(call.answer)), call.fault ? h("span", { class: "bad" }, ` ${call.fault}`) : null),
          h("p", { class: "quiet" }, "asked"), json(call.input), h("p", { class: "quiet" }, "answered"), json(call.answer))],
        ["Time", (call) => `${call.micros} µs`, "number"],
        ["", (call) => save(call, result.settings)],
      ], result.calls, "No hook was asked."),
      result.log.length > 0 ? table("What the plugin logged", [
        ["Level", (line) => line.level], ["Hook", (line) => line.hook], ["Line", (line) => line.text],
        ["Fields", (line) => line.fields ? h("code", {}, JSON.stringify(line.fields)) : ""],
      ], result.log, "") : null),
    h("section", {}, h("h2", {}, "What comes of it ", badge(result.outcome.kind, MOODS[result.outcome.kind])), outcome(result.outcome)),
    against ? h("section", {}, h("h2", {}, "Beside ", who(against)), table("Field by field", [
      ["Field", (difference) => h("code", {}, difference.path || "all of it")],
      [`There (${asked.against})`, (difference) => h("code", {}, short(difference.expected))],
      ["Here", (difference) => h("code", {}, short(difference.got))],
    ], differences, "No difference."), differences.length > 0 ? h("details", {}, h("summary", {}, "All of the other outcome"), outcome(against.outcome)) : null) : null,
  ];
}

const MOODS = { submit: "good", sent: "good", receipt: "good", message: "good", rejected: "bad", waits: "bad", refused: "bad" };

function who({ policy }) {
  return policy ? h("span", {}, `${policy.plugin} ${policy.version} `, digest(policy.sha256)) : h("span", {}, "the built-in behaviour");
}

function outcome(outcome) {
  if (outcome.kind === "sent") {
    return [table("What the policy changes", [
      ["Field", (change) => h("code", {}, change.path)],
      ["Before", (change) => h("code", {}, short(change.before))],
      ["After", (change) => h("code", {}, short(change.after))],
    ], outcome.changes, "It is sent as it is."), sent(outcome.part, "sent", true)];
  }
  if (outcome.kind !== "submit") {
    const { kind, reason, ...rest } = outcome;
    return [reason ? h("p", {}, reason) : null, Object.keys(rest).length > 0 ? json(rest) : null];
  }
  return [
    h("p", {}, `${outcome.encoding}, data_coding ${outcome.dataCoding}, ${outcome.parts.length} part(s) by ${outcome.longMessageStrategy}`),
    outcome.parts.map((part, index) => sent(part, `part ${index + 1}`, index === 0)),
  ];
}

/** A submit_sm that would go out. */
function sent(part, name, open) {
  return h("details", { open, "data-key": name }, h("summary", {}, h("code", {}, part.told ?? name)),
    part.problem ? h("p", { class: "bad" }, part.problem) : null, fieldByField(part));
}

/** A call as a fixture that `plugin test` takes: with these settings, what was answered is what is expected. */
function save(call, settings) {
  const fixture = { name: `${call.hook} from the playground`, hook: call.hook, ...(settings ? { settings } : {}),
    input: call.input, expect: call.answer };
  return h("a", { download: `${call.hook}.json`, href: `data:application/json,${encodeURIComponent(`${JSON.stringify(fixture, null, 2)}\n`)}` }, "save as fixture");
}

function short(value) {
  const text = value === null || value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
