// The one place that knows where files go: the reference server's own services, each at its mount, with its key.
// A key in a page is a key for everyone. This one opens a server on your own machine; yours belongs in a proxy.

import { custom, gjirafa, here, s3, subworkflow, twelvelabs, veza } from "/pkg/index.js";

const KEY = "demo-key";

const services = {
  s3: () => s3({ endpoint: "/s3/multipart" }),
  veza: () => veza({ baseUrl: "/veza", providerId: "demo", dataSourceId: "demo", headers: { authorization: `Bearer ${KEY}` } }),
  twelvelabs: () => twelvelabs({ baseUrl: "/twelvelabs/v1.3", headers: { "x-api-key": KEY } }),
  here: () =>
    here({
      baseUrl: "/here/blobstore/v1/catalogs/hrn:here:data::demo:demo",
      layerId: "demo",
      // A handle can be used once.
      dataHandle: () => crypto.randomUUID(),
      headers: { authorization: `Bearer ${KEY}` },
    }),
  gjirafa: () => gjirafa({ baseUrl: "/gjirafa", projectId: "demo", headers: { authorization: KEY } }),
  subworkflow: () => subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": KEY } }),
  custom: () => custom(described),
};

/** A service as an app describes one that upslice has never heard of: here, the endpoints that `s3` speaks to as well. */
const described = {
  id: "demo",
  // It is plain data, and no secret.
  remember: (session) => session,
  recall: (session) => session,
  limits: { minPartSize: 5 * 2 ** 20, maxPartSize: 5 * 2 ** 30, maxParts: 10_000 },
  async create({ name, type, signal }) {
    const { uploadId, key } = await json("POST", "/s3/multipart", { filename: name, type }, signal);
    const path = `/s3/multipart/${encodeURIComponent(uploadId)}`;
    return { uploadId, session: { key, path, query: `?key=${encodeURIComponent(key)}` } };
  },
  part: ({ path, query }, { number, signal }) => json("GET", `${path}/${number}${query}`, undefined, signal),
  async complete({ key, path, query }, parts, signal) {
    const claims = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    const response = await json("POST", `${path}/complete${query}`, { parts: claims }, signal);
    return { objectId: key, location: response.location, response };
  },
  abort: ({ path, query }) => json("DELETE", path + query),
};

async function json(method, path, body, signal) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method, signal, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${answer.status}`), { retry: answer.status >= 500 });
  return answer.json();
}

/** Where the files of a service go. */
export const destination = (service) => services[service]();
