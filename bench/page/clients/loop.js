// The least that uploads a file: the same dialogue as upslice's, the same slices, as many at once, and nothing else.
// No retries, no progress, no timeouts: what upslice adds is the difference.

const endpoint = "/s3/multipart";
const json = { "content-type": "application/json" };

async function ask(path, init) {
  const answer = await fetch(endpoint + path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Parts of `partSize` bytes, `slots` at once, signed `batch` at a time, each batch two rounds before it is needed. */
export async function send(file, { partSize, slots = 6, batch = 50 }) {
  const create = { filename: file.name, type: file.type || "application/octet-stream", metadata: {} };
  const { uploadId, key } = await ask("", { method: "POST", headers: json, body: JSON.stringify(create) });
  const count = Math.ceil(file.size / partSize);
  const batches = [];
  const sign = (index) => {
    if (index * batch >= count) return;
    const numbers = Array.from({ length: Math.min(batch, count - index * batch) }, (_, i) => index * batch + i + 1);
    batches[index] ??= ask(`/${uploadId}/batch?key=${encodeURIComponent(key)}&partNumbers=${numbers.join(",")}`);
  };
  sign(0);
  const parts = [];
  let next = 1;
  const work = async () => {
    while (next <= count) {
      const number = next++;
      const index = Math.floor((number - 1) / batch);
      const { presignedUrls } = await batches[index];
      if ((number - 1) % batch >= batch - 2 * slots) sign(index + 1);
      const body = file.slice((number - 1) * partSize, Math.min(number * partSize, file.size));
      const answer = await fetch(presignedUrls[number], { method: "PUT", body });
      if (!answer.ok) throw new Error(`part ${number}: ${answer.status} ${await answer.text()}`);
      parts[number - 1] = { PartNumber: number, ETag: answer.headers.get("etag") };
      await answer.text(); // a body that was not read keeps its connection
    }
  };
  await Promise.all(Array.from({ length: slots }, work));
  const complete = { method: "POST", headers: json, body: JSON.stringify({ parts }) };
  await ask(`/${uploadId}/complete?key=${encodeURIComponent(key)}`, complete);
  return { partSize };
}
