// Two operators that do well.

export default async (t) => {
  await t.open("");
  await t.step("says that nothing is wrong", async () => {
    await t.sees("Nothing is wrong", "parts accepted/s", "as of");
  });

  await t.step("tells both operators' figures, and they grow", async () => {
    const accepted = async () => {
      const rows = await t.rows();
      return Object.fromEntries(rows.map((row) => [row.Operator, Number(row.Accepted.replaceAll(",", ""))]));
    };
    await t.until("figures of both", async () => Object.keys(await accepted()).sort().join() === "acme,globe");
    const before = await accepted();
    await t.until("more accepted messages", async () => {
      const after = await accepted();
      return (after.acme > before.acme && after.globe > before.globe) || JSON.stringify({ before, after });
    });
    const [acme] = (await t.rows()).filter((row) => row.Operator === "acme");
    t.same("acme's binds", acme.Binds.trim(), "2 of 2 bound");
    t.holds(`acme's rate against the cap: ${acme["Accepted/s of allowed"]}`, /^[\d.]+ \/ 200$/.test(acme["Accepted/s of allowed"].trim()));
  });

  await t.step("draws the rates", async () => {
    const plot = t.main.getByRole("img", { name: "parts accepted/s" });
    await t.until("a line of several points", async () =>
      (await plot.locator("polyline").getAttribute("points")).split(" ").length > 3);
    await t.until("a rate above zero", async () =>
      Number(await t.main.locator(".tile", { hasText: "parts accepted/s" }).locator("strong").innerText()) > 0);
  });
  await t.look("overview");

  await t.step("an operator's name leads to its sessions", async () => {
    await t.main.getByRole("link", { name: "globe", exact: true }).click();
    await t.until("its page", () => t.page.url().endsWith("#/sessions/globe"));
    await t.sees("TRANSCEIVER", "BOUND");
    await t.seesNot("acme");
  });
};
