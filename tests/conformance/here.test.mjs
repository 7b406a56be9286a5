// HERE: `@here/olp-sdk-dataservice-api` and `@here/olp-sdk-core` from npm.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compare } from "./both.mjs";
import { MIB, node, startServer, stored, textFile } from "./world.mjs";

const TIMEOUT = 120_000;
const PART = 5 * MIB;
const HRN = "hrn:here:data::test:catalog";
const LAYER = "layer-1";
const TYPE = "application/octet-stream";

/** The SDK's turn, or ours; a handle can be used once. */
const theirs = (api, dataHandle, wishes) =>
  node("here.mjs", { lookup: `${api}/here/lookup/v1`, hrn: HRN, layerId: LAYER, contentType: TYPE, partSize: PART, dataHandle, ...wishes });
const ours = (api, dataHandle, wishes) => {
  const baseUrl = `${api}/here/blobstore/v1/catalogs/${HRN}`;
  const to = { baseUrl, headers: { authorization: "Bearer demo-key" }, layerId: LAYER, dataHandle };
  return node("upslice.mjs", { service: "here", to, type: TYPE, partSize: PART, ...wishes });
};

describe("here", () => {
  let server;
  before(async () => { server = await startServer(); });

  for (const [parts, size] of [[1, 1000], [3, 2 * PART + 1]]) {
    it(`olp-sdk: ${parts} parts arrive`, { timeout: TIMEOUT }, async () => {
      const file = await textFile("tile.bin", size);
      const { status } = await theirs(server.api, `arrives.${parts}`, { path: file.path });
      assert.equal(status, "completed");
      assert.equal((await stored(server, "here", file)).parts, parts);
    });
  }

  it("olp-sdk: a cancelled upload leaves its handle free", { timeout: TIMEOUT }, async () => {
    const file = await textFile("tile.bin", 1000);
    await theirs(server.api, "cancelled", { cancel: true });
    const log = await (await fetch(`${server.api}/_/requests`)).json();
    assert.deepEqual(log.filter(({ method }) => method === "DELETE").map(({ status }) => status), [204]);
    await theirs(server.api, "cancelled", { path: file.path });
    await stored(server, "here", file);
  });

  it("olp-sdk and upslice say the same, but for what is meant", { timeout: TIMEOUT }, async () => {
    const files = [await textFile("tile.bin", 1000), await textFile("tile.bin", 2 * PART + 1)];
    const handles = (name) => ({ [`theirs.${name}`]: "handle", [`ours.${name}`]: "handle" });
    const sending = (file) => ({
      file,
      theirs: ({ api }) => theirs(api, `theirs.${file.size}`, file),
      ours: ({ api }) => ours(api, `ours.${file.size}`, file),
      ids: handles(file.size),
    });
    const cancelling = {
      theirs: ({ api }) => theirs(api, "theirs.cancelled", { cancel: true }),
      ours: async ({ api }) => assert.equal((await ours(api, "ours.cancelled", { ...files[1], abort: true })).aborted, "aborted"),
      // Ours has sent a part by then.
      only: ["lookup", "start", "cancel"],
      ids: handles("cancelled"),
    };
    await compare(server, { client: "olp-sdk", service: "here", roleOf, turns: [...files.map(sending), cancelling] });
  });
});

function roleOf({ method, path, query }) {
  if (path.includes("/lookup/")) return { role: "lookup" };
  if (query.has("partNumber")) return { role: "part", number: query.get("partNumber") };
  return { role: { POST: "start", PUT: "complete", GET: "status", DELETE: "cancel" }[method] };
}
