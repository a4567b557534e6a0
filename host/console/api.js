// The gateway's API. The same endpoints as the command line and everybody else; nothing here is the console's alone.

const KEY = "smpp-connector-token";

/** An answer that is no success, with what the gateway says about it. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.error ?? `the gateway answered ${status}`);
    this.status = status;
    this.details = body?.details ?? [];
  }
}

function headers() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Asks for the token until it is given; one question at a time. */
let asking = null;
export function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("token");
    document.getElementById("token-wrong").hidden = !sessionStorage.getItem(KEY);
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(KEY, new FormData(dialog.querySelector("form")).get("token") ?? "");
      dialog.querySelector("form").reset();
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

async function call(method, path, signal, body) {
  for (;;) {
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(path, { method, headers: { ...headers(), ...type }, body: sent, signal, cache: "no-store" });
    if (answer.status === 401) {
      await askForToken();
      continue;
    }
    return answer;
  }
}

async function read(answer) {
  const text = await answer.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new Refusal(answer.status, { error: "the answer is no JSON", details: [text.slice(0, 200)] });
  }
  if (!answer.ok) throw new Refusal(answer.status, body);
  return body;
}

export async function get(path, signal) {
  return read(await call("GET", `api/v1/${path}`, signal));
}

export async function post(path, body) {
  return read(await call("POST", `api/v1/${path}`, undefined, body));
}

/** An answer that is a file. */
export async function file(path) {
  const answer = await call("GET", `api/v1/${path}`);
  if (!answer.ok) await read(answer);
  return answer.blob();
}

/** Whether the gateway is ready; it says so with 503 too. */
export async function readiness(signal) {
  return (await call("GET", "readyz", signal)).json();
}

/** Samples of the metrics page: [{ name, labels, value }]. */
export async function metrics(signal) {
  const text = await (await call("GET", "metrics", signal)).text();
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z0-9_:]+)(?:\{(.*)\})? ([^ ]+)/.exec(line);
    if (!match || line.startsWith("#")) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

/**
 * Follows the events from now on until the signal: `take(line)` for each, as JSON, and `tell(connected)` when that changes. A stream
 * that ends is taken up where it ended, and one that cannot be is tried again.
 */
export async function follow(take, tell, signal) {
  let last = null;
  while (!signal.aborted) {
    try {
      last ??= await newest(signal);
      const answer = await call("GET", `api/v1/events?after=${last}`, signal);
      if (!answer.ok) await read(answer);
      // Another log than before counts anew.
      if (Number(answer.headers.get("x-newest-event")) < last) last = null;
      else {
        tell(true);
        await lines(answer.body, (line) => {
          if (line.startsWith("id:")) last = Number(line.slice(3));
          if (line.startsWith("data:")) take(line.slice(5));
        });
      }
    } catch (error) {
      if (signal.aborted) return;
      tell(false, error);
    }
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
  }
}

async function newest(signal) {
  const answer = await call("GET", "api/v1/events?after=9223372036854775807", signal);
  if (!answer.ok) await read(answer);
  await answer.body.cancel();
  return Number(answer.headers.get("x-newest-event") ?? 0);
}

async function lines(body, take) {
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await chunks.read();
    if (done) return;
    const whole = (rest + value).split("\n");
    rest = whole.pop();
    whole.forEach(take);
  }
}
