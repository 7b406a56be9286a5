// @aws-sdk/lib-storage, which has the key itself and signs what it sends.

import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

let client;
export function prepare({ storage, credentials }) {
  client = new S3Client({ endpoint: storage, region: "us-east-1", forcePathStyle: true, credentials });
}

export async function send(file, options) {
  const params = { Bucket: "upslice-s3", Key: crypto.randomUUID(), Body: file };
  await new Upload({ client, params, ...options }).done();
  return {};
}
