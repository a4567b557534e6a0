// What runs, what lies on disk, what is tried beside it; promoting, forgetting and taking back.

export default async (t) => {
  const acme = () => t.section("acme");
  const order = async (name, answer = "Do it") => {
    await acme().getByRole("button", { name, exact: true }).click();
    await t.answer(answer);
  };
  const running = async () => /Runs \S+ \S+ ([0-9a-f]{12})/.exec(await acme().innerText())?.[1];

  await t.open("#/plugins");
  const first = await running();
  await t.step("tells the active version, the file, and each hook's figures", async () => {
    await t.sees("Runs acme 0.1.0", "On disk:", "plugins/acme.wasm", ", which runs", "hooks message-ids, inbound", "SDK", "globe",
      "Runs the built-in behaviour");
    const hooks = await t.rows(acme());
    const ids = hooks.find((row) => row.Hook === "message-ids");
    t.holds(`calls of message-ids: ${JSON.stringify(hooks)}`, Number(ids.Calls) >= 20);
    t.holds(`how long they take: ${ids.p50}, ${ids.p99}, ${ids.max}`, [ids.p50, ids.p99, ids.max].every((cell) => cell.endsWith("µs")));
    t.same("the breaker", ids.Breaker, "closed");
    t.same("no opinion of inbound", hooks.find((row) => row.Hook === "inbound")["No opinion"], "100 %");
  });
  await t.look("plugins");

  await t.step("a candidate runs in the shadow, and is the same", async () => {
    await t.ask("another version", "second");
    await t.sees("In the shadow: ", "0 calls", "until", "then it waits");
    await t.ask("messages");
    await t.sees(/[1-9][\d,]* the same, 0 different, 0 faults/);
  });
  await t.step("discard, left, keeps the candidate", async () => {
    await order("discard", "Leave it");
    await t.sees("In the shadow: ");
  });
  await t.step("discard forgets it", async () => {
    await order("discard");
    await t.seesNot("In the shadow: ");
    t.same("what runs", await running(), first);
  });
  await t.step("a candidate that decides otherwise shows both answers", async () => {
    await t.ask("a version that decides otherwise");
    await t.sees("In the shadow: ");
    await t.ask("messages");
    await t.sees(/[1-9][\d,]* different/, /encoding: [1-9][\d,]* times different/);
    const differing = await t.rows(acme().locator("details", { hasText: "encoding: " }).first());
    t.same("the columns", Object.keys(differing[0]), ["Times", "Field", "Active", "Candidate", "Call"]);
    t.holds(`one field with both values: ${JSON.stringify(differing)}`, differing.some((row) => row.Active !== row.Candidate));
  });
  await t.look("plugins-shadow");
  await t.step("what is redacted cannot be asked again: such calls are found among the decisions", async () => {
    await acme().getByRole("link", { name: "find such a call" }).first().click();
    await t.until("acme's calls of the hook", () => t.page.url().endsWith("#/decisions?operator=acme&hook=encoding"));
    await t.page.goto(`${t.url}/#/plugins`);
    await t.sees("In the shadow: ");
  });
  await t.step("promote makes it the active one", async () => {
    await order("promote");
    await t.seesNot("In the shadow: ");
    await t.until("another version", async () => (await running()) !== first);
    await t.sees(", which runs");
  });
  await t.step("roll back names the version, and has it back", async () => {
    await acme().getByRole("button", { name: "roll back" }).click();
    await t.sees(`Back to acme 0.1.0 (${first}), at once?`);
    await t.answer("Do it");
    await t.until("the first version", async () => (await running()) === first);
    await t.sees("which does not run");
  });
  await t.step("the operator's own page tells what is kept warm, and the settings", async () => {
    await acme().getByRole("link", { name: "acme" }).click();
    await t.sees("Kept warm", "taken back", "Settings");
    await t.seesNot("globe");
  });
  await t.step("a file that is no plugin is refused with the reason, and changes nothing", async () => {
    await t.ask("a file that is no plugin");
    await t.sees("refused", "which does not run");
    t.same("what runs", await running(), first);
  });
  await t.step("reload looks at the file again, and says why not", async () => {
    await acme().getByRole("button", { name: "reload" }).click();
    await t.answer("Do it");
    await t.sees("That did not work");
    await t.answer("Leave it");
  }, { trouble: [/422/] });
  await t.look("plugins-refused");
};
