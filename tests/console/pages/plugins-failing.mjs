// A plugin that traps: its faults by cause, the latest of them, and the hook that is not asked any more.

export default async (t) => {
  await t.open("#/plugins/acme");
  await t.step("faults are counted by cause, and the latest are told", async () => {
    await t.sees("Last faults", /trap \d+/);
  });
  await t.step("a hook that fails too often is off, and says so", async () => {
    await t.sees("off: fails too often");
  });
  await t.look("plugins-failing");
  await t.step("the overview says so too, and leads here", async () => {
    await t.page.keyboard.press("1");
    await t.main.getByRole("link", { name: "the hook encoding fails too often and is off" }).click();
    await t.until("the plugin's page", () => t.page.url().endsWith("#/plugins/acme"));
  });
  await t.step("the decisions tell the faults", async () => {
    await t.page.goto(`${t.url}/#/decisions?outcome=fault`);
    await t.sees("fault", "trap");
  });
};
