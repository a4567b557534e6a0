// Stands between the gateway and the plugin's own module, in every component made of JavaScript.
import { log as smppLog } from "smpp:operator-policy/logging@1.0.0";
import { nowMs as smppNowMs } from "smpp:operator-policy/call-context@1.0.0";

const smpp = (() => {
  // A policy has no clock and no randomness, so that a recorded call replays to the same answer. What the language calls
  // the time is the time of the call.
  const TimeOfTheMachine = Date;
  globalThis.Date = class Date extends TimeOfTheMachine {
    constructor(...given) {
      super(...(given.length === 0 ? [smppNowMs()] : given));
    }
    static now() {
      return smppNowMs();
    }
  };
  Math.random = () => {
    throw new Error("Math.random: a policy has no randomness, so that a recorded call replays to the same answer");
  };

  const text = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const line = (level) => (...values) => smppLog(level, values.map(text).join(" "), []);
  globalThis.console = {
    debug: line("debug"),
    log: line("info"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    trace: line("debug"),
  };

  const FAULTS = new Set(["unsupported", "malformed", "misconfigured", "other"]);

  // What was thrown as a fault: an exception that left the hook would cost the instance, and its text would be lost.
  const fault = (thrown) => {
    if (FAULTS.has(thrown?.tag)) return { tag: thrown.tag, val: text(thrown.val ?? "") };
    const place = String(thrown?.stack ?? "").split("\n").map((part) => part.trim()).find((part) => part !== "");
    return { tag: "other", val: place ? `${text(thrown)} (${place})` : text(thrown) };
  };

  const bad = (hook, problem) => ({ tag: "other", val: `${hook} gave no answer of the contract: ${problem}` });

  // Checks of answers: each gives a problem or undefined. A value of another shape would end in a trap without a text.
  const show = (value) => String(text(value)).slice(0, 80);
  const expected = (what) => (value) => `must be ${what}, is ${show(value)}`;
  const string = (value) => (typeof value === "string" ? undefined : expected("a string")(value));
  const boolean = (value) => (typeof value === "boolean" ? undefined : expected("true or false")(value));
  const number = (most) => (value) =>
    Number.isInteger(value) && value >= 0 && value <= most
      ? undefined
      : expected(`a whole number from 0 to ${most}`)(value);
  const [u8, u16, u32] = [number(0xff), number(0xffff), number(0xffffffff)];
  const octets = (value) => {
    if (value instanceof Uint8Array) return undefined;
    if (!Array.isArray(value)) return expected("a Uint8Array or an array of octets")(value);
    return value.every((octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255)
      ? undefined
      : expected("an array of octets")(value);
  };
  const option = (check) => (value) => (value === null || value === undefined ? undefined : check(value));
  const list = (check) => (value) => {
    if (!Array.isArray(value)) return expected("an array")(value);
    for (let at = 0; at < value.length; at += 1) {
      const problem = check(value[at]);
      if (problem) return `[${at}] ${problem}`;
    }
    return undefined;
  };
  const record = (fields) => {
    const checks = Object.entries(fields);
    return (value) => {
      if (typeof value !== "object" || value === null) return expected("an object")(value);
      for (const [name, check] of checks) {
        const problem = check(value[name]);
        if (problem) return `${name} ${problem}`;
      }
      return undefined;
    };
  };
  const word = (...words) => (value) =>
    words.includes(value) ? undefined : expected(`one of ${words.join(", ")}`)(value);
  const variant = (cases) => (value) => {
    const check = Object.hasOwn(cases, value?.tag) ? cases[value.tag] : undefined;
    if (check === undefined) return expected(`an object whose tag is one of ${Object.keys(cases).join(", ")}`)(value);
    const problem = check === none ? undefined : check(value.val);
    return problem && `${value.tag}: ${problem}`;
  };
  const none = () => undefined;

  const address = record({ ton: u8, npi: u8, digits: string });
  const tlvs = list(record({ tag: u16, value: octets }));
  const concatenation = record({ reference: u16, total: u8, number: u8 });
  const ANSWERS = {
    "message-ids.normalise": option(string),
    "encoding.choose": variant({
      "host-default": none,
      alphabet: record({
        alphabet: variant({
          "gsm7-unpacked": none,
          "gsm7-packed": none,
          "gsm7-national": record({ lockingShift: option(u8), singleShift: option(u8) }),
          ascii: none,
          latin1: none,
          ucs2: none,
          named: string,
        }),
        dataCoding: u8,
        unencodable: variant({ "host-default": none, transliterate: none, replace: string, refuse: none }),
      }),
      encoded: record({ octets, dataCoding: u8, unit: u8 }),
    }),
    "splitting.plan": variant({
      "host-default": none,
      udh: record({
        referenceWidth: word("eight-bits", "sixteen-bits"),
        maxOctets: option(u16),
        maxParts: option(u8),
      }),
      "sar-tlvs": none,
      "message-payload": record({ maxOctets: option(u32) }),
      parts: list(record({ header: octets, octets })),
      refuse: string,
    }),
    "submit.rewrite": variant({
      "host-default": none,
      send: record({
        serviceType: string,
        source: address,
        destination: address,
        esmClass: u8,
        protocolId: u8,
        priorityFlag: u8,
        scheduleDeliveryTime: string,
        validityPeriod: string,
        registeredDelivery: u8,
        replaceIfPresent: u8,
        dataCoding: u8,
        smDefaultMsgId: u8,
        shortMessage: octets,
        tlvs,
      }),
      refuse: string,
    }),
    "submit-result.classify": variant({
      "host-default": none,
      accepted: none,
      retry: record({ afterMs: option(u32), maxAttempts: option(u32) }),
      throttle: record({ pauseMs: option(u32), maxRate: option(u32) }),
      reject: record({ code: string, reason: string }),
      "stop-operator": string,
    }),
    "inbound.interpret": variant({
      "host-default": none,
      receipt: record({
        messageId: string,
        state: word(
          "enroute",
          "delivered",
          "expired",
          "deleted",
          "undeliverable",
          "accepted",
          "unknown",
          "rejected",
        ),
        isFinal: boolean,
        rawState: string,
        rawError: string,
        doneAt: option(string),
      }),
      "mobile-originated": record({
        source: address,
        destination: address,
        text: option(string),
        concatenation: option(concatenation),
      }),
      ignore: string,
      refuse: u32,
    }),
  };

  // A hook of the plugin's module as the gateway calls it.
  const hook = (plugin, group, name, call) => {
    const given = plugin[group]?.[call];
    if (typeof given !== "function") {
      throw new Error(`plugin.toml names the hook \`${name}\`, but the entry exports no ${group} with a function ${call}`);
    }
    const [full, own] = [`${name}.${call}`, plugin[group]];
    if (name === "settings") {
      return (document) => {
        let problems;
        try {
          problems = given.call(own, document) ?? [];
        } catch (thrown) {
          throw Array.isArray(thrown) ? thrown : [{ path: "", message: fault(thrown).val }];
        }
        const wrong = list(record({ path: string, message: string }))(problems);
        if (wrong) throw [{ path: "", message: bad(full, wrong).val }];
        if (problems.length > 0) throw problems;
      };
    }
    const [check, abstain] = [ANSWERS[full], name === "message-ids" ? null : { tag: "host-default" }];
    return (...question) => {
      let answer;
      try {
        answer = given.apply(own, question) ?? abstain;
      } catch (thrown) {
        throw fault(thrown);
      }
      const wrong = check(answer);
      if (wrong) throw bad(full, wrong);
      return answer;
    };
  };

  // Every hook that the module exports must be named, too: a hook that is forgotten in plugin.toml would never run.
  const complete = (plugin, all, named) => {
    for (const [group, name] of Object.entries(all)) {
      if (plugin[group] !== undefined && !named.includes(name)) {
        throw new Error(`the entry exports ${group}, but plugin.toml does not name the hook \`${name}\``);
      }
    }
  };
  return { hook, complete };
})();
