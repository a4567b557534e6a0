// What the steps of a page have in hand.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** How long the page may take to show something, on a machine that builds meanwhile. */
const PATIENCE = 40_000;
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

/** A step that was not as it should be, in words. */
class Unmet extends Error {}

export class Play {
  static async begin(given) {
    const libraries = createRequire(join(given.libraries, "package.json"));
    const play = new Play();
    Object.assign(play, given, { axe: readFileSync(libraries.resolve("axe-core/axe.min.js"), "utf8"), troubles: [], now: "it begins" });
    mkdirSync(given.looks, { recursive: true });
    play.browser = await libraries("playwright-core").chromium.launch({
      executablePath: given.chromium,
      // Chromium's own sandbox is not for root, and containers give little /dev/shm. `gc` for what is said of memory.
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc", "--enable-precise-memory-info"],
    });
    await play.fresh();
    return play;
  }

  /** A new tab without a past. */
  async fresh(options = {}) {
    await this.context?.close();
    this.context = await this.browser.newContext({ viewport: DESKTOP, colorScheme: "light", reducedMotion: "reduce", ...options });
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(PATIENCE);
    this.main = this.page.locator("main");
    if (process.env.CONSOLE_FILES) await this.page.route("**/console/**", (route) => fromDisk(route, process.env.CONSOLE_FILES));
    this.page.on("console", (message) => {
      if (message.type() === "error") this.troubles.push(`console: ${message.text()} (${message.location().url})`);
    });
    this.page.on("pageerror", (error) => this.troubles.push(`page: ${error.name}: ${error.message}\n${error.stack}`));
    this.page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      // The page itself has given it up, as it does with each turn.
      if (why !== "net::ERR_ABORTED") this.troubles.push(`request: ${request.method()} ${request.url()}: ${why}`);
    });
    this.page.on("response", (response) => {
      if (response.status() >= 400) this.troubles.push(`answer: ${response.status()} to ${response.request().method()} ${response.url()}`);
    });
  }

  /** One step in words. `trouble`: patterns of what the browser may complain of meanwhile. */
  async step(words, deed, { trouble = [] } = {}) {
    this.now = words;
    this.tell({ step: words });
    const announced = (line) => trouble.some((pattern) => pattern.test(line));
    await deed();
    const unannounced = this.troubles.splice(0).filter((line) => !announced(line));
    if (unannounced.length > 0) throw new Unmet(`the browser complains:\n${unannounced.join("\n")}`);
  }

  /** Goes to an address of the console, by its link or by the address bar. */
  async open(address, options) {
    await this.step(`opens ${address || "/"}`, async () => {
      await this.page.goto(`${this.url}/${address}`);
      await this.settled();
    }, options);
  }

  /** Waits until the page has drawn what it was asked for. */
  async settled() {
    await this.until("the page to be drawn", async () => {
      const text = await this.main.innerText({ timeout: PATIENCE });
      return !["", "…"].includes(text.trim());
    });
  }

  /** Waits until the page's text has all of these: texts, or patterns. */
  async sees(...wanted) {
    await this.until(`to see ${wanted.join(", ")}`, async () => {
      const text = await this.text();
      const missing = wanted.filter((one) => (one instanceof RegExp ? !one.test(text) : !text.includes(one)));
      return missing.length === 0 || `${missing.join(", ")} is not there`;
    });
  }

  async seesNot(...unwanted) {
    await this.until(`no ${unwanted.join(", ")}`, async () => {
      const text = await this.text();
      const there = unwanted.filter((one) => (one instanceof RegExp ? one.test(text) : text.includes(one)));
      return there.length === 0 || `${there.join(", ")} is there`;
    });
  }

  /** Waits until `met` returns true; what else it returns says what is amiss. */
  async until(what, met) {
    const began = Date.now();
    for (;;) {
      const told = await met();
      if (told === true) return;
      const broken = this.troubles.find((line) => line.startsWith("page:"));
      if (broken) throw new Unmet(`waited for ${what}, but ${broken}`);
      if (Date.now() - began > PATIENCE) throw new Unmet(`waited for ${what}: ${told === false ? "not so" : told}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** What must hold at once. */
  holds(what, is) {
    if (!is) throw new Unmet(what);
  }

  same(what, is, should) {
    const [one, other] = [JSON.stringify(is), JSON.stringify(should)];
    if (one !== other) throw new Unmet(`${what}: it is ${one}, not ${other}`);
  }

  /** The text of the page as it can be seen. */
  async text() {
    return this.page.locator("body").innerText();
  }

  /** The cells of the first table whose caption or heading says so: a list of { column: text }. */
  async rows(within = this.main) {
    return within.locator("table").first().evaluate((table) => {
      const columns = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent);
      return [...table.tBodies[0].rows].map((row) =>
        Object.fromEntries([...row.children].map((cell, index) => [columns[index], cell.innerText])));
    });
  }

  /** The section under this heading. */
  section(heading) {
    return this.main.locator("section").filter({ has: this.page.getByRole("heading", { name: heading }) }).first();
  }

  /** Answers the question before a change: "Do it" or "Leave it". */
  async answer(word) {
    await this.page.locator("dialog#sure").getByRole("button", { name: word }).click();
  }

  /** Asks the story to do something; returns what it says. */
  async ask(order, more = null) {
    this.tell({ ask: order, more });
    return this.heard();
  }

  /** Keeps how it looks: light and dark, on a desktop and a phone; each held to the rules. */
  async look(name, options) {
    await this.step(`looks at ${name}, light and dark, on desktop and phone`, async () => {
      for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
        await this.page.setViewportSize(viewport);
        for (const colorScheme of ["light", "dark"]) {
          await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const file = join(this.looks, `${name}-${device}-${colorScheme}.png`);
          await this.page.screenshot({ path: file, fullPage: true });
          await this.readable(`${name}, ${device}, ${colorScheme}`);
        }
      }
      await this.page.setViewportSize(DESKTOP);
      await this.page.emulateMedia({ colorScheme: "light" });
    }, options);
  }

  async readable(where) {
    const sideways = await this.page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return null;
      const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > room + 1);
      return wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 160));
    });
    if (sideways) throw new Unmet(`${where}: the page scrolls sideways because of\n${sideways.join("\n")}`);
    await this.page.evaluate(this.axe);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    if (grave.length > 0) {
      const told = grave.map(({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `  ${node.html.slice(0, 200)}\n  ${node.failureSummary}`).join("\n")}`);
      throw new Unmet(`${where}: axe-core finds\n${told.join("\n")}`);
    }
  }

  /** What went wrong, for whoever reads the test's output. */
  async account(error) {
    const screenshot = join(this.looks, `failed-${this.name}.png`);
    const shot = await this.page.screenshot({ path: screenshot }).then(() => screenshot, () => null);
    return {
      step: this.now,
      error: error instanceof Unmet ? error.message : String(error.stack ?? error),
      address: this.page.url(),
      text: (await this.text().catch(() => "")).slice(0, 3000),
      complaints: this.troubles,
      screenshot: shot,
    };
  }

  async end() {
    await this.browser.close();
  }
}

/** The console's files from a folder, under the headers that the gateway gives them. */
async function fromDisk(route, folder) {
  const kinds = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  const file = decodeURIComponent(new URL(route.request().url()).pathname).replace(/^\/console\//, "");
  const answer = await route.fetch().catch(() => null);
  if (!answer) return route.abort("connectionrefused");
  return route.fulfill({ response: answer, status: 200, contentType: kinds[file.split(".").at(-1)], path: join(folder, file) });
}
