// tus-js-client; with `parallelUploads` it uploads so many partial files, which the server puts together.

import { Upload } from "tus-js-client";

let endpoint;
export const prepare = ({ peers }) => (endpoint = `${peers}/tus`);

export async function send(file, options) {
  await new Promise((resolve, reject) => {
    new Upload(file, { endpoint, ...options, onSuccess: resolve, onError: reject }).start();
  });
  return {};
}
