// Uploadcare's client, multipart from 25 MB on unless it is told otherwise.

import { uploadFile } from "@uploadcare/upload-client";

let baseURL;
export const prepare = ({ peers }) => (baseURL = `${peers}/uploadcare`);

export async function send(file, options) {
  await uploadFile(file, { publicKey: "demopublickey", baseURL, multipartMinFileSize: 0, ...options });
  return {};
}
