// Events as they come. Bounded: the oldest lines go.

import { follow } from "../api.js";
import { clock, h } from "../dom.js";

export const title = "Live";
export const every = 0;

const KEPT = 200;

export async function load() {
  return null;
}

const MASKED = new Set(["to", "from", "text", "data", "command"]);

function masked(key, value) {
  return MASKED.has(key) && typeof value === "string" ? `${"*".repeat(Math.max(0, Math.min(value.length, 20) - 2))}${value.slice(-2)}` : value;
}

export function draw(_, __, ___, signal) {
  const lines = h("tbody");
  const filter = h("input", { name: "filter", placeholder: "dlr, acme's id, REJECTED …", size: 30 });
  const hold = h("input", { type: "checkbox", name: "hold" });
  const told = h("p", { class: "quiet" }, "Waiting for events …");
  follow((event) => {
    const text = JSON.stringify(event, masked);
    if (hold.checked || !text.toLowerCase().includes(filter.value.toLowerCase())) return;
    told.textContent = "Newest first; numbers and texts are masked.";
    lines.prepend(h("tr", {}, h("td", {}, clock(event.publishedAt)), h("td", {}, event.type),
      h("td", {}, event.messageId ? h("a", { href: `#/messages/${event.messageId}` }, event.messageId.slice(0, 13)) : ""),
      h("td", { class: "mono" }, event.outcome ?? event.state ?? event.to ?? "", " ", h("span", { class: "quiet" }, text.slice(0, 240)))));
    while (lines.children.length > KEPT) lines.lastChild.remove();
  }, signal).then(() => { told.textContent = "The stream has ended: open the page again."; }, (error) => {
    if (!signal.aborted) told.textContent = `The stream cannot be read: ${error.message}`;
  });
  return h("section", {}, h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
    h("label", {}, "Only lines with", filter), h("label", {}, "Hold", hold)), told, h("table", {}, h("thead", {}, h("tr", {},
    ["When", "Event", "Message", "What"].map((name) => h("th", { scope: "col" }, name)))), lines));
}
