// upslice with parts as small as one likes: a service of one's own has no floor of 5 MiB.

import { custom, init, upload } from "/pkg/index.js";

export const prepare = () => init();

const endpoint = "/s3/multipart";
const json = { "content-type": "application/json" };

/** URLs are asked for by so many at once. */
const BATCH = 500;

async function ask(path, init) {
  const answer = await fetch(endpoint + path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export async function send(file, { partSize }) {
  const batches = [];
  const of = ({ uploadId, key }) => `/${uploadId}/PATH?key=${encodeURIComponent(key)}`;
  const to = custom({
    limits: { minPartSize: 1, maxParts: 10_000 },
    create: async ({ name, type }) => ({
      session: await ask("", { method: "POST", headers: json, body: JSON.stringify({ filename: name, type, metadata: {} }) }),
    }),
    part: async (session, { number }) => {
      const batch = Math.floor((number - 1) / BATCH);
      const numbers = Array.from({ length: BATCH }, (_, index) => batch * BATCH + index + 1).filter((number) => number <= 10_000);
      batches[batch] ??= ask(`${of(session).replace("PATH", "batch")}&partNumbers=${numbers.join(",")}`);
      const { presignedUrls } = await batches[batch];
      return { url: presignedUrls[number], method: "PUT" };
    },
    complete: async (session, parts) => {
      const body = JSON.stringify({ parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) });
      return { response: await ask(of(session).replace("PATH", "complete"), { method: "POST", headers: json, body }) };
    },
  });
  const result = await upload(file, { to, partSize });
  return { partSize, parts: result.parts.length };
}
