// PDUs that broke the standard.

export default async (t) => {
  await t.open("#/odd");
  await t.step("says that there are none", async () => {
    await t.sees("No PDU has broken the standard");
  });
  await t.step("tells what was odd, with the octets, and no number", async () => {
    await t.ask("an odd PDU");
    await t.sees("globe", "deliver_sm", "beyond_end");
    await t.main.locator("summary").first().click();
    await t.sees(/00 00 00 .. 00 00 00 05/);
    await t.sees("deliver_sm", '"**********23"', "12 characters", "message_state (0x0427) says 9 octets, and the PDU ends after 1");
    await t.seesNot("447700900123");
  });
  await t.look("odd");
  await t.step("the PDU stays open while the page is asked anew", async () => {
    await t.page.waitForTimeout(5500);
    await t.sees(/00 00 00 .. 00 00 00 05/);
  });
};
