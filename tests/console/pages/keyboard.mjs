// Everything with the keyboard alone: the way through a page, orders, and that a refresh takes nothing away from who is at it.

export default async (t) => {
  const press = (...keys) => keys.reduce((before, key) => before.then(() => t.page.keyboard.press(key)), Promise.resolve());
  const focused = () => t.page.evaluate(() => document.activeElement.innerText?.trim() || document.activeElement.name || document.activeElement.tagName);

  await t.open("");
  await t.step("the first stop skips to the page", async () => {
    await press("Tab");
    t.same("the first stop", await focused(), "Skip to the page");
    await t.until("it can be seen", async () => {
      const box = await t.page.getByRole("link", { name: "Skip to the page" }).boundingBox();
      return box.x >= 0 && box.y >= 0;
    });
  });
  await t.open("#/sessions");
  await t.step("a button keeps the focus over refreshes", async () => {
    await t.sees("BOUND");
    const button = t.section("globe").getByRole("button", { name: "unbind" });
    await button.focus();
    await t.page.waitForTimeout(4500);
    t.same("what has the focus", await focused(), "unbind");
  });
  await t.step("an order, asked and left with the keyboard", async () => {
    await press("Enter");
    await t.sees("Drain the window and unbind");
    await press("Escape");
    t.holds("no dialog is open", !(await t.page.locator("dialog#sure").isVisible()));
    t.same("what has the focus", await focused(), "unbind");
    await t.page.waitForTimeout(1500);
    await t.seesNot("unbind ordered");
  });
  await t.step("an order, done with the keyboard; the careful answer comes first", async () => {
    await press("Enter");
    t.same("the first answer", await focused(), "Leave it");
    await press("Tab", "Enter");
    await t.sees("unbind ordered");
  });
  await t.step("digits and / are letters where one types", async () => {
    await press("3");
    await t.until("messages", () => t.page.url().endsWith("#/messages"));
    // The address changes before the page does, which takes the focus.
    await t.sees("Tell its story");
    await press("/");
    t.same("what has the focus", await focused(), "id");
    await t.page.keyboard.type("12/4");
    t.same("what is typed", await t.main.locator("input[name=id]").inputValue(), "12/4");
    t.holds("still on messages", t.page.url().endsWith("#/messages"));
  });
  await t.step("what is marked to be copied stays marked over refreshes", async () => {
    await t.page.goto(`${t.url}/#/plugins`);
    await t.sees("Runs acme");
    await t.main.locator("code").first().selectText();
    const marked = await t.page.evaluate(() => String(getSelection()));
    await t.page.waitForTimeout(4500);
    t.same("what is marked", await t.page.evaluate(() => String(getSelection())), marked);
    await t.sees("held while you are at it");
  });
};
