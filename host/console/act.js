// Things that change something: asked about first, and told about afterwards.

import { post, Refusal } from "./api.js";
import { h } from "./dom.js";

/** A button that posts to `path` after the question. */
export function action(label, path, question, again) {
  return h("button", { type: "button", onclick: async () => {
    if (!(await sure(label, question))) return;
    try {
      await post(path);
    } catch (error) {
      await sure("That did not work", error instanceof Refusal ? [error.message, ...error.details].join(": ") : String(error));
    }
    again();
  } }, label);
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
