// The comparison itself: one that finds nothing would never fail.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { complaints, differences } from "./differences.mjs";
import { described } from "./exchange.mjs";

const exchange = (url, body, headers = {}, answer = {}) => ({
  at: "api",
  url: `http://server${url}`,
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(JSON.stringify(body)),
  status: 200,
  answerHeaders: { "content-type": "application/json" },
  answer: Buffer.from(JSON.stringify(answer)),
});

const role = ({ path, json }) => (path.endsWith("/start") ? { role: "start" } : { role: "part", number: json.number });

/** A session of two parts; `change` is done to its second one. */
function session(id, change = () => {}) {
  const second = exchange(`/${id}/parts`, { upload: id, number: 2, data: { text: "b" } });
  change(second);
  return described([
    exchange("/start", { name: "a" }, {}, { upload_id: id }),
    exchange(`/${id}/parts`, { upload: id, number: 1, data: { text: "a" } }),
    second,
  ], role);
}

const body = (change) => (exchange) => {
  const json = JSON.parse(exchange.body.toString());
  change(json);
  exchange.body = Buffer.from(JSON.stringify(json));
};

describe("differences", () => {
  it("two sessions that only their ids tell apart are the same", () => {
    assert.deepEqual(differences(session("session-1"), session("session-2")), []);
  });

  for (const [what, change, line] of [
    ["a method", (one) => { one.method = "PUT"; }, "part: method: theirs POST; ours PUT"],
    ["a path", (one) => { one.url = "http://server/parts"; }, "part: path: theirs /{upload_id}/parts; ours /parts"],
    ["a query", (one) => { one.url += "?n=1"; }, "part: query n only ours"],
    ["a header", (one) => { one.headers["x-api-key"] = "key"; }, "part: header x-api-key only ours"],
    ["a header's value", (one) => { one.headers["content-type"] = "text/json"; }, "part: header content-type: theirs application/json; ours text/json"],
    ["a framing", (one) => { one.headers["transfer-encoding"] = "chunked"; }, "part: framing: theirs of known length; ours chunked"],
    ["a key that is there", body((json) => { json.extra = { deep: true }; }), "part: body.extra only ours"],
    ["a key that is missing", body((json) => { delete json.data; }), "part: body.data only theirs"],
    ["a type", body((json) => { json.data.text = 1; }), 'part: body.data.text: theirs string "b"; ours integer 1'],
    ["a number's part", body((json) => { json.number = 3; }), "part: more often theirs"],
    ["a role", (one) => { one.url += "/start"; }, "part: more often theirs"],
  ]) {
    it(`${what} is told`, () => {
      const lines = differences(session("session-1"), session("session-2", change));
      assert.ok(lines.includes(line), lines.join("\n"));
    });
  }

  it("an order is told", () => {
    const [start, one, two] = session("session-1");
    assert.deepEqual(differences([start, one, two], [one, two, start]), ["order: theirs start, part; ours part, start"]);
  });

  it("what could as well be many is compared as many, whenever it comes", () => {
    const chunks = (...indices) => exchange("/session-1/chunks", { chunks: indices.map((index) => ({ index })) });
    const reports = (...all) => described(all, () => ({ role: "report", each: "chunks", by: "index", whenever: true }));
    assert.deepEqual(differences(reports(chunks(1, 2), chunks(3)), reports(chunks(1), chunks(3, 2))), []);
    assert.deepEqual(differences(reports(chunks(1, 2)), reports(chunks(1))), ["report: more often theirs"]);
    const start = described([exchange("/start", {})], role);
    assert.deepEqual(differences([...start, ...reports(chunks(1))], [...reports(chunks(1)), ...start]), []);
  });

  it("transport is not told", () => {
    const lines = differences(session("session-1"), session("session-2", (one) => { one.headers["user-agent"] = "x"; }));
    assert.deepEqual(lines, []);
  });

  it("what is meant is no complaint, what is not is one, and so is what is stale or without a reason", () => {
    const list = {
      sdk: {
        part: { "a only theirs": "It has a reason.", "b only ours": "It is gone.", "c only ours": "" },
        every: { "e only ours": "It has a reason.", "f only ours": "It is gone." },
      },
    };
    const lines = ["part: a only theirs", "part: c only ours", "start: d only ours", "start: e only ours", "part: e only ours"];
    assert.deepEqual(complaints("sdk", lines, list), [
      "sdk start: d only ours",
      "sdk part: b only ours: in differences.toml, but not so any more",
      "sdk every: f only ours: in differences.toml, but not so any more",
      "sdk part: c only ours: without a reason",
    ]);
  });
});
