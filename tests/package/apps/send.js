/** Uploads the bytes that the test knows, under the name that it asked for. */
export async function send(upload, s3) {
  const query = new URLSearchParams(location.search);
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31) % 251);
  const file = new File([bytes], query.get("name"), { type: "application/octet-stream" });
  const progress = [];
  const result = await upload(file, {
    to: s3({ endpoint: `${query.get("server")}/s3/multipart` }),
    onProgress: ({ sent }) => progress.push(sent),
  });
  return { size: result.size, parts: result.parts.length, last: progress.at(-1) };
}
