// The frame: which page is shown, when it is asked anew, and what went wrong.

import { Refusal } from "./api.js";
import { h } from "./dom.js";
import * as decisions from "./pages/decisions.js";
import * as live from "./pages/live.js";
import * as messages from "./pages/messages.js";
import * as odd from "./pages/odd.js";
import * as overview from "./pages/overview.js";
import * as playground from "./pages/playground.js";
import * as plugins from "./pages/plugins.js";
import * as reloads from "./pages/reloads.js";
import * as sessions from "./pages/sessions.js";

// In the order of their keys, 1 to 9. A page gives `title`, `load(params, signal)` and `draw(data, params, again)`, and where it
// lives by itself `every: 0`.
const PAGES = { "": overview, sessions, messages, plugins, playground, decisions, live, reloads, odd };

const page = document.getElementById("page");
const status = document.getElementById("status");
let current = null;

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  return { name, rest: rest.map(decodeURIComponent), query: new URLSearchParams(query ?? "") };
}

function navigation(active) {
  const links = Object.entries(PAGES).map(([name, { title }], index) =>
    h("a", { href: `#/${name}`, "aria-current": name === active ? "page" : null }, title, " ", h("kbd", {}, index + 1)));
  document.getElementById("nav").replaceChildren(...links);
}

/** Shows the page of the address, and keeps it fresh until another one is shown. */
async function show() {
  current?.abort();
  const shown = new AbortController();
  current = shown;
  const params = route();
  const view = PAGES[params.name] ?? overview;
  navigation(params.name);
  document.title = `${view.title} · smpp-connector`;
  page.replaceChildren(h("p", { class: "quiet" }, "…"));
  while (!shown.signal.aborted) {
    await once(view, params, shown);
    if (!view.every) return;
    await pause(view.every, shown.signal);
  }
}

async function once(view, params, shown) {
  try {
    const data = await view.load(params, shown.signal);
    if (shown.signal.aborted) return;
    // What somebody is typing in, or has opened, stays.
    if (!page.contains(document.activeElement) || !document.activeElement.matches("input, select, textarea")) {
      const opened = new Set([...page.querySelectorAll("details[open]")].map((details) => details.dataset.key));
      page.replaceChildren(...[view.draw(data, params, show, shown.signal)].flat(Infinity));
      for (const details of page.querySelectorAll("details")) details.open ||= opened.has(details.dataset.key);
    }
    status.className = "quiet";
    status.textContent = `as of ${new Date().toLocaleTimeString("en-GB")}`;
  } catch (error) {
    if (!shown.signal.aborted) tell(error);
  }
}

function tell(error) {
  status.className = "bad";
  status.textContent = error instanceof Refusal ? error.message : "the gateway cannot be reached";
  const details = error instanceof Refusal ? error.details : [String(error)];
  if (!page.querySelector("section, .tiles")) {
    page.replaceChildren(h("section", {}, h("h2", {}, status.textContent), details.map((line) => h("p", {}, line))));
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

addEventListener("hashchange", () => { show(); page.focus(); });
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const name = Object.keys(PAGES)[Number(event.key) - 1];
  if (name !== undefined) location.hash = `#/${name}`;
  if (event.key === "/") {
    page.querySelector("input")?.focus();
    event.preventDefault();
  }
});
show();
