// What is in force, where it comes from, and what it would be by default. Secrets are told by where they come from.

import { get } from "../api.js";
import { badge, h, table } from "../dom.js";

export const title = "Configuration";
export const every = () => 5000;

export async function load(_, signal) {
  return get("config", signal);
}

export function draw({ files, problems }, { query }) {
  const words = (query.get("find") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const changed = query.get("show") !== "all";
  const fits = (setting) => (!changed || setting.origin !== "default")
    && words.every((word) => `${setting.key} ${setting.value ?? ""} ${setting.about ?? ""}`.toLowerCase().includes(word));
  const filters = h("form", { class: "filters", onsubmit: (event) => {
    event.preventDefault();
    const wanted = new URLSearchParams([...new FormData(event.target)].filter(([, value]) => value));
    document.activeElement?.blur();
    location.hash = `#/configuration?${wanted}`;
  } },
    h("label", {}, "Find", h("input", { name: "find", size: 24, value: query.get("find") ?? "", placeholder: "window" })),
    h("label", {}, "Show", h("select", { name: "show", onchange: (event) => event.target.form.requestSubmit() },
      h("option", { value: "changed", selected: changed }, "what the files say"),
      h("option", { value: "all", selected: !changed }, "defaults too"))),
    h("button", {}, "Show"));
  return [
    problems.length > 0 ? h("section", {}, h("h2", { class: "bad" }, "The files on disk are not in force"),
      h("ul", {}, problems.map((problem) => h("li", {}, h("code", {}, `${problem.file}: ${problem.key}`), `${problem.value ? ` = ${problem.value}` : ""}: ${problem.message}`)))) : null,
    h("section", {}, filters),
    files.map((file) => h("section", {}, h("h2", {}, file.operator ?? "This host"), table(file.file ?? "There is no smpp-connector.toml: the defaults apply", [
      ["Key", (setting) => h("code", {}, setting.key), "whole"],
      ["Value", (setting) => setting.value === null ? badge("secret, set") : h("code", { class: setting.origin === "default" ? "quiet" : null }, setting.value)],
      ["From", (setting) => from(setting.origin)],
      ["Default", (setting) => setting.default === null ? "" : h("span", { class: "quiet" }, plain(setting.default))],
      ["Means", (setting) => setting.about === null ? "" : h("span", { class: "quiet" }, plain(setting.about))],
    ], file.settings.filter(fits), changed ? "Nothing but defaults that fits." : "Nothing fits."))),
  ];
}

function from(origin) {
  if (origin.env) return `environment variable ${origin.env}`;
  if (origin["secret-file"]) return `file ${origin["secret-file"]}`;
  return origin === "default" ? h("span", { class: "quiet" }, "default") : origin;
}

/** Markdown's quotes and links, as text. */
function plain(text) {
  return text.replaceAll("`", "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
}
