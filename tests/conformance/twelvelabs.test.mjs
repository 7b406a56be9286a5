// TwelveLabs: `twelvelabs` from PyPI and `twelvelabs-js` from npm.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compare } from "./both.mjs";
import { node, python, startServer, stored, textFile } from "./world.mjs";

const TIMEOUT = 120_000;
const API = "/twelvelabs/v1.3";
/** About twenty chunks, the last of them smaller. */
const SIZE = 100_001;

/** The SDKs' turns, which take the address of the service from the environment, and ours. */
const SDKS = {
  "twelvelabs": (api, wishes) => python("twelve_labs.py", wishes, { TWELVELABS_BASE_URL: api + API }),
  "twelvelabs-js": (api, wishes) => node("twelve_labs.mjs", wishes, { TWELVELABS_BASE_URL: api + API }),
};
const ours = (api, wishes) => {
  const to = { baseUrl: api + API, headers: { "x-api-key": "demo-key" } };
  return node("upslice.mjs", { service: "twelvelabs", to, ...wishes });
};

describe("twelvelabs", () => {
  let server;
  // A file that the server cuts in chunks of 5 MiB would need 50 MiB for a second report.
  before(async () => { server = await startServer("--min-part-size", "1024"); });

  for (const [client, theirs] of Object.entries(SDKS)) {
    it(`${client}: one chunk arrives`, { timeout: TIMEOUT }, async () => {
      const file = await textFile("clip.mp4", 1000);
      const { assetId, assetUrl } = await theirs(server.api, file);
      assert.equal(assetId, (await stored(server, "twelvelabs", file)).id);
      assert.ok(assetUrl, "the SDK has seen no end of it");
    });

    it(`${client}: more chunks than go into a report arrive, and every question is answered`, { timeout: TIMEOUT }, async () => {
      const file = await textFile("film.mp4", SIZE);
      const said = await theirs(server.api, { ...file, unfinished: SIZE });
      assert.ok(said.assetUrl, "the SDK has seen no end of it");
      const { parts } = await stored(server, "twelvelabs", file);
      assert.ok(parts > 10, `${parts} chunks`);
      assert.ok(said.incomplete.includes(said.unfinished), `${said.unfinished} is not in ${said.incomplete}`);
      assert.deepEqual(said.chunks, Array.from({ length: parts }, (_, index) => [index + 1, "pending"]));
      assert.deepEqual(said.more, [1, 2]);
    });

    it(`${client} and upslice say the same, but for what is meant`, { timeout: TIMEOUT }, async () => {
      const file = await textFile("film.mp4", SIZE);
      let unfinished;
      const sending = { file, theirs: ({ api }) => theirs(api, file), ours: ({ api }) => ours(api, file) };
      const asking = {
        theirs: async ({ api }) => void ({ unfinished } = await theirs(api, { ...file, unfinished: SIZE })),
        ours: async ({ api }) => {
          const said = await ours(api, { unfinished });
          assert.ok(said.incomplete.includes(unfinished), `${unfinished} is not in ${said.incomplete}`);
          assert.equal(said.status.state, "active");
        },
        only: ["list", "status"],
      };
      await compare(server, { client, service: "twelvelabs", roleOf, turns: [sending, asking] });
    });
  }
});

function roleOf({ at, method, path, query }) {
  if (at === "storage") return { role: "part", number: query.get("partNumber") };
  if (path.endsWith("/presigned-urls")) return { role: "sign" };
  const ofAll = path.endsWith("/multipart-uploads");
  if (method === "GET") return { role: ofAll ? "list" : "status" };
  if (ofAll) return { role: "create" };
  // Chunks are reported in any order, in any company, at any time after they are stored.
  return { role: "report", each: "completed_chunks", by: "chunk_index", whenever: true };
}
