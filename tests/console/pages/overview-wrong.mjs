// Something is wrong: it is said first, and each line leads to where more is told.

const leads = async (t, line, address, ...told) => {
  await t.step(`"${line}" leads to ${address}`, async () => {
    await t.page.goto(`${t.url}/#/`);
    await t.main.getByRole("link", { name: line }).click();
    await t.until("the page of the link", () => t.page.url().includes(address));
    await t.sees(...told);
  });
};

export default async (t) => {
  await t.open("");
  await t.step("a plugin file that is no plugin is told", async () => {
    await t.sees("To be looked at", "acme: the newest plugin was refused");
  });
  await t.step("an operator that is away is told", async () => {
    await t.ask("globe goes away");
    await t.sees(/globe: 1 of 1 binds are not up/);
  });
  await t.step("an operator that throttles is told, until it has room again", async () => {
    await t.ask("acme is full");
    await t.sees(/acme gets nothing until \d\d:\d\d:\d\d: ESME_RTHROTTLED/);
    await t.ask("acme has room");
    await t.seesNot("acme gets nothing");
  });
  await t.step("a file that is wrong is told", async () => {
    await t.ask("a wrong file");
    await t.sees("1 thing is wrong in the files: what runs is older than they are");
  });
  await t.step("submit_sm that nobody answers are told", async () => {
    await t.ask("acme is silent");
    await t.sees("acme leaves submit_sm without an answer");
    await t.ask("acme has room");
  });
  await t.step("receipts that match nothing are told", async () => {
    await t.ask("receipts for nobody");
    await t.sees("acme: receipts come that match no message");
  });
  await t.step("the worst stands first", async () => {
    t.holds("globe's binds", (await t.main.locator(".trouble li").first().textContent()).startsWith("globe"));
  });
  await t.look("overview-wrong");
  await leads(t, /globe: 1 of 1 binds/, "#/sessions/globe", /CONNECTING|DISCONNECTED|UNBOUND/, "cannot be reached");
  await leads(t, /newest plugin was refused/, "#/plugins/acme", "refused", "On disk");
  await leads(t, /wrong in the files/, "#/configuration", "The files on disk are not in force", "colour");
  await t.ask("receipts for nobody");
  await leads(t, /match no message/, "#/decisions?operator=acme&outcome=unmatched", "unmatched", "message-ids");
};
