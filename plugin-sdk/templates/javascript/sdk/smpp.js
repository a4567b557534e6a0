// What a policy plugin in JavaScript needs besides the language. Comes from `smpp-connector plugin new`; change it if you like.
import * as context from "smpp:operator-policy/call-context@1.0.0";
import { gsm7Septets as septets } from "smpp:operator-policy/charset@1.0.0";
import { log as write } from "smpp:operator-policy/logging@1.0.0";
import { add } from "smpp:operator-policy/metrics@1.0.0";

// Answers.

/** No opinion: the gateway does what it always does. A hook that returns nothing says the same. */
export const hostDefault = Object.freeze({ tag: "host-default" });

/** An answer with its payload: `answer("receipt", {...reading, state: "rejected"})`. */
export const answer = (tag, val) => ({ tag, val });

// Faults, to be thrown: `throw malformed("no number")`. Counted by kind; then the operator's on_failure decides.

export const unsupported = (text) => ({ tag: "unsupported", val: String(text) });
export const malformed = (text) => ({ tag: "malformed", val: String(text) });
export const misconfigured = (text) => ({ tag: "misconfigured", val: String(text) });
export const other = (text) => ({ tag: "other", val: String(text) });

// What a hook may know besides its arguments.

/** Id of the operator that this instance serves. */
export const operator = () => context.operator();

/** Time of this call in milliseconds since 1970, fixed for its whole length. `Date.now()` gives the same. */
export const nowMs = () => context.nowMs();

let known;

/** The settings of the operator's file, parsed once. Fixed for the life of an instance. */
export function settings() {
  known ??= JSON.parse(context.settings() || "{}") ?? {};
  return known;
}

const line = (level) => (message, fields = {}) =>
  write(level, String(message), Object.entries(fields).map(([name, value]) => [name, String(value)]));

/** The gateway's log: `log.warn("odd receipt", { state: reading.rawState })`. Limited to 100 lines a second. */
export const log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };

/** Adds to a counter that plugin.toml declares. */
export const count = (counter, amount = 1) => add(counter, amount);

/** Length in GSM 7-bit septets; null if a character is not in the tables. */
export const gsm7Septets = (text) => septets(text) ?? null;

// The protocol.

/** States of a receipt. */
export const State = Object.freeze({
  enroute: "enroute",
  delivered: "delivered",
  expired: "expired",
  deleted: "deleted",
  undeliverable: "undeliverable",
  accepted: "accepted",
  unknown: "unknown",
  rejected: "rejected",
});

/** Where an id was read. */
export const Origin = Object.freeze({
  submitResp: "submit-resp",
  receiptText: "receipt-text",
  receiptTlv: "receipt-tlv",
});

/** Tags of SMPP 3.4, section 5.3.2. */
export const Tag = Object.freeze({
  receiptedMessageId: 0x001e,
  sourcePort: 0x020a,
  destinationPort: 0x020b,
  sarMsgRefNum: 0x020c,
  languageIndicator: 0x020d,
  sarTotalSegments: 0x020e,
  sarSegmentSeqnum: 0x020f,
  networkErrorCode: 0x0423,
  messagePayload: 0x0424,
  messageState: 0x0427,
});

/** Values of command_status of SMPP 3.4, section 5.1.3. */
export const Status = Object.freeze({
  ok: 0x00,
  invalidSource: 0x0a,
  invalidDestination: 0x0b,
  bindFailed: 0x0d,
  messageQueueFull: 0x14,
  invalidEsmClass: 0x43,
  submitFailed: 0x45,
  throttled: 0x58,
  unknownError: 0xff,
});

/** The value of a TLV of a PDU; undefined if it has none of this tag. */
export const tlv = (pdu, tag) => pdu.tlvs.find((one) => one.tag === tag)?.value;

/** Octets as text, one character each. */
export const fromOctets = (octets) => Array.from(octets, (octet) => String.fromCharCode(octet)).join("");

/** Text as octets; characters above U+00FF are no octets. */
export const toOctets = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** An id as the decimal form of its number, of at most 128 bits: one key for every way to write it. */
export function decimalId(raw, base) {
  const digits = raw.replace(/^[\s\0]+|[\s\0]+$/g, "");
  const fits = base === 16 ? /^[0-9a-f]{1,32}$/i : /^[0-9]{1,39}$/;
  if (!fits.test(digits)) throw malformed(`${JSON.stringify(raw)} is no number in base ${base}`);
  return BigInt(base === 16 ? `0x${digits}` : digits).toString();
}

/**
 * A settings document under examination, for `settings.validate`: ask for each setting that the plugin knows, then
 * return `problems()`. What nobody asked for is a problem, too.
 */
export class Document {
  #settings = {};
  #known = new Set();
  #problems = [];

  constructor(text) {
    try {
      const given = JSON.parse(text || "{}") ?? {};
      if (typeof given !== "object" || Array.isArray(given)) throw new Error("settings must be a JSON object");
      this.#settings = given;
    } catch (error) {
      this.#problems.push({ path: "", message: error.message });
    }
  }

  /** An optional text of so many characters. */
  text(key, least = 1, most = 1000) {
    const fits = (value) => typeof value === "string" && value.length >= least && value.length <= most;
    return this.#take(key, fits, `a text of ${least} to ${most} characters`);
  }

  /** An optional whole number. */
  integer(key, least, most) {
    const fits = (value) => Number.isInteger(value) && value >= least && value <= most;
    return this.#take(key, fits, `a whole number from ${least} to ${most}`);
  }

  /** An optional word out of a few. */
  word(key, words) {
    return this.#take(key, (value) => words.includes(value), `one of ${words.join(", ")}`);
  }

  /** An optional table whose values are words out of a few. */
  table(key, words) {
    const fits = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
    const table = this.#take(key, fits, "a table");
    for (const [name, value] of Object.entries(table ?? {})) {
      if (!words.includes(value)) this.#wrong([key, name], value, `one of ${words.join(", ")}`);
    }
    return table;
  }

  /** Reports something about a setting. */
  problem(key, message) {
    this.#problems.push({ path: pointer([key]), message });
  }

  /** Every problem found. */
  problems() {
    const names = this.#known.size > 0 ? `this plugin knows ${[...this.#known].join(", ")}` : "this plugin has no settings";
    const strange = Object.keys(this.#settings).filter((key) => !this.#known.has(key));
    return [...this.#problems, ...strange.map((key) => ({ path: pointer([key]), message: `unknown setting: ${names}` }))];
  }

  #take(key, fits, what) {
    this.#known.add(key);
    const value = this.#settings[key];
    if (value === undefined || fits(value)) return value;
    this.#wrong([key], value, what);
    return undefined;
  }

  #wrong(path, value, what) {
    this.#problems.push({ path: pointer(path), message: `must be ${what}, is ${JSON.stringify(value)}` });
  }
}

/** RFC 6901: `~` and `/` are escaped. */
const pointer = (keys) => keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
