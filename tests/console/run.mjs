// Plays the steps of one page: `node run.mjs NAME`. The first line of stdin is { url, facts, libraries, looks, chromium }.
//
// Lines of JSON go out: { step } when one begins, { ask, more } for an order, whose answer is a line on stdin, and { failed }
// at the end if it has. See README.md.

import { createInterface } from "node:readline";
import { Play } from "./play.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const name = process.argv[2];
const given = await heard();
const play = await Play.begin({ name, ...given, tell, heard });
try {
  const { default: steps } = await import(`./pages/${name}.mjs`);
  await steps(play);
} catch (error) {
  tell({ failed: await play.account(error) });
  process.exitCode = 1;
} finally {
  await play.end();
  process.stdin.destroy();
}
