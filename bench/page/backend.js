// The least of a backend that signs: the reference server's Companion, which signs a part's checksum with its URL.

const endpoint = "/s3/multipart";
const json = { "content-type": "application/json" };

export async function ask(path, init) {
  const answer = await fetch(endpoint + path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const at = ({ uploadId, key }, rest) => `/${uploadId}/${rest}?key=${encodeURIComponent(key)}`;

export const create = ({ name, type }) =>
  ask("", { method: "POST", headers: json, body: JSON.stringify({ filename: name, type: type || "application/octet-stream", metadata: {} }) });

/** The URLs of `parts`, `{ partNumber, checksum: { algorithm, value } }` each, in their order. */
export async function sign(session, parts) {
  const sums = parts.flatMap(({ checksum }) => (checksum ? [`${checksum.algorithm}:${checksum.value}`] : []));
  const signed = sums.length > 0 ? `&checksums=${encodeURIComponent(sums.join(","))}` : "";
  const numbers = parts.map(({ partNumber }) => partNumber);
  const { presignedUrls } = await ask(`${at(session, "batch")}&partNumbers=${numbers.join(",")}${signed}`);
  return numbers.map((partNumber) => ({ partNumber, url: presignedUrls[partNumber] }));
}

export const complete = (session, parts) =>
  ask(at(session, "complete"), { method: "POST", headers: json, body: JSON.stringify({ parts }) });
