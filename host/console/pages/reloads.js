// What became of each plugin file, settings change, deploy and rollback.

import { get } from "../api.js";
import { ago, badge, digest, h, table } from "../dom.js";

export const title = "Reloads";
export const every = () => 3000;

export async function load(_, signal) {
  return (await get("reloads", signal)).reloads;
}

export function draw(reloads) {
  return h("section", {}, table("Newest first, since the start of this host", [
    ["When", (reload) => ago(reload.at), "whole"],
    ["Operator", (reload) => h("a", { href: `#/plugins/${reload.operator}` }, reload.operator)],
    ["By", (reload) => reload.who],
    ["From", (reload) => digest(reload.from)],
    ["To", (reload) => digest(reload.to)],
    ["Verdict", (reload) => badge(reload.verdict, reload.verdict === "active" ? "good" : reload.verdict === "refused" ? "bad" : "warn")],
    ["Why", (reload) => reload.reason ?? ""],
    ["Took", (reload) => Object.entries(reload.stages ?? {}).filter(([, ms]) => ms > 0)
      .map(([stage, ms]) => `${stage.replace(/Ms$/, "")} ${ms} ms`).join(", ")],
  ], reloads, "Nothing was loaded since the start."));
}
