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
    const parts = await t.rows(t.section("Parts"));
    t.same("the parts", parts.map((part) => part.Part), ["1/3", "2/3", "3/3"]);
    t.holds("ids of the operator in all", parts.every((part) => part["Operator's id"].trim().length === 36));
    await t.seesNot("48600000001", "Brücke");
  });
  await t.step("step by step, in the order of time: decisions, octets, answers, receipts, events", async () => {
    const steps = (await t.rows(t.section("Step by step"))).map((row) => row.Step);
    const kinds = ["encoding", "splitting", "submit_sm planned", "submit_sm written", "submit_sm_resp", "id to key", "receipt came", "receipt read"];
    t.same("how often", kinds.map((kind) => steps.filter((step) => step === kind).length), [1, 1, 3, 3, 3, 6, 3, 3]);
    const planned = (await t.rows(t.section("Step by step"))).filter((row) => row.Step === "submit_sm planned");
    t.same("the order of the parts", planned.map((row) => row.What.match(/part (\d)/)[1]), ["1", "2", "3"]);
    t.same("the first of them", steps.slice(0, 3), kinds.slice(0, 3));
    const first = (kind) => steps.indexOf(kind);
    t.holds(`written, then answered, then settled: ${steps}`, first("submit_sm written") < first("submit_sm_resp")
      && first("submit_sm_resp") < first("outcome") && first("receipt came") <= first("receipt read"));
    await t.sees("part 1/3: data_coding 0, esm_class 0x00", "command_status 0x00000000", "built-in");
    await t.section("Step by step").locator("summary", { hasText: "part 2/3" }).first().click();
    await t.sees(/([0-9a-f]{2} ){16}/, "registered_delivery", "receipt of success and failure", "sar_segment_seqnum (0x020F)");
  });
  await t.look("messages-long");
  await t.step("a message that the plugin decided about names the plugin", async () => {
    await find(t, short);
    await t.sees("ACCEPTED", "Decided by acme 0.1.0", "id to key", "(receipt-text)");
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
  await t.step("a message under way says for what it waits, until it has its outcome", async () => {
    const waiting = await t.ask("a message while globe is full");
    await find(t, waiting);
    await t.sees("under way", "The operator has said that it gets too much: ESME_RTHROTTLED", "Accepted", "waits for this since", "until");
    await t.seesNot("no outcome yet", "Decided by");
  });
  await t.look("messages-under-way");
  await t.step("and is seen to end, without a key pressed", async () => {
    await t.ask("globe forgives");
    await t.sees("ACCEPTED", "Decided by the built-in behaviour");
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
