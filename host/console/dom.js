// Elements from values. Nothing is ever parsed as HTML: what operators send is shown as text.

/** h("p", { class: "quiet" }, "text", child): an element; attributes that are false or null are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A table; a column is [title, cell(row), class]. On a narrow screen each row is a card of its own (style.css), for which each
 * cell knows its column's title, and the roles say what it still is.
 */
export function table(caption, columns, rows, empty) {
  if (rows.length === 0) return h("p", { class: "quiet" }, empty);
  const heads = columns.map(([title, , kind]) => h("th", { scope: "col", role: "columnheader", class: kind }, title));
  const cells = (row) => columns.map(([title, cell, kind]) =>
    h("td", { role: "cell", class: kind, "data-column": title || null }, h("div", {}, cell(row) ?? "")));
  return h("table", { role: "table" },
    h("caption", {}, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, cells(row)))));
}

export function badge(text, mood) {
  return h("span", { class: `badge ${mood ?? "quiet"}` }, text);
}

export function meter(value, most, unit = "") {
  const share = most > 0 ? Math.min(100, Math.round((100 * value) / most)) : 0;
  const bar = h("span");
  bar.style.width = `${share}%`;
  return h("span", { class: "meter", role: "meter", "aria-valuenow": value, "aria-valuemax": most,
    "aria-label": `${value} of ${most}${unit}` }, bar);
}

export function json(value) {
  return h("pre", {}, JSON.stringify(value, null, 2));
}

export function count(number) {
  return number === null || number === undefined ? "–" : new Intl.NumberFormat("en").format(number);
}

/** Who made a decision: a plugin is asked only for the hooks that it has, and that takes time. */
export function by({ policy, micros, fault }) {
  return policy && (micros > 0 || fault) ? `${policy.plugin} ${policy.version}` : "built-in";
}

export function digest(sha256) {
  return sha256 ? h("code", { title: sha256 }, sha256.slice(0, 12)) : "–";
}

/** How long ago, with the time itself beside the pointer. */
export function ago(time) {
  if (!time) return "–";
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return h("time", { datetime: time, title: time }, `${Math.floor(seconds / size)} ${unit} ago`);
}

export function clock(time) {
  return time ? h("time", { datetime: time, title: time }, new Date(time).toLocaleTimeString("en-GB")) : "–";
}

/** A duration in the unit that it is best read in; a dash for none. */
export function span(seconds) {
  if (!seconds) return "–";
  if (seconds >= 10) return `${Math.round(seconds)} s`;
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  return seconds >= 0.01 ? `${Math.round(seconds * 1000)} ms` : `${(seconds * 1000).toFixed(1)} ms`;
}

/** A rate in as many digits as one reads. */
export function rate(perSecond) {
  return perSecond >= 100 ? count(Math.round(perSecond)) : (perSecond ?? 0).toFixed(1);
}

/** A figure with its name, and its last minute where there is one. `tell` writes a value. */
export function tile(label, shown, values = [], tell = rate) {
  const most = Math.max(0, ...values);
  return h("div", { class: "tile" },
    h("span", { class: "quiet" }, label), h("strong", {}, shown),
    values.length > 1 ? [spark(values, `${label}, the last minute: at most ${tell(most)}`),
      h("small", { class: "quiet" }, `peak ${tell(most)}, last minute`)] : null);
}

/** A line of the last values, from zero up. */
export function spark(values, label) {
  const most = 1.1 * Math.max(...values) || 1;
  const step = values.length > 1 ? 100 / (values.length - 1) : 100;
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(30 - (29 * value) / most).toFixed(1)}`);
  const space = "http://www.w3.org/2000/svg";
  const part = (name, attributes) => {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = part("svg", { viewBox: "0 0 100 31", preserveAspectRatio: "none", role: "img", "aria-label": label, class: "spark" });
  svg.append(part("polygon", { points: `0,30 ${points.join(" ")} 100,30` }), part("polyline", { points: points.join(" ") }));
  return svg;
}

/** Details that are made when they are opened: of many, few are. */
export function opens(attributes, summary, fill) {
  const details = h("details", { ...attributes, ontoggle: () => { if (details.children.length < 2) details.append(fill()); } },
    h("summary", {}, summary));
  return details;
}

/** A PDU field by field beside its octets, as far as it can be told apart. */
export function fieldByField({ fields, fault, octets: hex }) {
  return h("div", { class: "pdu" },
    h("div", {}, table("Field by field", [
      ["Field", (field) => h("code", {}, field.name)],
      ["Value", (field) => h("code", {}, field.value)],
      ["Meaning", (field) => field.meaning],
    ], fields, "No field can be read."), fault ? h("p", { class: "bad" }, fault) : null),
    hex ? h("pre", {}, octets(hex)) : null);
}

/** Sixteen octets a line, with what is printable beside them. */
export function octets(hex) {
  const lines = [];
  for (let at = 0; at < hex.length; at += 32) {
    const pairs = hex.slice(at, at + 32).match(/../g);
    const plain = pairs.map((pair) => { const code = parseInt(pair, 16); return code > 31 && code < 127 ? String.fromCharCode(code) : "."; }).join("");
    lines.push(`${(at / 2).toString(16).padStart(4, "0")}  ${pairs.join(" ").padEnd(47)}  ${plain}`);
  }
  return lines.join("\n");
}
