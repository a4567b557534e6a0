// One message's whole story, found by its id.

const find = async (t, id) => {
  await t.page.keyboard.press("/");
  await t.page.keyboard.press("ControlOrMeta+a");
  await t.page.keyboard.type(id);
  await t.page.keyboard.press("Enter");
  await t.until("its address", () => t.page.url().endsWith(`#/messages/${id}`));
};

export default async (t) => {
  const { long, short, refused, undelivered } = t.facts;
  await t.open("#/messages");
  await t.step("a long message: every part with its id, and every receipt", async () => {
    await find(t, long);
    await t.sees(long, "ACCEPTED", "globe", "DELIVERED, final");
    const parts = await t.rows();
    t.same("the parts", parts.map((part) => part.Part), ["1/3", "2/3", "3/3"]);
    t.holds("ids of the operator in all", parts.every((part) => part["Operator's id"].trim().length === 36));
    await t.seesNot("48600000001", "Brücke");
  });
  await t.look("messages-long");
  await t.step("a message that the plugin decided about names the plugin", async () => {
    await find(t, short);
    await t.sees("ACCEPTED", "Decided by acme 0.1.0", "message-ids");
  });
  await t.step("a refused message says why", async () => {
    await find(t, refused);
    await t.sees("REJECTED", "ESME_RINVDSTADR", "accepted no part");
  });
  await t.look("messages-refused");
  await t.step("an undelivered one tells the receipt's state", async () => {
    await find(t, undelivered);
    await t.sees("UNDELIVERABLE, final");
  });
  await t.step("an id that nobody knows is said to be unknown", async () => {
    await find(t, "01890000-0000-7000-8000-000000000000");
    await t.sees("nothing is on record of 01890000", "never published here");
  }, { trouble: [/404/] });
  await t.step("what is no id at all is refused in words", async () => {
    await find(t, "nonsense");
    await t.sees("nonsense is no message id", "UUID");
  }, { trouble: [/40\d/] });
};
