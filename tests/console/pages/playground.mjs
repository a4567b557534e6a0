// What would be done with a message, a PDU or one hook call; beside another version, with other settings, and as a fixture.

import { readFileSync } from "node:fs";

export default async (t) => {
  const field = (label) => t.main.getByLabel(label, { exact: false });
  const show = () => t.main.getByRole("button", { name: "Show what would be done" }).click();
  const kind = (name) => t.main.getByRole("link", { name, exact: true }).click();

  await t.open("#/playground");
  await t.look("playground-empty");
  await t.step("a message: decisions, parts and octets", async () => {
    await field("To, E.164").fill("+48600123456");
    await t.main.locator("[name=text]").fill("Zażółć gęślą jaźń, and then more of it, until it is far too long for one short message of seventy characters.");
    await show();
    await t.sees("What comes of it submit", "UCS2, data_coding 8, 2 part(s) by CSMS", "encoding", "splitting", "acme 0.1.0");
    await t.sees("user data header", /concatenation: 8-bit reference \d+, part 1 of 2/, "data_coding", "UCS2", '"Zażółć gęślą');
    t.holds("the octets stand beside what is printable", (await t.section("What comes of it").locator("pre").first().innerText()).includes("0000  00 00"));
  });
  await t.look("playground-message");
  await t.step("the address is the input: who is given it sees the same", async () => {
    const address = t.page.url();
    t.holds(address, address.includes("48600123456"));
    await t.page.goto("about:blank");
    await t.page.goto(address);
    await t.sees("2 part(s) by CSMS");
    t.same("the text", (await t.main.locator("[name=text]").inputValue()).slice(0, 6), "Zażółć");
    t.same("what was sent", await t.ask("submits"), 0);
  });

  await t.open("#/playground?kind=pdu");
  await t.step("a PDU of the operator, beside the built-in behaviour", async () => {
    await field("PDU in hexadecimal").fill(t.facts.response);
    await field("Compare with").selectOption("built-in");
    await show();
    await t.sees("submit_sm_resp seq 7", "ESME_ROK: no error", "message_id", "What comes of it response", "Beside the built-in behaviour", "/key", '"6699"', '"1A2B"');
  });
  await t.look("playground-pdu");
  await t.step("a submit_sm: what the policy changes in it, and what goes out", async () => {
    await field("PDU in hexadecimal").fill(t.facts.submit);
    await field("Compare with").selectOption("");
    await show();
    await t.sees("submit_sm seq 9", "What comes of it sent", "It is sent as it is", '"48600123456"', "2 octets, the SMSC's default alphabet");
  });
  await t.look("playground-submit");
  await t.step("octets that are no PDU are refused with what to give", async () => {
    await field("PDU in hexadecimal").fill("zz");
    await show();
    await t.sees("the PDU is not in hexadecimal", "header included");
  }, { trouble: [/422/] });

  await t.step("one hook call, and it is saved as a fixture that the tools take", async () => {
    await kind("Fixture");
    await field("Fixture: one hook call").fill(JSON.stringify(t.facts.fixture));
    await show();
    await t.sees("What comes of it answer", '"6699"');
    const [download] = await Promise.all([
      t.page.waitForEvent("download"), t.main.getByRole("link", { name: "save as fixture" }).click()]);
    const saved = JSON.parse(readFileSync(await download.path(), "utf8"));
    t.same("the fixture", [saved.hook, saved.input, saved.expect], ["message-ids", t.facts.fixture.input, "6699"]);
    await t.ask("test this fixture", saved);
  });
  await t.step("what is no JSON says where it ends", async () => {
    await field("Fixture: one hook call").fill("{");
    await show();
    await t.sees("the fixture:", "JSON");
  });

  await t.step("an operator without a plugin, and settings that its behaviour has not", async () => {
    await kind("Message");
    await field("Operator").selectOption("globe");
    await field("To, E.164").fill("+48600123456");
    await t.main.locator("[name=text]").fill("Hello");
    await show();
    await t.sees("the built-in behaviour", "GSM7, data_coding 0, 1 part(s)");
    await t.main.getByText("With other settings").click();
    await field("JSON").fill("{}");
    await show();
    await t.sees("the built-in behaviour has no settings");
  }, { trouble: [/409/] });
};
