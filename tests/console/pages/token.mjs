// A gateway with a token: asked for once, again when it is wrong, and kept for this tab alone.

export default async (t) => {
  const refused = { trouble: [/401/] };
  const dialog = t.page.locator("dialog#token");
  const give = async (token) => {
    await dialog.getByLabel("Token").fill(token);
    await t.page.keyboard.press("Enter");
  };
  await t.step("the page asks for the token, and says where it stands", async () => {
    await t.page.goto(`${t.url}/`);
    await dialog.waitFor();
    await t.sees("The gateway's token", "smpp-connector.toml");
  }, refused);
  await t.look("token");
  await t.step("a wrong token is not taken, and it says so", async () => {
    await give("guess");
    await t.sees("That was not the token");
    t.holds("it still asks", await dialog.isVisible());
  }, refused);
  await t.step("the right one opens the page", async () => {
    await give(t.facts.token);
    await t.sees("Nothing is wrong");
    t.holds("it does not ask any more", !(await dialog.isVisible()));
  }, refused);
  await t.step("every page has it, orders and the live stream too", async () => {
    await t.page.keyboard.press("2");
    await t.section("globe").getByRole("button", { name: "rebind" }).click();
    await t.answer("Do it");
    await t.seesNot("That did not work");
    await t.page.goto(`${t.url}/#/live`);
    await t.sees("Newest first");
  });
  await t.step("a page that is opened again in this tab has it still", async () => {
    await t.page.reload();
    await t.sees("Newest first");
    t.holds("it does not ask", !(await dialog.isVisible()));
  });
  await t.step("another tab is asked", async () => {
    await t.fresh();
    await t.page.goto(`${t.url}/`);
    await t.sees("The gateway's token");
  }, refused);
};
