// @ts-check
// What is odd about this operator, and nothing else: for the rest the gateway does what it always does.
import * as smpp from "./sdk/smpp.js";

const STATES = Object.values(smpp.State);

/**
 * The operator's file says, under [policy.settings]:
 *   receipt_ids = "decimal"            how ids stand in the text of receipts: "decimal" (the default) or "hex"
 *   states = { NOCRED = "rejected" }   words of its own for states; all of them are final
 * @type {smpp.Settings}
 */
export const settings = {
  validate(document) {
    const given = new smpp.Document(document);
    given.word("receipt_ids", ["decimal", "hex"]);
    given.table("states", STATES);
    return given.problems();
  },
};

/**
 * submit_sm_resp and receipted_message_id have the id in hexadecimal. The key is its decimal form.
 * @type {smpp.MessageIds}
 */
export const messageIds = {
  normalise(raw, origin) {
    const inHex = origin !== smpp.Origin.receiptText || smpp.settings().receipt_ids === "hex";
    return smpp.decimalId(raw, inHex ? 16 : 10);
  },
};

/**
 * Corrects states that the gateway cannot know.
 * @type {smpp.Inbound}
 */
export const inbound = {
  interpret(pdu, reading) {
    if (!reading) return smpp.hostDefault;
    const state = smpp.settings().states?.[reading.rawState];
    if (state === undefined) return smpp.hostDefault;
    return smpp.answer("receipt", { ...reading, state, isFinal: true });
  },
};
