// What became of each plugin file.

export default async (t) => {
  await t.open("#/reloads");
  await t.step("the load at the start is told", async () => {
    await t.sees("acme", "start", "active", "compile");
  });
  await t.step("a new file is active, and one that is no plugin is refused with the reason", async () => {
    await t.ask("another version");
    await t.until("two loads", async () => (await t.rows()).length === 2);
    await t.ask("a file that is no plugin");
    await t.until("three loads", async () => (await t.rows()).length === 3);
    const [refused, second, first] = await t.rows();
    t.same("verdicts, newest first", [refused.Verdict, second.Verdict, first.Verdict], ["refused", "active", "active"]);
    t.same("who", [refused.By, second.By, first.By], ["file", "file", "start"]);
    t.holds(`why: ${refused.Why}`, refused.Why.length > 10);
    t.same("from the first version", second.From, first.To);
  });
  await t.look("reloads");
  await t.step("an operator leads to its plugin", async () => {
    await t.main.getByRole("link", { name: "acme" }).first().click();
    await t.sees("Runs acme 0.1.0", "refused");
  });
};
