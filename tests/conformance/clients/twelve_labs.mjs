// TwelveLabs' own SDK, unchanged: uploads a file, then asks what became of it in all the ways it can. The address of the
// service is in TWELVELABS_BASE_URL, where the SDK looks for it.

import { TwelveLabs } from "twelvelabs-js";

const { path, unfinished } = JSON.parse(process.argv[2]);
const { multipartUpload: uploads } = new TwelveLabs({ apiKey: "demo-key" });
const said = await uploads.uploadFile(path);

if (unfinished) {
  // Left unfinished on purpose: what the SDK lists, and what it says of a session page by page.
  const { uploadId } = await uploads.create({ filename: "unfinished.mp4", type: "video", totalSize: unfinished });
  said.unfinished = uploadId;
  said.incomplete = [];
  for await (const upload of await uploads.listIncompleteUploads()) said.incomplete.push(upload.uploadId);
  said.chunks = [];
  for await (const { index, status } of await uploads.getStatus(uploadId)) said.chunks.push([index, status]);
  const more = await uploads.getAdditionalPresignedUrls(uploadId, { start: 1, count: 2 });
  said.more = more.uploadUrls.map(({ chunkIndex }) => chunkIndex);
}

console.log(JSON.stringify(said));
