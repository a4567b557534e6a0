// The contract smpp:operator-policy@1.0.0 as JavaScript sees it, and the helpers of smpp.js.
// What each field means stands in the contract itself: `smpp-connector` carries it as plugin-sdk/wit.

export type Octets = Uint8Array | number[];

/** A case of a variant: `{ tag: "refuse", val: "…" }`, or `{ tag: "host-default" }`. */
type Case<Tag extends string, Val = undefined> = Val extends undefined ? { tag: Tag } : { tag: Tag; val: Val };

export type HostDefault = Case<"host-default">;
export type Fault =
  | Case<"unsupported", string>
  | Case<"malformed", string>
  | Case<"misconfigured", string>
  | Case<"other", string>;

export interface Address {
  /** Type of number. */
  ton: number;
  /** Numbering plan indicator. */
  npi: number;
  digits: string;
}

export interface Tlv {
  tag: number;
  value: Octets;
}

export interface SubmitSm {
  serviceType: string;
  source: Address;
  destination: Address;
  esmClass: number;
  protocolId: number;
  priorityFlag: number;
  scheduleDeliveryTime: string;
  validityPeriod: string;
  registeredDelivery: number;
  replaceIfPresent: number;
  dataCoding: number;
  smDefaultMsgId: number;
  shortMessage: Octets;
  tlvs: Tlv[];
}

export interface DeliverSm {
  serviceType: string;
  source: Address;
  destination: Address;
  esmClass: number;
  protocolId: number;
  priorityFlag: number;
  registeredDelivery: number;
  dataCoding: number;
  smDefaultMsgId: number;
  shortMessage: Uint8Array;
  tlvs: { tag: number; value: Uint8Array }[];
}

export interface OutboundMessage {
  messageId: string;
  accountId: string;
  source: Address;
  destination: Address;
  text: string;
  encoding: "gsm7" | "ucs2";
  messageType: "sms" | "flash";
  longMessageStrategy: "csms" | "tlv";
}

// Hooks. Each is an export of the plugin's module: `export const messageIds = { normalise(raw, origin) { … } }`.
// A hook that returns nothing has no opinion.

export interface Problem {
  /** JSON Pointer to the setting; empty for the whole document. */
  path: string;
  message: string;
}

/** `export const settings`: judges the settings of an operator's file before they take effect. */
export interface Settings {
  validate(document: string): Problem[] | void;
}

export type Alphabet =
  | Case<"gsm7-unpacked">
  | Case<"gsm7-packed">
  | Case<"gsm7-national", { lockingShift?: number | null; singleShift?: number | null }>
  | Case<"ascii">
  | Case<"latin1">
  | Case<"ucs2">
  | Case<"named", string>;
export type Unencodable = HostDefault | Case<"transliterate"> | Case<"replace", string> | Case<"refuse">;
export type EncodingAnswer =
  | HostDefault
  | Case<"alphabet", { alphabet: Alphabet; dataCoding: number; unencodable: Unencodable }>
  | Case<"encoded", { octets: Octets; dataCoding: number; unit: number }>;

/** `export const encoding`: which alphabet, which data_coding. */
export interface Encoding {
  choose(message: OutboundMessage): EncodingAnswer | void;
}

export type SplittingAnswer =
  | HostDefault
  | Case<
      "udh",
      { referenceWidth: "eight-bits" | "sixteen-bits"; maxOctets?: number | null; maxParts?: number | null }
    >
  | Case<"sar-tlvs">
  | Case<"message-payload", { maxOctets?: number | null }>
  | Case<"parts", { header: Octets; octets: Octets }[]>
  | Case<"refuse", string>;

/** `export const splitting`: how a long text becomes several PDUs. */
export interface Splitting {
  plan(message: OutboundMessage, coding: number, octets: number): SplittingAnswer | void;
}

export type SubmitAnswer = HostDefault | Case<"send", SubmitSm> | Case<"refuse", string>;

/** `export const submit`: the last look at each submit_sm. */
export interface Submit {
  rewrite(message: OutboundMessage, pdu: SubmitSm, part: { number: number; count: number }): SubmitAnswer | void;
}

export interface Response {
  status: number;
  messageId: string;
  tlvs: Tlv[];
  isNack: boolean;
  attempt: number;
}
export type SubmitResultAnswer =
  | HostDefault
  | Case<"accepted">
  | Case<"retry", { afterMs?: number | null; maxAttempts?: number | null }>
  | Case<"throttle", { pauseMs?: number | null; maxRate?: number | null }>
  | Case<"reject", { code: string; reason: string }>
  | Case<"stop-operator", string>;

/** `export const submitResult`: what the operator's answer to a submit_sm means. */
export interface SubmitResult {
  classify(response: Response): SubmitResultAnswer | void;
}

export type IdOrigin = "submit-resp" | "receipt-text" | "receipt-tlv";

/** `export const messageIds`: one key for every form of an id. */
export interface MessageIds {
  normalise(raw: string, origin: IdOrigin): string | null | void;
}

export type DlrState =
  | "enroute"
  | "delivered"
  | "expired"
  | "deleted"
  | "undeliverable"
  | "accepted"
  | "unknown"
  | "rejected";
export interface Receipt {
  messageId: string;
  state: DlrState;
  isFinal: boolean;
  rawState: string;
  rawError: string;
  doneAt?: string | null;
}
export interface MobileOriginated {
  source: Address;
  destination: Address;
  text?: string | null;
  concatenation?: { reference: number; total: number; number: number } | null;
}
export type InboundAnswer =
  | HostDefault
  | Case<"receipt", Receipt>
  | Case<"mobile-originated", MobileOriginated>
  | Case<"ignore", string>
  | Case<"refuse", number>;

/** `export const inbound`: what a deliver_sm or data_sm says. */
export interface Inbound {
  interpret(pdu: DeliverSm, reading?: Receipt | null): InboundAnswer | void;
}

// Helpers.

export const hostDefault: Readonly<HostDefault>;
export function answer<Tag extends string, Val>(tag: Tag, val: Val): { tag: Tag; val: Val };
export function unsupported(text: string): Fault;
export function malformed(text: string): Fault;
export function misconfigured(text: string): Fault;
export function other(text: string): Fault;
export function operator(): string;
export function nowMs(): number;
export function settings<T = Record<string, any>>(): T;
type Line = (message: string, fields?: Record<string, unknown>) => void;
export const log: { debug: Line; info: Line; warn: Line; error: Line };
export function count(counter: string, amount?: number): void;
export function gsm7Septets(text: string): number | null;
export const State: { readonly [S in DlrState]: S };
export const Origin: {
  readonly submitResp: "submit-resp";
  readonly receiptText: "receipt-text";
  readonly receiptTlv: "receipt-tlv";
};
export const Tag: Readonly<
  Record<
    | "receiptedMessageId"
    | "sourcePort"
    | "destinationPort"
    | "sarMsgRefNum"
    | "languageIndicator"
    | "sarTotalSegments"
    | "sarSegmentSeqnum"
    | "networkErrorCode"
    | "messagePayload"
    | "messageState",
    number
  >
>;
export const Status: Readonly<
  Record<
    | "ok"
    | "invalidSource"
    | "invalidDestination"
    | "bindFailed"
    | "messageQueueFull"
    | "invalidEsmClass"
    | "submitFailed"
    | "throttled"
    | "unknownError",
    number
  >
>;
export function tlv(pdu: { tlvs: { tag: number; value: Octets }[] }, tag: number): Octets | undefined;
export function fromOctets(octets: Octets): string;
export function toOctets(text: string): Uint8Array;
export function decimalId(raw: string, base: 10 | 16): string;
export class Document {
  constructor(text: string);
  text(key: string, least?: number, most?: number): string | undefined;
  integer(key: string, least: number, most: number): number | undefined;
  word<Word extends string>(key: string, words: readonly Word[]): Word | undefined;
  table<Word extends string>(key: string, words: readonly Word[]): Record<string, Word> | undefined;
  problem(key: string, message: string): void;
  problems(): Problem[];
}
