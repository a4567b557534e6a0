// What all pages have in common, whichever there are.

export default async (t) => {
  await t.open("");
  const links = await t.page.getByRole("navigation").getByRole("link").evaluateAll((links) =>
    links.map((link) => ({ address: link.getAttribute("href"), key: link.querySelector("kbd")?.textContent, title: link.firstChild.textContent.trim() })));
  await t.step("there are links to all pages", async () => {
    t.holds(`${links.length} pages`, links.length >= 8);
    t.same("the keys", links.map(({ key }) => key), links.map((_, index) => String((index + 1) % 10)));
  });

  for (const { address, key, title } of [...links.slice(1), links[0]]) {
    await t.step(`the key ${key} turns to ${title}`, async () => {
      await t.page.keyboard.press(key);
      await t.until("its address", () => t.page.url() === `${t.url}/${address}`);
      await t.until("its title", async () => (await t.page.title()) === `${title} · smpp-connector`);
      await t.settled();
      await t.until("its link marked", async () =>
        (await t.page.locator("nav a[aria-current=page]").innerText()).startsWith(title));
    });
  }
  for (const { address, title } of links) {
    await t.open(address);
    await t.look(`page-${title.toLowerCase().replaceAll(" ", "-")}`);
  }
};
