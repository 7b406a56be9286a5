// A program that uses the package's types as an app would; it is compiled, never run.
import { custom, init, s3, subworkflow, upload, UploadError } from "upslice";
import type { Destination, HeaderSource, Progress, UploadOptions, UploadResult } from "upslice";
import { upload as slimUpload } from "upslice/slim";

const companion: Destination<{ location?: string }> = s3({
  endpoint: "/s3/multipart",
  headers: async () => new Headers({ authorization: "Bearer token" }),
  metadata: (file) => ({ type: file.type }),
});

const own = s3({
  create: async ({ name, type, size, signal }) => {
    const answer = await fetch("/create", { method: "POST", body: JSON.stringify({ name, type, size }), signal });
    return (await answer.json()) as { uploadId: string; key: string };
  },
  sign: async ({ uploadId, parts }) =>
    parts.map(({ partNumber }) => ({ partNumber, url: `/part/${uploadId}/${partNumber}`, expiresIn: 900 })),
  complete: async ({ parts }) => ({ location: parts[0]?.ETag }),
});

export async function store(file: File, signal: AbortSignal): Promise<string | undefined> {
  await init(new URL("https://app.example/upslice.wasm"));
  await init(companion);
  const one = upload(file, {
    to: companion,
    partSize: 8 * 1024 * 1024,
    concurrency: "auto",
    retry: { limit: 3 },
    transport: "xhr",
    signal,
    onProgress: ({ sent, total, millisecondsLeft }: Progress) => console.log(sent / total, millisecondsLeft?.toFixed()),
  });
  one.addEventListener("part", ({ detail }) => console.log(detail.number + detail.size));
  one.addEventListener("retry", ({ detail: { error, delay } }) => console.log(error.code, delay));
  const move = (event: CustomEvent<Progress>): void => console.log(event.detail.fraction);
  one.addEventListener("progress", move);
  one.removeEventListener("progress", move);
  const size: Promise<number | UploadError> = one.then((result) => result.size, (error) => error);
  size.finally(() => console.log("over"));
  one.pause();
  one.resume();
  try {
    const { location, parts, response }: UploadResult<{ location?: string }> = await one;
    console.log(parts.map(({ etag }) => etag), response.location);
    return location;
  } catch (error) {
    if (error instanceof UploadError && error.code === "aborted") return undefined;
    throw error;
  }
}

export const ofHandle = (handle: FileSystemFileHandle) => slimUpload(handle, { to: own }).catch().finally();
export const other = (file: Blob) => slimUpload(file, { to: own }).catch(({ code, part }) => ({ code, part }));

declare const file: File;
// @ts-expect-error: a destination is needed.
upload(file, {});
// @ts-expect-error: a size is a number of bytes.
upload(file, { to: own, partSize: "8 MiB" });
// @ts-expect-error: functions of one's own come in threes.
s3({ create: async () => ({ uploadId: "1", key: "1" }) });
// @ts-expect-error: no such event.
upload(file, { to: own }).addEventListener("part", (event: CustomEvent<number>) => event);

// `undefined` means the default, and that is what an app hands on which has been told nothing itself.
type Told = Partial<Pick<UploadOptions, "partSize" | "concurrency" | "signal" | "onProgress" | "handle" | "worker">>;
export const handOn = ({ partSize, concurrency, signal, onProgress, handle, worker }: Told, scope?: string, maxParts?: number) =>
  upload(file, {
    to: custom({
      limits: { maxParts },
      create: async () => ({ session: 1, uploadId: scope }),
      part: () => ({ url: "/part", method: scope, headers: undefined }),
      complete: async (_, parts) => ({ location: parts[0]?.etag }),
    }),
    ...{ partSize, concurrency, signal, onProgress, handle, worker },
    retry: { limit: maxParts },
    resumable: { scope },
  });
export const withToken = (headers?: HeaderSource, id?: string) => [
  s3({ endpoint: "/s3/multipart", headers, credentials: undefined, metadata: undefined }),
  subworkflow({ jobType: "extract", headers, expiresInDays: undefined }),
  custom({ id, create: async () => ({ session: 1 }), part: () => ({ url: "/part" }), complete: async () => {} }),
];
