// Two clients, the same wishes, the same server.

import assert from "node:assert/strict";
import { complaints, differences } from "./differences.mjs";
import { described } from "./exchange.mjs";
import { record } from "./recorder.mjs";
import { stored } from "./world.mjs";

/**
 * Has the vendor's client act, and ours, turn by turn and each through a recorder whose origins it is given. Where that is
 * sending a `file`, its bytes arrive each time; and in all turns together the exchanges differ in what `differences.toml`
 * has for this client, and in nothing else. A turn's `only` are the roles that are of interest in it.
 */
export async function compare(server, { client, service, roleOf, turns }) {
  const { origins, exchanges } = await record(server);
  const lines = new Set();
  for (const { file, theirs, ours, only, ids } of turns) {
    const rows = [];
    const arrived = [];
    for (const act of [theirs, ours]) {
      await act(origins);
      if (file) arrived.push((await stored(server, service, file)).id);
      rows.push(described(exchanges.splice(0), roleOf, ids).filter(({ role }) => only?.includes(role) ?? true));
    }
    if (file) assert.notEqual(arrived[0], arrived[1], "our client has stored nothing");
    for (const line of differences(...rows)) lines.add(line);
  }
  const wrong = complaints(client, [...lines]);
  if (wrong.length > 0) assert.fail(`not meant:\n${wrong.join("\n")}`);
}
