// What was asked and answered, filtered; no number, no text.

import { readFileSync } from "node:fs";

export default async (t) => {
  const choose = async (label, value) => {
    await t.main.getByLabel(label).selectOption(value);
    await t.until("the filter in the address", () => t.page.url().includes(`=${value}`));
  };
  const column = async (name) => [...new Set((await t.rows()).map((row) => row[name]))];

  await t.open("#/decisions");
  await t.step("both operators' decisions, masked", async () => {
    await t.sees("acme", "globe", "message-ids", "encoding", "acme 0.1.0", "built-in", "(receipt-text)", "command_status 0x00000000");
    await t.seesNot("48601234567", "1234567", "Baker");
  });
  await t.step("an answer opens, and stays open while the page is asked anew", async () => {
    await t.main.locator("tr", { hasText: "encoding" }).locator("summary").first().click();
    await t.sees('"question"', "gsm7");
    await t.page.waitForTimeout(3500);
    await t.sees('"question"');
    await t.seesNot("1234567", "Baker");
  });
  await t.look("decisions");
  await t.step("of one operator", async () => {
    await choose("Operator", "globe");
    await t.until("globe alone", async () => (await column("Operator")).join() === "globe");
  });
  await t.step("and of one hook", async () => {
    await choose("Hook", "submit-result");
    await t.until("submit-result alone", async () => (await column("Hook")).join() === "submit-result");
  });
  await t.step("their PDUs are saved for Wireshark", async () => {
    const [download] = await Promise.all([
      t.page.waitForEvent("download"), t.main.getByRole("button", { name: "PDUs for Wireshark" }).click()]);
    t.same("the name", download.suggestedFilename(), "capture.pcapng");
    const octets = readFileSync(await download.path());
    t.same("the first block", octets.readUInt32LE(0), 0x0a0d0d0a);
    t.holds(`PDUs are in it: ${octets.length} octets`, octets.length > 300);
  });
  await t.step("unmatched receipts are found by their outcome", async () => {
    await t.page.goto(`${t.url}/#/decisions?outcome=unmatched`);
    await t.until("unmatched alone", async () => (await column("Outcome")).join() === "unmatched");
  });
  await t.step("a time that is none is refused in words", async () => {
    await t.main.getByLabel("Since").fill("yesterday");
    await t.main.getByLabel("Since").press("Enter");
    await t.sees("yesterday");
  }, { trouble: [/400/] });
  await t.step("a call is asked anew in the playground", async () => {
    await t.page.goto(`${t.url}/#/decisions?operator=acme&hook=message-ids`);
    await t.main.locator("tr", { hasText: "message-ids" }).locator("summary").first().click();
    await t.main.getByRole("link", { name: "open in playground" }).first().click();
    await t.sees("What comes of it answer", "acme 0.1.0", "save as fixture");
    t.same("the hook", JSON.parse(await t.main.locator("[name=fixture]").inputValue()).hook, "message-ids");
  });
  await t.step("a decision leads to its message's story", async () => {
    await t.page.goto(`${t.url}/#/decisions?hook=encoding&operator=acme`);
    await t.main.locator("td[data-column=Message] a").first().click();
    await t.sees("Step by step", "ACCEPTED");
  });
};
