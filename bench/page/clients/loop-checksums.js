// A loop of fetch whose author wants a checksum of each part: every slice is read once more than it is sent, a window at a
// time, and digested by hash-wasm, the fastest there is on npm.

import { createCRC32, createCRC64 } from "hash-wasm";
import { complete, create, sign } from "../backend.js";

/** The same windows as upslice's. */
const WINDOW = 768 * 1024;

const ALGORITHMS = {
  crc32c: { name: "CRC32C", make: () => createCRC32(0x82f63b78) },
  crc64nvme: { name: "CRC64NVME", make: () => createCRC64("9a6c9329ac4bc9b5") },
};

async function digest(slice, hash) {
  hash.init();
  for (let at = 0; at < slice.size; at += WINDOW) {
    hash.update(new Uint8Array(await slice.slice(at, at + WINDOW).arrayBuffer()));
  }
  return hash.digest("binary").toBase64();
}

export async function send(file, { partSize, slots = 6, checksum }) {
  const algorithm = ALGORITHMS[checksum];
  const session = await create(file);
  const count = Math.ceil(file.size / partSize);
  const parts = [];
  let next = 1;
  const work = async () => {
    const hash = await algorithm.make();
    while (next <= count) {
      const partNumber = next++;
      const body = file.slice((partNumber - 1) * partSize, Math.min(partNumber * partSize, file.size));
      const value = await digest(body, hash);
      const [{ url }] = await sign(session, [{ partNumber, checksum: { algorithm: checksum, value } }]);
      const headers = { [`x-amz-checksum-${checksum}`]: value };
      const answer = await fetch(url, { method: "PUT", headers, body });
      if (!answer.ok) throw new Error(`part ${partNumber}: ${answer.status} ${await answer.text()}`);
      parts[partNumber - 1] = { PartNumber: partNumber, ETag: answer.headers.get("etag"), [`Checksum${algorithm.name}`]: value };
      await answer.text(); // a body that was not read keeps its connection
    }
  };
  await Promise.all(Array.from({ length: slots }, work));
  await complete(session, parts);
  return { partSize };
}
