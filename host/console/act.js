// Things that change something: asked about first, and told about afterwards.

import { file, post, Refusal } from "./api.js";
import { h } from "./dom.js";

/** A button that posts to `path` after the question. */
export function action(label, path, question, again) {
  return h("button", { type: "button", onclick: async () => {
    if (!(await sure(label, question))) return;
    await attempt(() => post(path));
    again();
  } }, label);
}

/** A button that saves what the gateway gives at `path` as a file of this name. */
export function saves(label, path, name) {
  return h("button", { type: "button", onclick: () => attempt(async () => {
    const href = URL.createObjectURL(await file(path));
    h("a", { href, download: name }).click();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }) }, label);
}

async function attempt(deed) {
  try {
    await deed();
  } catch (error) {
    await sure("That did not work", error instanceof Refusal ? [error.message, ...error.details].join(": ") : String(error));
  }
}

function sure(title, text) {
  const dialog = document.getElementById("sure");
  document.getElementById("sure-title").textContent = title;
  document.getElementById("sure-text").textContent = text;
  dialog.returnValue = "no";
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
