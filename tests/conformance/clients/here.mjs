// HERE's own SDK, unchanged: finds the blob service by lookup, uploads a file through it, and asks what became of it; or
// starts an upload and cancels it. The wrapper that does this in one call is in none of its packages on npm.

import { HRN, OlpClientSettings, RequestFactory } from "@here/olp-sdk-core";
import { BlobApi } from "@here/olp-sdk-dataservice-api";
import { readFile } from "node:fs/promises";

const { lookup, hrn, layerId, dataHandle, contentType, path, partSize, cancel } = JSON.parse(process.argv[2]);
const settings = new OlpClientSettings({ environment: lookup, getToken: async () => "demo-key" });
const builder = await RequestFactory.create("blob", "v1", settings, HRN.fromString(hrn));
const { links } = await BlobApi.startMultipartUpload(builder, { layerId, dataHandle, body: { contentType, contentEncoding: "identity" } });
const multiPartToken = links.status.href.split("/").at(-1);

if (cancel) {
  // This release reads the 204 of a cancelled upload as JSON, and throws; the server's log has the truth.
  const threw = await BlobApi.cancelMultipartUpload(builder, { layerId, dataHandle, multiPartToken }).catch(({ name }) => name);
  console.log(JSON.stringify({ threw }));
} else {
  const bytes = await readFile(path);
  const parts = [];
  for (let number = 1; (number - 1) * partSize < bytes.length; number += 1) {
    const body = bytes.subarray((number - 1) * partSize, number * partSize);
    const url = links.uploadPart.href;
    const answer = await BlobApi.doUploadPart(builder, { url, partNumber: number, body, contentType, contentLength: body.length });
    parts.push({ etag: answer.headers.get("etag"), number });
  }
  await BlobApi.doCompleteMultipartUpload(builder, { url: links.complete.href, parts: { parts } });
  let status = "processing";
  while (status === "processing") ({ status } = await BlobApi.getMultipartUploadStatus(builder, { layerId, dataHandle, multiPartToken }));
  console.log(JSON.stringify({ status }));
}
