// Binds and their states, the orders to them, and what is said of an operator that refuses us.

const button = (t, operator, name) => t.section(operator).getByRole("button", { name });

export default async (t) => {
  await t.open("#/sessions");
  await t.step("tells each bind's state, since when, window and peer", async () => {
    await t.sees("acme", "globe", "BOUND", "TRANSCEIVER, primary", "0/10", "0/4", "127.0.0.1:");
    t.same("acme's binds", (await t.rows(t.section("acme"))).map((row) => row.State), ["BOUND", "BOUND"]);
    const [bind] = await t.rows(t.section("globe"));
    t.holds(`since when: ${bind.Since}`, /^\d+ (s|min) ago$/.test(bind.Since));
  });
  await t.step("tells the round trip of the last enquire_link", async () => {
    await t.until("a round trip", async () => {
      const [bind] = await t.rows(t.section("acme"));
      return /^[\d.]+ ms, \d+ s ago$/.test(bind["Round trip"]) || bind["Round trip"];
    });
  });
  await t.look("sessions");

  await t.step("an operator's own page has the last PDUs of its binds, in words and octets", async () => {
    await t.section("globe").getByRole("link", { name: "Its last PDUs" }).click();
    await t.main.getByText("Last PDUs of bind 1").click();
    await t.sees("bind_transceiver seq 1", "← received", "→ sent");
    await t.main.getByText("bind_transceiver seq 1").click();
    await t.sees("0000  00 00 00", "Field by field", "interface_version", "SMPP 3.4");
    await t.seesNot("globe's password");
  });
  await t.look("sessions-pdus");
  await t.open("#/sessions");

  await t.step("a question that is left changes nothing", async () => {
    await button(t, "globe", "unbind").click();
    await t.sees("Drain the window and unbind");
    await t.answer("Leave it");
    t.holds("no dialog is open", !(await t.page.locator("dialog#sure").isVisible()));
    await t.page.waitForTimeout(1500);
    await t.seesNot("unbind ordered");
  });
  await t.step("unbind, done, stays unbound and says so", async () => {
    await button(t, "globe", "unbind").click();
    await t.answer("Do it");
    await t.sees("unbind ordered");
    await t.until("another state than BOUND", async () => (await t.rows(t.section("globe")))[0].State !== "BOUND");
  });
  await t.step("rebind binds again", async () => {
    await button(t, "globe", "rebind").click();
    await t.answer("Do it");
    await t.seesNot("unbind ordered");
    await t.until("BOUND", async () => (await t.rows(t.section("globe")))[0].State === "BOUND");
  });
  await t.step("the last error is told in words", async () => {
    await t.ask("globe refuses the password");
    await t.sees("ESME_RINVPASWD");
  });
  await t.look("sessions-refused");
  await t.step("and it is bound again when the operator forgives", async () => {
    await t.ask("globe forgives");
    await t.until("BOUND", async () => (await t.rows(t.section("globe")))[0].State === "BOUND");
  });
  await t.step("one operator alone, and back to all", async () => {
    await t.main.getByRole("link", { name: "globe" }).click();
    await t.sees("globe");
    await t.seesNot("acme");
    await t.main.getByRole("link", { name: "All operators" }).click();
    await t.sees("acme", "globe");
  });
  await t.step("an operator that throttles says until when", async () => {
    await t.ask("globe is full");
    await t.sees("throttled", /Nothing is sent until \d\d:\d\d:\d\d: ESME_RTHROTTLED/);
  });
  await t.look("sessions-throttled");
  await t.step("and no more when it takes messages again", async () => {
    await t.ask("globe forgives");
    await t.seesNot("Nothing is sent until");
  });
  await t.step("an operator that is stopped says why", async () => {
    await t.ask("globe wants nothing more");
    await t.sees("stopped", "Nothing is sent until a person resumes it", "ESME_RSUBMITFAIL");
  });
  await t.look("sessions-stopped");
  await t.step("resume, and it is sent to again", async () => {
    await t.ask("globe forgives");
    await button(t, "globe", "resume").click();
    await t.answer("Do it");
    await t.until("no resume any more", async () => (await button(t, "globe", "resume").count()) === 0);
    await t.seesNot("ESME_RSUBMITFAIL");
  });
};
