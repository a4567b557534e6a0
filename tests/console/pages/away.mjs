// The gateway goes away under an open page, and comes back.

const AWAY = { trouble: [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|Failed to load resource/] };

export default async (t) => {
  await t.open("");
  await t.sees("Nothing is wrong");
  await t.step("says that the gateway cannot be reached, and since when the figures are", async () => {
    await t.ask("the gateway goes away");
    await t.sees("the gateway cannot be reached", "as of");
  }, AWAY);
  await t.look("away", AWAY);
  await t.step("goes on by itself when the gateway is back", async () => {
    await t.ask("the gateway comes back");
    await t.seesNot("the gateway cannot be reached");
    await t.sees("Nothing is wrong");
  }, AWAY);
  await t.open("#/live");
  await t.step("the live page says that nothing comes, and tries again", async () => {
    await t.sees("Newest first");
    await t.ask("the gateway goes away");
    await t.sees("is tried again");
  }, AWAY);
  await t.step("and goes on with what happens then", async () => {
    await t.ask("the gateway comes back");
    await t.sees("Newest first");
    await t.ask("a message");
    await t.sees("DELIVERED");
  }, AWAY);
  await t.step("a page that is opened while it is away says so", async () => {
    await t.ask("the gateway goes away");
    await t.page.keyboard.press("8");
    await t.sees("the gateway cannot be reached");
    await t.ask("the gateway comes back");
    await t.sees("Newest first");
  }, AWAY);
};
