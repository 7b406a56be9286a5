// Our own client, from the built package, in Node: uploads a file; or begins to, and aborts; or asks what the service
// still holds unfinished, and what it says of one of these.

import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { upload, incomplete, status, ...services } = await import(pathToFileURL(join(process.env.UPSLICE_PKG, "index.js")));

const { service, to: options, path, name, type, partSize, abort, unfinished } = JSON.parse(process.argv[2]);
const to = services[service](options);

const said = {};
if (unfinished) {
  said.incomplete = [];
  for await (const { uploadId } of incomplete(to)) said.incomplete.push(uploadId);
  said.status = await status(to, unfinished);
} else {
  // One part after the other: where both clients send them so, their exchanges can be compared in order.
  const one = upload(await openAsBlob(path), { to, name, type, partSize, concurrency: 1 });
  if (abort) {
    await once(one, "part");
    await one.abort();
    said.aborted = await one.catch(({ code }) => code);
  } else {
    await one;
  }
}
console.log(JSON.stringify(said));
