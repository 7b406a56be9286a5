// No client of any service: how fast bytes are encoded and digested that are there already, ours beside what else there is.

import { createCRC32, createCRC64, createMD5 } from "hash-wasm";

let jobs;

export async function prepare() {
  const { instance } = await WebAssembly.instantiate(await (await fetch("/kernels.wasm")).arrayBuffer(), {});
  const ours = instance.exports;
  const [size, window, out] = [ours.size(), ours.window(), ours.out()];
  const simd = new Uint8Array(ours.memory.buffer, ours.simd(), ours.simd_size()).slice();
  const vector = (await WebAssembly.instantiate(simd, { env: { memory: ours.memory } })).instance.exports;
  const encoded = (size / 3) * 4;
  const memory = () => ours.memory.buffer;
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  const copied = () => new Uint8Array(memory(), window, size).set(bytes);
  const vectors = () => vector.encode(window, size / 12, out);
  const [md5, crc32c, crc64nvme] = await Promise.all([
    createMD5(),
    createCRC32(0x82f63b78),
    createCRC64("9a6c9329ac4bc9b5"),
  ]);
  const theirs = (hash) => () => hash.init().update(bytes).digest();
  const ourMd5 = () => (copied(), ours.md5());
  copied();
  agree("CRC-32C", ours.crc32c() >>> 0, parseInt(theirs(crc32c)(), 16));
  agree("CRC-64/NVME", BigInt.asUintN(64, ours.crc64nvme()), BigInt(`0x${theirs(crc64nvme)()}`));
  agree("MD5", BigInt.asUintN(64, ours.md5()), BigInt(`0x${theirs(md5)().slice(0, 16)}`));
  for (const encode of [vectors, ours.base64_table, ours.base64_crate]) {
    new Uint8Array(memory(), out, encoded).fill(0);
    encode();
    agree("base64", new TextDecoder().decode(new Uint8Array(memory(), out, encoded)), bytes.toBase64());
  }
  jobs = {
    "CRC-32C: upslice": ours.crc32c,
    "CRC-32C: hash-wasm": theirs(crc32c),
    "CRC-64/NVME: upslice": ours.crc64nvme,
    "CRC-64/NVME: hash-wasm": theirs(crc64nvme),
    "MD5: upslice": ourMd5,
    "MD5: hash-wasm": theirs(md5),
    "SHA-1: crypto.subtle": () => crypto.subtle.digest("SHA-1", bytes),
    "SHA-256: crypto.subtle": () => crypto.subtle.digest("SHA-256", bytes),
    "base64: upslice, vectors": vectors,
    "base64: upslice, table": ours.base64_table,
    "base64: base64-simd": ours.base64_crate,
    "base64 into a Blob: upslice": () => {
      copied();
      vectors();
      return new Blob([new Uint8Array(memory(), out, encoded)]);
    },
    "base64 into a Blob: toBase64": () => new Blob([bytes.toBase64()]),
  };
}

function agree(name, ours, theirs) {
  if (ours !== theirs) throw new Error(`${name}: ${ours} is not ${theirs}`);
}

/** How long each took, in ms for each MiB, round by round. */
export async function send() {
  const each = Object.fromEntries(Object.keys(jobs).map((name) => [name, []]));
  for (let round = 0; round < 25; round++) {
    for (const [name, job] of Object.entries(jobs)) {
      const began = performance.now();
      // Blobs are kept by another process until they are collected.
      const times = name.includes("Blob") ? 2 : 10;
      for (let time = 0; time < times; time++) {
        const given = job();
        if (given instanceof Promise) await given;
      }
      // The first rounds are the compiler's.
      if (round > 4) each[name].push((performance.now() - began) / (times * 0.75));
    }
  }
  return { each };
}
