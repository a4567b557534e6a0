// The frame: which page is shown, when it is asked anew, and what went wrong.

import { Refusal } from "./api.js";
import { h } from "./dom.js";
import * as configuration from "./pages/configuration.js";
import * as decisions from "./pages/decisions.js";
import * as live from "./pages/live.js";
import * as messages from "./pages/messages.js";
import * as odd from "./pages/odd.js";
import * as overview from "./pages/overview.js";
import * as playground from "./pages/playground.js";
import * as plugins from "./pages/plugins.js";
import * as reloads from "./pages/reloads.js";
import * as sessions from "./pages/sessions.js";

// In the order of their keys, 1 to 9 and 0. A page gives `title`, `load(params, signal)`, `draw(data, params, again, signal)`, and
// `every(data)`: milliseconds until it is asked anew, 0 where it lives by itself or is over.
const PAGES = { "": overview, sessions, messages, plugins, playground, decisions, live, reloads, odd, configuration };

const page = document.getElementById("page");
const status = document.getElementById("status");
const asOf = document.getElementById("as-of");
let current = null;

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  return { name, rest: rest.map(decodeURIComponent), query: new URLSearchParams(query ?? "") };
}

function navigation(active) {
  const links = Object.entries(PAGES).map(([name, { title }], index) =>
    h("a", { href: `#/${name}`, "aria-current": name === active ? "page" : null }, title, " ", h("kbd", {}, (index + 1) % 10)));
  document.getElementById("nav").replaceChildren(...links);
}

/** Shows the page of the address, and keeps it fresh until another one is shown. */
async function show() {
  current?.abort();
  const shown = new AbortController();
  current = shown;
  asOf.textContent = "";
  const params = route();
  const view = PAGES[params.name] ?? overview;
  navigation(params.name);
  document.title = `${view.title} · smpp-connector`;
  page.replaceChildren(h("p", { class: "quiet" }, "…"));
  let last = null;
  const once = async () => {
    try {
      const data = await view.load(params, shown.signal);
      last = data;
      if (shown.signal.aborted) return;
      status.textContent = "";
      if (asOf.textContent && held()) {
        asOf.textContent = asOf.textContent.replace(/( · .*)?$/, " · held while you are at it");
        return;
      }
      redraw(() => view.draw(data, params, once, shown.signal));
      asOf.textContent = `as of ${new Date().toLocaleTimeString("en-GB")}`;
    } catch (error) {
      if (!shown.signal.aborted) tell(error);
    }
  };
  while (!shown.signal.aborted) {
    await once();
    const every = view.every(last);
    if (!every) return;
    await pause(every, shown.signal);
  }
}

/** Whether somebody is at it: typing, choosing, pressing, marking text to copy, answering a question. Then the page stays as it is. */
let pressed = false;
addEventListener("pointerdown", () => { pressed = true; });
for (const over of ["pointerup", "pointercancel", "blur"]) addEventListener(over, () => { pressed = false; });
function held() {
  const marks = getSelection();
  return pressed || document.querySelector("dialog[open]") || document.activeElement.matches("#page :is(input, select, textarea)")
    || (!marks.isCollapsed && page.contains(marks.anchorNode));
}

/** Draws anew; what was opened stays open, and the keyboard stays where it was. */
function redraw(draw) {
  const opened = new Set([...page.querySelectorAll("details[open]")].map((details) => details.dataset.key));
  const place = placeOf(document.activeElement);
  page.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  for (const details of page.querySelectorAll("details")) {
    details.open ||= opened.has(details.dataset.key);
    // What is made when it is opened is made now, or the page would jump.
    if (details.open) details.dispatchEvent(new Event("toggle"));
  }
  place?.reduce((element, index) => element?.children[index], page)?.focus({ preventScroll: true });
}

/** The way from the page to an element in it, by numbers; null for others. */
function placeOf(element) {
  const way = [];
  for (; element !== page; element = element.parentElement) {
    if (!element?.parentElement) return null;
    way.unshift([...element.parentElement.children].indexOf(element));
  }
  return way.length > 0 ? way : null;
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
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
  });
}

addEventListener("hashchange", () => { show(); page.focus(); });
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const name = /^[0-9]$/.test(event.key) ? Object.keys(PAGES)[(Number(event.key) + 9) % 10] : undefined;
  if (name !== undefined) location.hash = `#/${name}`;
  if (event.key === "/") {
    page.querySelector("input")?.focus();
    event.preventDefault();
  }
});
show();
