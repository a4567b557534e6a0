// Figures of the last minute, from the counters of the metrics page. Of a page of them only what is drawn is kept, so the memory
// that this takes depends on the number of operators alone.

import { metrics } from "./api.js";

/** Samples that are kept, and for how long at most. */
const KEPT = 31;
const TOO_OLD_MS = 120_000;

/** What is kept of a sample, by its name here: the family, and the results that count where it has some. */
const FIGURES = {
  accepted: ["smpp_connector_parts_total", ["accepted"]],
  refused: ["smpp_connector_parts_total", ["refused", "throttled"]],
  receipts: ["smpp_connector_inbound_total", ["receipt", "by_number"]],
  unmatched: ["smpp_connector_inbound_total", ["unmatched"]],
  unanswered: ["smpp_connector_parts_total", ["unanswered"]],
  left: ["smpp_connector_inbound_total", ["refused"]],
  problems: ["smpp_connector_configuration_problems"],
  messages: ["smpp_connector_messages_total", ["accepted"]],
  rejected: ["smpp_connector_messages_total", ["rejected"]],
  inFlight: ["smpp_connector_in_flight_messages"],
  queued: ["smpp_connector_queued_commands"],
  oldest: ["smpp_connector_oldest_command_seconds"],
  allowed: ["smpp_connector_tps_rate"],
  bindsUp: ["smpp_connector_binds_up"],
  window: ["smpp_connector_bind_window"],
  waiting: ["smpp_connector_bind_in_flight"],
};
const RESPONSES = "smpp_connector_response_seconds_bucket";

const past = [];

/** Takes a sample. */
export async function look(signal) {
  const samples = await metrics(signal);
  const at = performance.now();
  past.push({ at, sums: sums(samples), buckets: buckets(samples) });
  while (past.length > KEPT || at - past[0].at > TOO_OLD_MS) past.shift();
}

/** By figure, then by operator. */
function sums(samples) {
  return Object.fromEntries(Object.entries(FIGURES).map(([figure, [family, results]]) => {
    const byOperator = new Map();
    for (const { name, labels, value } of samples) {
      if (name !== family || (results && !results.includes(labels.result))) continue;
      byOperator.set(labels.operator, (byOperator.get(labels.operator) ?? 0) + value);
    }
    return [figure, byOperator];
  }));
}

/** How long answers took, by operator: [[seconds, count up to that], …]. */
function buckets(samples) {
  const byOperator = new Map();
  for (const { name, labels, value } of samples) {
    if (name !== RESPONSES) continue;
    const bounds = byOperator.get(labels.operator) ?? [];
    bounds.push([labels.le === "+Inf" ? Infinity : Number(labels.le), value]);
    byOperator.set(labels.operator, bounds);
  }
  return byOperator;
}

function sum(sample, figure, operator) {
  const byOperator = sample.sums[figure];
  return operator ? byOperator.get(operator) ?? 0 : [...byOperator.values()].reduce((all, one) => all + one, 0);
}

/** A figure now, of one operator or of all. */
export function now(figure, operator) {
  return past.length > 0 ? sum(past.at(-1), figure, operator) : 0;
}

/** A figure over the last minute. */
export function line(figure, operator) {
  return past.map((sample) => sum(sample, figure, operator));
}

/** A counter's growth a second, between each two samples. A gateway that was restarted counts from 0 again. */
export function rates(figure, operator) {
  return between((before, after, seconds) => Math.max(0, sum(after, figure, operator) - sum(before, figure, operator)) / seconds);
}

function between(tell) {
  return past.slice(1).map((after, index) => tell(past[index], after, (after.at - past[index].at) / 1000));
}

/** Seconds within which the share `q` of the last minute's answers came; null without answers. */
export function response(q, operator) {
  return past.length < 2 ? null : quantile(past[0], past.at(-1), q, operator);
}

/** The same between each two samples; 0 without answers. */
export function responses(q, operator) {
  return between((before, after) => quantile(before, after, q, operator) ?? 0);
}

function quantile(before, after, q, operator) {
  const grown = new Map();
  for (const [name, bounds] of after.buckets) {
    if (operator && name !== operator) continue;
    const old = new Map(before.buckets.get(name));
    for (const [bound, count] of bounds) grown.set(bound, (grown.get(bound) ?? 0) + Math.max(0, count - (old.get(bound) ?? 0)));
  }
  const bounds = [...grown].sort(([one], [other]) => one - other);
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  let [from, below] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= q * all) return bound === Infinity ? from : from + (bound - from) * ((q * all - below) / Math.max(1, count - below));
    [from, below] = [bound, count];
  }
  return from;
}
