// PDUs that broke the standard and were survived.

import { get } from "../api.js";
import { clock, fieldByField, h, opens, table } from "../dom.js";

export const title = "Odd PDUs";
export const every = () => 5000;

export async function load({ query }, signal) {
  const operator = query.get("operator");
  return (await get(`odd-pdus?limit=100${operator ? `&operator=${encodeURIComponent(operator)}` : ""}`, signal)).oddPdus;
}

export function draw(records) {
  return h("section", {}, table("Newest first; private octets are replaced", [
    ["When", (record) => clock(record.at), "whole"],
    ["Operator", (record) => record.operator],
    ["Command", (record) => record.command],
    ["What is odd", (record) => h("span", { class: "warn" }, record.oddity)],
    ["PDU", (record) => opens({ "data-key": `${record.at}-${record.sequenceNumber}` }, record.summary,
      () => fieldByField(record))],
  ], records, "No PDU has broken the standard."));
}
