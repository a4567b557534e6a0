// A page that is left open with traffic: neither its elements nor its memory grow. Time runs faster than it does: the pages' timers
// are called as soon as they are set.

/** Refreshes between two looks, and what a second look may have more than the first. */
const REFRESHES = 50;
const SLACK = 1.25;
/** A look may fall into a draw, when the page before is there as well. What leaks once a refresh would be far beyond. */
const TWO_PAGES = 2;
/** Octets of the heap that come and go whatever is kept. */
const BREATH = 1_000_000;

export default async (t) => {
  await t.step("time runs faster for the pages", async () => {
    await t.page.addInitScript(() => {
      const [wait, repeat] = [globalThis.setTimeout, globalThis.setInterval];
      globalThis.setTimeout = (deed, ms) => wait(deed, Math.min(ms, 20));
      globalThis.setInterval = (deed, ms) => repeat(deed, Math.min(ms, 20));
      globalThis.drawn = 0;
      addEventListener("DOMContentLoaded", () => {
        new MutationObserver(() => { globalThis.drawn += 1; }).observe(document.getElementById("page"), { childList: true, subtree: true });
      });
    });
  });
  for (const [address, what] of [["", "the overview"], ["#/sessions", "sessions"], ["#/decisions", "decisions"], ["#/live", "live"]]) {
    await t.open(address);
    await t.step(`${what} does not grow`, async () => {
      await drawn(t, REFRESHES);
      const first = await size(t);
      await drawn(t, REFRESHES);
      const second = await size(t);
      await drawn(t, REFRESHES);
      const third = await size(t);
      const told = JSON.stringify({ first, second, third });
      t.holds(`elements: ${told}`, third.elements <= Math.max(first.elements, second.elements) * TWO_PAGES);
      t.holds(`octets of the heap: ${told}`, third.heap <= Math.max(first.heap, second.heap) * SLACK + BREATH);
      t.holds(`listeners: ${told}`, third.listeners <= Math.max(first.listeners, second.listeners) * TWO_PAGES);
    });
  }
};

async function drawn(t, times) {
  const from = await t.page.evaluate(() => globalThis.drawn);
  await t.until(`${times} refreshes`, async () => (await t.page.evaluate(() => globalThis.drawn)) >= from + times);
}

async function size(t) {
  const session = await t.context.newCDPSession(t.page);
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.enable").then(() => session.send("Performance.getMetrics"));
  await session.detach();
  const metric = (name) => metrics.find((one) => one.name === name).value;
  return { elements: metric("Nodes"), heap: metric("JSHeapUsedSize"), listeners: metric("JSEventListeners") };
}
