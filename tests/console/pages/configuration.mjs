// What is in force, where it comes from; found by words; and that newer files which are wrong are told.

export default async (t) => {
  await t.open("#/configuration");
  const value = async (heading, key) => (await t.rows(t.section(heading))).find((row) => row.Key === key);
  await t.step("tells what the files say, and secrets only that they are set", async () => {
    await t.sees("This host", "acme", "globe", "operators/acme.toml", "tps_limit", "session[0].password", "secret, set");
    t.same("tps_limit of acme", (await value("acme", "tps_limit")).Value, "200");
    t.same("its window is nobody's word", await value("acme", "session[0].window"), undefined);
    await t.seesNot("geheim");
  });
  await t.look("configuration");
  await t.step("the defaults too", async () => {
    await t.main.locator("[name=show]").selectOption("all");
    await t.sees("correlation_ttl", "session[0].window");
    const window = await value("acme", "session[0].window");
    t.same("the window of acme", [window.Value, window.From], ["10", "default"]);
  });
  await t.step("found by words", async () => {
    await t.main.getByLabel("Find").fill("unanswered");
    await t.page.keyboard.press("Enter");
    await t.sees("on_unanswered", "session[0].window");
    await t.seesNot("correlation_ttl");
  });
  await t.step("a file that is wrong is told, and what was in force stays", async () => {
    await t.open("#/configuration");
    await t.ask("a wrong file");
    await t.sees("The files on disk are not in force", "acme.toml: tps_limit", "every");
    t.same("tps_limit of acme", (await value("acme", "tps_limit")).Value, "200");
  });
  await t.look("configuration-problems");
  await t.step("and when it is mended", async () => {
    await t.ask("a right file");
    await t.seesNot("The files on disk are not in force");
    await t.until("the new value", async () => (await value("acme", "tps_limit")).Value === "150");
  });
};
