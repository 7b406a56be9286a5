// What a page that speaks to Veza without a library does, whichever way it encodes: the same parts as upslice's, as many at
// once, and nothing else. No client by itself: those in clients/ differ in how a part becomes a body.

const url = "/veza/api/v1/providers/custom/bench/datasources/bench:parts";
const headers = { authorization: "Bearer demo-key", "content-type": "application/json" };

async function post(body) {
  const answer = await fetch(url, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

const ask = (fields) => post(JSON.stringify(fields));

/** A client; `bodyOf` makes the body of a part's request, of the other fields and the part's slice of the file. */
export const client = (bodyOf) =>
  async function send(file, { partSize, slots = 6 }) {
    const { upload_id } = await ask({ operation: "start" });
    const count = Math.ceil(file.size / partSize);
    let next = 1;
    const work = async () => {
      while (next <= count) {
        const number = next++;
        const part = file.slice((number - 1) * partSize, Math.min(number * partSize, file.size));
        await post(await bodyOf({ operation: "upload", upload_id, sequence_number: number }, part));
      }
    };
    await Promise.all(Array.from({ length: slots }, work));
    await ask({ operation: "complete", upload_id, sequence_count: count });
    return { partSize, parts: count };
  };

/** Bytes that are encoded at once: whole groups of three. */
export const WINDOW = 768 << 10;

/** The body of these fields and of pieces of base64. */
export const blobOf = (fields, pieces) =>
  new Blob([`${JSON.stringify(fields).slice(0, -1)},"data":"`, ...pieces, '"}'], { type: "application/json" });

/** The body as a Blob of pieces, each a window that `encode` has made of its bytes. */
export async function pieced(fields, part, encode) {
  const pieces = [];
  for (let at = 0; at < part.size; at += WINDOW) {
    const bytes = new Uint8Array(await part.slice(at, Math.min(at + WINDOW, part.size)).arrayBuffer());
    pieces.push(encode(bytes));
  }
  return blobOf(fields, pieces);
}
