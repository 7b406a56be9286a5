// Uppy, whichever: the same calls, and the options that each has by default but for multipart, which it has to be.

export async function sendAll(Uppy, AwsS3, files, { partSize, ...options }) {
  const uppy = new Uppy({ autoProceed: false });
  const getChunkSize = partSize && (() => partSize);
  uppy.use(AwsS3, { shouldUseMultipart: true, ...(getChunkSize && { getChunkSize }), ...options });
  for (const file of files) uppy.addFile({ name: file.name, type: file.type || "application/octet-stream", data: file });
  const { failed } = await uppy.upload();
  if (failed.length > 0) throw new Error(`Uppy: ${failed[0].error}`);
  return {};
}
