// Veza: `oaaclient` from PyPI, which insists on https.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compare } from "./both.mjs";
import { fileOf, node, python, startServer, stored, textFile } from "./world.mjs";

const TIMEOUT = 120_000;
const place = { providerId: "provider-1", dataSourceId: "source-1" };
const theirs = (url, wishes) => python("oaa.py", { url, ...wishes });

describe("veza", () => {
  let server;
  before(async () => { server = await startServer(); });

  for (const [parts, size] of [[0, 0], [1, 1001], [50, 50_000]]) {
    it(`oaaclient: ${parts} parts arrive over TLS`, { timeout: TIMEOUT }, async () => {
      const file = await textFile("payload.json", size);
      const answer = await theirs(server.tls, { ...file, partSize: 1001, ...place });
      assert.deepEqual(answer.warnings, []);
      assert.equal((await stored(server, "veza", file)).parts, parts);
    });
  }

  it("oaaclient: metadata above its threshold arrive in parts of its own choice", { timeout: TIMEOUT }, async () => {
    const file = await fileOf("metadata.json", JSON.stringify({ name: "app", description: "x".repeat(50_000_000) }));
    await theirs(server.tls, file);
    assert.equal((await stored(server, "veza", file)).parts, 2);
  });

  it("oaaclient and upslice say the same, but for what is meant", { timeout: TIMEOUT }, async () => {
    const sending = (file) => ({
      file,
      theirs: ({ tls }) => theirs(tls, { ...file, partSize: 1000, ...place }),
      ours: ({ api }) => {
        const to = { baseUrl: api, headers: { authorization: "Bearer demo-key" }, ...place };
        return node("upslice.mjs", { ...file, service: "veza", to, partSize: 1000 });
      },
    });
    const turns = [await textFile("payload.json", 0), await textFile("payload.json", 3500)].map(sending);
    await compare(server, { client: "oaaclient", service: "veza", roleOf, turns });
  });
});

const roleOf = ({ json }) => (json?.operation ? { role: json.operation, number: json.sequence_number } : { role: "probe" });
