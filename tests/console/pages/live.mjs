// Events and decisions as they come: filters, pause, and no more lines than are kept.

const KEPT = 200;

export default async (t) => {
  const lines = () => t.main.locator("table.log > tbody > tr").count();
  const kinds = async () => [...new Set((await t.rows()).map((row) => row.Kind))].sort();

  await t.open("#/live");
  let ids;
  await t.step("a message is followed from its submit to its receipt", async () => {
    await t.sees("Newest first", "Nothing has come yet that fits");
    await t.page.waitForTimeout(1500);
    ids = await t.ask("one message to each");
    await t.sees("submit", "dlr", "decision", "ACCEPTED", "DELIVERED", "REJECTED", "ESME_RINVDSTADR", ids[0].slice(-12));
    await t.seesNot("48601234567", "1234567", "Once upon");
  });
  await t.step("a line opens to the whole event, masked", async () => {
    await t.main.locator("tr", { hasText: "DELIVERED" }).filter({ hasText: "dlr" }).locator("summary").first().click();
    await t.sees('"operatorMessageId"');
    await t.seesNot("48601234567", "1234567");
  });
  await t.look("live");
  await t.step("only one kind", async () => {
    await t.main.getByLabel("Kind").selectOption("dlr");
    await t.ask("traffic");
    await t.until("receipts alone", async () => (await kinds()).join() === "dlr");
  });
  await t.step("PDUs where they are asked for, in words and octets", async () => {
    await t.main.getByLabel("Kind").selectOption("pdu");
    await t.sees("→ bind 1.1: submit_sm", "← bind 1.1: submit_sm_resp");
    t.same("the kinds", await kinds(), ["pdu"]);
    await t.ask("no traffic");
    await t.main.locator("summary").first().click();
    await t.sees("Field by field", "sequence_number");
    await t.look("live-pdu");
    await t.ask("traffic");
    await t.seesNot("48601234567", "1234567");
    await t.main.getByLabel("Kind").selectOption("dlr");
  });
  await t.step("only one operator", async () => {
    await t.main.getByLabel("Operator").selectOption("globe");
    await t.until("globe alone", async () => [...new Set((await t.rows()).map((row) => row.Operator))].join() === "globe");
  });
  await t.step("only lines with a text", async () => {
    await t.main.getByLabel("Kind").selectOption("");
    await t.main.getByLabel("Operator").selectOption("");
    await t.main.getByLabel("Only lines with").fill("no such thing");
    await t.page.waitForTimeout(1500);
    t.same("lines", await lines(), 0);
    await t.main.getByLabel("Only lines with").fill("delivered");
    await t.until("receipts alone", async () => (await kinds()).includes("dlr"));
    await t.main.getByLabel("Only lines with").fill("");
  });
  await t.step("pause stops the lines, and go on goes on", async () => {
    await t.main.getByRole("button", { name: "Pause" }).click();
    await t.page.waitForTimeout(900);
    const before = await t.main.locator("table.log > tbody").innerText();
    await t.page.waitForTimeout(1500);
    t.same("the lines while paused", await t.main.locator("table.log > tbody").innerText(), before);
    await t.sees("passed by");
    await t.main.getByRole("button", { name: "Go on" }).click();
    await t.until("other lines", async () => (await t.main.locator("table.log > tbody").innerText()) !== before);
  });
  await t.step("a flood leaves no more lines than are kept", async () => {
    await t.ask("no traffic");
    await t.ask("a flood");
    await t.until("as many lines as are kept", async () => (await lines()) === KEPT);
    await t.page.waitForTimeout(2000);
    t.same("lines", await lines(), KEPT);
  });
  await t.look("live-full");
  await t.step("a line leads to its message's story", async () => {
    await t.main.locator("tbody a").first().click();
    await t.sees("Step by step");
  });
};
