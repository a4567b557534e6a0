// Without JavaScript.

export default async (t) => {
  await t.step("says so, and where the same is told as JSON", async () => {
    await t.fresh({ javaScriptEnabled: false });
    await t.page.goto(`${t.url}/`);
    await t.sees("This console needs JavaScript");
  });
  for (const link of await t.main.getByRole("link").all()) {
    await t.step(`${await link.innerText()} is there`, async () => {
      const answer = await t.page.request.get(new URL(await link.getAttribute("href"), t.page.url()).href);
      t.same("the answer", answer.status(), 200);
    });
  }
};
