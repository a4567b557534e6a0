// What is odd about this operator, and nothing else: for the rest the gateway does what it always does.
import * as smpp from "./sdk/smpp.js";

/** [policy.settings] of the operator's file. */
interface Known {
  /** How ids stand in the text of receipts; `decimal` if it is not said. */
  receipt_ids?: "decimal" | "hex";
  /** Words of its own for states; all of them are final. */
  states?: Record<string, smpp.DlrState>;
}

export const settings: smpp.Settings = {
  validate(document) {
    const given = new smpp.Document(document);
    given.word("receipt_ids", ["decimal", "hex"]);
    given.table("states", Object.values(smpp.State));
    return given.problems();
  },
};

/** submit_sm_resp and receipted_message_id have the id in hexadecimal. The key is its decimal form. */
export const messageIds: smpp.MessageIds = {
  normalise(raw, origin) {
    const inHex = origin !== smpp.Origin.receiptText || smpp.settings<Known>().receipt_ids === "hex";
    return smpp.decimalId(raw, inHex ? 16 : 10);
  },
};

/** Corrects states that the gateway cannot know. */
export const inbound: smpp.Inbound = {
  interpret(pdu, reading) {
    if (!reading) return smpp.hostDefault;
    const state = smpp.settings<Known>().states?.[reading.rawState];
    if (state === undefined) return smpp.hostDefault;
    return smpp.answer("receipt", { ...reading, state, isFinal: true });
  },
};
