// The public contract of `upslice`. Units everywhere: bytes, milliseconds. `0` is a legal value; `undefined` means
// "the default". An option that is not here does not exist yet: using it is an `options` error, never a silent no-op.

/**
 * Loads and compiles a module ahead of the first upload. Optional and memoised; after a failure, call it again. There are
 * two modules: a small one for S3, and one for every service, S3 included. Without an argument `init` loads the one for S3;
 * with a destination, the one that serves it; with anything else, your copy of `upslice/s3.wasm` or `upslice/upslice.wasm`
 * (a strict CSP, a CDN, a test). Uploads wait for a module that is loading; afterwards they load nothing more, except the
 * workers' code.
 */
export function init(
  module?: Destination | string | URL | Request | Response | BufferSource | WebAssembly.Module,
): Promise<void>;

/**
 * Uploads one file, or that behind a handle. Starts at once, never throws: bad options reject.
 *
 *     const result = await upload(file, { to: s3({ endpoint: "/s3/multipart" }), onProgress });
 */
export function upload<R = unknown>(file: Blob | FileSystemFileHandle, options: UploadOptions<R>): Upload<R>;

export interface UploadOptions<R = unknown> {
  /** Which service receives the parts: `s3(…)`, `twelvelabs(…)`, `veza(…)`, … or `custom(…)`. */
  to: Destination<R>;
  /** The name the service is told. Default: `file.name`, else `"blob"`. */
  name?: string | undefined;
  /** The MIME type the service is told. Default: `file.type`, else `application/octet-stream`. */
  type?: string | undefined;
  /**
   * Size of every part but the last. Default `"auto"`: chosen once, before the session is created, from the file's size and
   * the service's limits, so that no connection is idle in the last round. About 8 MiB, which is above S3's minimum of
   * 5 MiB and small enough to lose; up to 16 MiB for files above 480 MiB that go to signed URLs; about a thousandth of the
   * file beyond that. Once the page has sent three parts to a service with its own API, later files get parts of about four
   * seconds each: 1 to 64 MiB, but no more than 8 MiB if there would be fewer than four parts per connection. A number is
   * used as given, raised only if the service's part count demands it, and refused outside the service's limits; TwelveLabs
   * chooses the size itself and takes no number. A resumed upload keeps its part size.
   */
  partSize?: number | "auto" | undefined;
  /**
   * Parts in flight at once. Default `"auto"`: six per origin, which is what browsers open over HTTP/1.1. Where parts go to
   * signed URLs (S3, Gjirafa VP, TwelveLabs) and many are left, twice as many are tried, and kept if throughput rises by a
   * quarter (as over HTTP/2 to a store that limits each stream), up to 48; up to twelve are kept unless it falls by a fifth.
   * Requests that only queue are cancelled at once. Falls on 429, 503 and timeouts, then rises again. Shared by all uploads
   * on the page. A number is used as given.
   */
  concurrency?: number | "auto" | undefined;
  /**
   * A digest sent with each part. One that the service cannot take is an `options` error. Default `"auto"`: what the
   * service recommends, which is CRC-32C for HERE; for S3 the one that the signature of a part's URL names in
   * `X-Amz-SignedHeaders`, and none where it names none, since stores refuse headers that they do not expect.
   *
   * For S3 it goes in `x-amz-checksum-…` (`"md5"`: in `Content-MD5`), which the store's CORS rules must allow, and into
   * the list of `complete`. Through functions a part is digested before `sign` is asked for its URL, and `sign` receives it.
   * An `endpoint` cannot be told: the digest goes where its URLs name the header, else a `notice` says that none does. So
   * does one when a store refuses the header, and the upload goes on without. What the store says of the whole
   * (`ChecksumCRC32C`, `ChecksumCRC64NVME`) is held against the CRC of the parts; what differs is a `checksum` error.
   *
   * `custom` hands it to `part`. SHA-1 and SHA-256 are computed by the browser, which needs the whole part in memory and a
   * secure context; the CRCs are the quickest. CRC-64/NVME is of S3's kind `FULL_OBJECT`.
   */
  checksum?: "auto" | "none" | "crc32c" | "crc64nvme" | "md5" | "sha1" | "sha256" | undefined;
  /**
   * `limit`: how often one part, or one API request, is tried again before the upload fails. Default 5. The first wait is
   * drawn from zero to `minDelay` (500); the upper bound doubles with each wait and stays at `maxDelay` (30 000). `Retry-After`
   * is honoured up to `outageTimeout`.
   */
  retry?: { limit?: number | undefined; minDelay?: number | undefined; maxDelay?: number | undefined } | undefined;
  /**
   * How long an attempt may make no progress. Default 15 000 while a body is sent. Where progress cannot be observed (fetch;
   * the wait for the response after the last byte) at least four times that, 60 000, and at least twice the part's expected
   * time. Each stall doubles that part's limit. `0`: no limit.
   */
  stallTimeout?: number | undefined;
  /**
   * How long an API request, or a function of yours, may take. Default 60 000; completing 600 000; your other
   * functions 120 000. A number is the limit of all three. `0`: no limit.
   */
  responseTimeout?: number | undefined;
  /**
   * How long the origin may be unreachable before the upload fails. Default 300 000. Waiting costs no attempt. Also the
   * longest `Retry-After` that is honoured.
   */
  outageTimeout?: number | undefined;
  /**
   * What carries the bytes. Default `"auto"`: XMLHttpRequest where somebody watches progress inside a part, and while
   * the number of parts in flight is being found (`concurrency`), for which bytes must be seen leaving; fetch otherwise, and for
   * parts that go to the service's API itself: they carry your headers, and only fetch can be told not to follow a
   * redirect with them. For the same reason `"xhr"` is an `options` error where parts carry `headers`. Watching progress
   * makes the browser send a preflight even for a plain POST: a store that answers OPTIONS with an error needs `"fetch"`.
   */
  transport?: "auto" | "fetch" | "xhr" | undefined;
  /**
   * Remember this upload across reloads and crashes, and resume it when the same file goes to the same place: by
   * name, type, size, date, and a digest over sixteen windows of its content. Default `true` where IndexedDB exists.
   * `scope` keeps people who share a browser apart; `maxAge` is for how long it is remembered (604 800 000, a week, after
   * which stores commonly drop unfinished uploads). No key, token or signed URL is written down. `custom` needs `id`,
   * `remember` and `recall` for it.
   */
  resumable?: boolean | { scope?: string | undefined; maxAge?: number | undefined } | undefined;
  /** A handle to the file, where the browser gives one: a later visit may resume without asking for the file. */
  handle?: FileSystemFileHandle | undefined;
  /**
   * Compute base64 (Veza) and checksums (CRC-32C, CRC-64/NVME, MD5) in workers. Default `false`: on the page, in windows of
   * 768 KiB (Safari: 2.25 MiB) that take it a few milliseconds each. Requests and your functions stay on the page; SHA-1 and
   * SHA-256 are computed by the browser on threads of its own. Useful if the page must not drop frames and the machine has
   * spare cores. All uploads share one worker per core but one, at most four, started with the first part that needs them
   * and stopped five seconds after the last.
   *
   * `true`: `new Worker(new URL("./worker.js", import.meta.url), { type: "module" })` in this package, the form that
   * bundlers look for: Vite, webpack and others include it (Vite 5's dev server does if `optimizeDeps.exclude` names
   * upslice), Rollup and esbuild if `upslice/worker.js` is an entry point named `worker`. If the bundler leaves it out, or it
   * would come from another origin (a CDN), pass the `URL` of a copy of the package's `worker.js`, `s3-glue.js` and
   * `upslice-glue.js` beside each other, of this page's origin and of this version; or a function that makes a module worker
   * of it, which upslice ends.
   *
   * A Content-Security-Policy must allow it by `worker-src` (or, without one, by `script-src`). If a worker cannot be
   * started, fails, or is silent for ten seconds, or if your function throws or returns no Worker, the page does the work
   * and one `worker-off` notice says why. Any other value is an `options` error.
   */
  worker?: boolean | URL | (() => Worker) | undefined;
  /** Aborts the upload, like `abort()`; its reason is the error's `cause`. */
  signal?: AbortSignal | undefined;
  /** Called with every `progress` event's detail. What it throws is reported, and does not disturb the upload. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

export type UploadState =
  | "queued"
  | "creating"
  | "uploading"
  | "paused"
  | "offline"
  | "completing"
  | "completed"
  | "failed"
  | "aborted";

/**
 * An upload under way: a promise of its result with controls. `await` it, or keep it and listen.
 * (Returning it from an async function awaits it; hand out an object that holds it instead.)
 * A failure that nobody listens to, neither by promise nor by event, is reported once with `console.error`.
 */
export interface Upload<R = unknown> extends EventTarget, PromiseLike<UploadResult<R>> {
  readonly id: string;
  /** Of a handle, what it has held since it was read; until then the handle. */
  readonly file: Blob;
  readonly state: UploadState;
  readonly progress: Progress;
  /** The same promise, for those who want a real one. Settles exactly once. */
  readonly done: Promise<UploadResult<R>>;
  then<A = UploadResult<R>, B = never>(
    onfulfilled?: ((result: UploadResult<R>) => A | PromiseLike<A>) | null,
    onrejected?: ((error: UploadError) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
  catch<T = never>(onrejected?: ((error: UploadError) => T | PromiseLike<T>) | null): Promise<UploadResult<R> | T>;
  finally(onfinally?: (() => void) | null): Promise<UploadResult<R>>;
  /**
   * Stops sending and keeps the stored parts. Parts in flight are cancelled and sent again later; where a part number must
   * not be reused, they are allowed to finish. Idempotent.
   */
  pause(): void;
  resume(): void;
  /**
   * Ends the upload at once with an `aborted` error, and removes the stored parts where the service can. Resolves
   * when that is over: after a minute at the most, or up to three where the session was still being created. Anything
   * that could not be deleted is logged with `console.warn`. Idempotent. A failed upload keeps its error, and its stored
   * parts are deleted unless another upload of the same file is resuming from them.
   */
  abort(reason?: unknown): Promise<void>;
  /** After `failed`: a new upload of the same file that resumes from the stored parts. */
  retry(): Upload<R>;
  addEventListener<K extends keyof UploadEvents<R>>(
    type: K,
    listener: (event: UploadEvents<R>[K]) => void,
    options?: AddEventListenerOptions | boolean,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  removeEventListener<K extends keyof UploadEvents<R>>(
    type: K,
    listener: (event: UploadEvents<R>[K]) => void,
    options?: EventListenerOptions | boolean,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
}

export interface UploadEvents<R = unknown> {
  /** At most ten times a second, and once at the end, before `success`. */
  progress: CustomEvent<Progress>;
  statechange: CustomEvent<{ state: UploadState; previous: UploadState }>;
  /** A part is stored and acknowledged. */
  part: CustomEvent<StoredPart>;
  /** An attempt failed, and another one will follow after `delay` milliseconds. `attempt` counts those that failed. */
  retry: CustomEvent<{ error: UploadError; part?: number; attempt: number; delay: number }>;
  /**
   * Something worth knowing that does not stop the upload: all parts are sent anew, it will not survive a reload, no
   * checksum goes with its parts, or they are encoded and digested on the page although workers were asked for; and why.
   */
  notice: CustomEvent<{ code: "restarted" | "journal-off" | "checksum-off" | "worker-off"; message: string }>;
  success: CustomEvent<UploadResult<R>>;
  error: CustomEvent<UploadError>;
}

export interface Progress {
  /** Bytes of the file known to be sent: a high-water mark. Never goes backwards, never above `total`, and reaches `total` only with the last receipt. */
  sent: number;
  total: number;
  /** `sent / total`; 1 for an empty file that is stored. */
  fraction: number;
  /** Smoothed over the last seconds; 0 while nothing moves. */
  bytesPerSecond: number;
  /** From what truly remains; `undefined` while unknown. */
  millisecondsLeft: number | undefined;
  /** May fall where a service has to start over. */
  partsStored: number;
  partsTotal: number;
}

export interface StoredPart {
  /** Counted from 1. */
  number: number;
  /** Its first byte in the file, counted from 0. */
  offset: number;
  /** Bytes. */
  size: number;
  etag?: string;
  /** The digest that went with it, in base64, for S3 and `custom`. */
  checksum?: string;
}

export interface UploadResult<R = unknown> {
  /** The service's name of the session. */
  uploadId: string;
  /** What the app needs next: asset id, request key, object key, data handle, job id. */
  objectId?: string;
  /** An address of what is stored, where the service gives one. */
  location?: string;
  /** Bytes of the file. */
  size: number;
  parts: StoredPart[];
  /** The answer that completed the upload, parsed. */
  response: R;
  /** True if an earlier, interrupted upload was resumed. */
  resumed: boolean;
  /** Milliseconds since `upload` was called. */
  elapsed: number;
}

export class UploadError extends Error {
  constructor(fields: {
    code: UploadErrorCode;
    message: string;
    cause?: unknown | undefined;
    status?: number | undefined;
    part?: number | undefined;
    attempts?: number | undefined;
    retryable?: boolean | undefined;
  });
  readonly name: "UploadError";
  readonly code: UploadErrorCode;
  /** HTTP status of the answer that ended it, if there was one. */
  readonly status?: number;
  /** The part that could not be sent, counted from 1. */
  readonly part?: number;
  /** How often it was attempted. */
  readonly attempts?: number;
  /** True if trying later may work with the same options. */
  readonly retryable: boolean;
  readonly cause?: unknown;
}

export type UploadErrorCode =
  | "aborted" // abort(), or the AbortSignal
  | "options" // an option is wrong: the message names it and what it may be
  | "limit" // the file cannot fit the service's rules: the message shows the sum
  | "network" // no answer
  | "timeout" // silence that outlasted the retries
  | "unauthorized" // 401/403 that fresh headers or a fresh URL did not mend
  | "rejected" // another 4xx: the service's own words are in the message
  | "server" // 5xx or 429 that outlasted the retries
  | "checksum" // what is stored is not what was read
  | "unproven" // the last answer was lost and the service cannot say whether the object is whole
  | "file-changed" // the file is not the one that was chosen, or cannot be read any more
  | "protocol" // an answer that makes no sense, e.g. ETag not exposed by CORS: the message says what to configure
  | "callback" // a function of yours threw or never settled: see `cause`
  | "locked" // the upload is running in another tab
  | "load" // the module could not be loaded or compiled: CSP, network, no WebAssembly
  | "internal"; // a bug of ours; other uploads are told the same, the next one starts on a fresh module

declare const destination: unique symbol;
/** Made by one of the functions below. May be used for many uploads. */
export interface Destination<R = unknown> {
  readonly kind: string;
  readonly [destination]: R;
}

/**
 * Asked for every request to the service's API, and once more after a 401 or 403, so that a token can be renewed. Sent to the
 * origin of `baseUrl` (and, for HERE's links, to `origins`) and nowhere else: never to presigned URLs, never along a
 * redirect.
 */
export type HeaderSource =
  | Headers
  | Record<string, string>
  | (() => Headers | Record<string, string> | Promise<Headers | Record<string, string>>);

export interface SignedPart {
  partNumber: number;
  url: string;
  /** Sent with the part; they must be those that were signed. A checksum's own header is added, unless it is here. */
  headers?: Record<string, string> | undefined;
  /** Seconds from now. Default: read from the URL's own `X-Amz-Date` and `X-Amz-Expires`. */
  expiresIn?: number | undefined;
}

/** S3 and every store that speaks it, through a backend that has the endpoints of Uppy Companion. */
export interface S3EndpointOptions {
  /** Where they live, like `/s3/multipart`: an http or https URL without a query, relative to the page. */
  endpoint: string;
  headers?: HeaderSource | undefined;
  /** Of requests to the endpoint. Default `"same-origin"`. */
  credentials?: RequestCredentials | undefined;
  /** Accepted as by every destination, and without effect: no link of the endpoint leads to another origin. */
  origins?: string[] | undefined;
  /** Passed to the endpoint when the upload is created. ASCII only: stores keep it in HTTP headers. */
  metadata?: Record<string, string> | ((file: Blob) => Record<string, string>) | undefined;
}

/**
 * S3 and every store that speaks it, through functions of your own. Each may throw, which ends the upload with a
 * `callback` error, unless what is thrown has `retry: true`.
 */
export interface S3FunctionOptions {
  /** Tells backends apart when an upload is resumed after a reload. Default: the page's origin. */
  id?: string | undefined;
  /** `checksum` is the algorithm that was asked for, for a store that wants to know it when the upload is created. */
  create(file: {
    name: string;
    type: string;
    size: number;
    checksum?: string;
    signal: AbortSignal;
  }): Promise<{ uploadId: string; key: string }>;
  /** A part's `checksum`, where one was asked for, is to be signed with its URL; its `value` is base64. */
  sign(request: {
    uploadId: string;
    key: string;
    parts: { partNumber: number; size: number; checksum?: { algorithm: string; value: string } }[];
    signal: AbortSignal;
  }): Promise<SignedPart[]>;
  /** Include what the store says of the whole object's checksum: it is compared with the parts'. */
  complete(upload: {
    uploadId: string;
    key: string;
    parts: {
      PartNumber: number;
      ETag: string;
      ChecksumCRC32C?: string;
      ChecksumCRC64NVME?: string;
      ChecksumSHA1?: string;
      ChecksumSHA256?: string;
    }[];
    signal: AbortSignal;
  }): Promise<{ location?: string | undefined }>;
  abort?(upload: { uploadId: string; key: string; signal: AbortSignal }): Promise<void>;
  /**
   * The stored parts of a resumed upload; null if the store no longer knows it, and it starts over. Include the checksums
   * that S3 lists: if you asked for checksums, a part without one is sent again.
   *
   * Where it is given, a part that hangs at the end may go out a second time to the URL that it has. If `complete` throws
   * after that and the session is still there, by `verify` or by this, such parts are sent once more, alone, and `complete`
   * is called once more.
   */
  list?(upload: {
    uploadId: string;
    key: string;
    signal: AbortSignal;
  }): Promise<
    | {
        PartNumber: number;
        ETag: string;
        Size: number;
        ChecksumCRC32C?: string | undefined;
        ChecksumCRC64NVME?: string | undefined;
        ChecksumSHA1?: string | undefined;
        ChecksumSHA256?: string | undefined;
      }[]
    | null
  >;
  /** Called if the response to `complete` was lost: the stored object, or null. */
  verify?(upload: {
    uploadId: string;
    key: string;
    signal: AbortSignal;
  }): Promise<{ size: number; etag?: string | undefined } | null>;
}

/** S3 and every store that speaks it, through URLs that your backend signs: the endpoints of Uppy Companion, or functions of your own. */
export function s3(options: S3EndpointOptions | S3FunctionOptions): Destination<{ location?: string }>;

/** What every service takes. */
export interface Service {
  /** Where its API lives: the vendor's, or a proxy of yours that adds the key. */
  baseUrl: string;
  headers?: HeaderSource | undefined;
  /** Of requests to the API. Default `"same-origin"`. */
  credentials?: RequestCredentials | undefined;
  /** Origins beside that of `baseUrl` that may have the `headers`, because links of the service lead there (HERE). */
  origins?: string[] | undefined;
}

/**
 * [TwelveLabs](https://docs.twelvelabs.io/api-reference/upload-content/multipart-uploads) assets: presigned URLs, reports of
 * stored chunks in batches of ten or every two seconds, and no call that completes: the upload is stored when the
 * service's status says so. Video and audio up to 10 GB (10,737,418,240 bytes), images up to 32 MB (33,554,432). The
 * service says how large chunks are. The result's `objectId` is the asset's id. The storage must expose `ETag`. Nothing
 * can be removed: an aborted upload's session ends by itself after 24 hours.
 */
export function twelvelabs(
  options: Omit<Service, "baseUrl"> & {
    /** Default: `https://api.twelvelabs.io/v1.3`. */
    baseUrl?: string | undefined;
    /** Default: by the file's MIME type, else `"video"`. */
    type?: "video" | "audio" | "image" | undefined;
    enableHls?: boolean | undefined;
    enableThumbnail?: boolean | undefined;
    /** Values: text, numbers, booleans, arrays of text. */
    userMetadata?: Record<string, unknown> | ((file: Blob) => Record<string, unknown>) | undefined;
  },
): Destination;

/**
 * [HERE Blob v1](https://www.here.com/docs/bundle/blob-api-developer-guide/page/README.html) multipart: raw parts of 5 MiB
 * to 5 GB with an `X-HERE-Digest` (CRC-32C unless `checksum` says otherwise), 50 GB in all. `baseUrl` is the blob
 * service's as API Lookup gives it, up to the catalog: `…/blobstore/v1/catalogs/{hrn}`. The upload is stored when the
 * service's status says so; `objectId` is the data handle.
 *
 * A part number must not be used again after a failed attempt, so a failed part costs the session: all parts go into a
 * new one, at most three times, and a `notice` says why; a pause lets the parts in flight through. Anything that
 * could not be deleted is logged with `console.warn`. `"resend"` sends the part again under its number, as the vendor's own client
 * does.
 */
export function here(
  options: Service & {
    layerId: string;
    /** 1 to 600 letters, digits, dots and hyphens. A handle can be used once: give a function to upload many files. */
    dataHandle: string | ((file: Blob) => string);
    /** `"gzip"` says that the bytes are gzip already. Default `"identity"`. */
    contentEncoding?: "identity" | "gzip" | undefined;
    /** 4 to 16 letters and digits, for the vendor's bill. */
    billingTag?: string | undefined;
    /** Default `"restart"`. */
    onFailedPart?: "restart" | "resend" | undefined;
  },
): Destination;

/**
 * Any other service, described by its rules and your functions. Each may throw, which ends the upload with a `callback`
 * error that has it as its `cause`, unless what is thrown has `retry: true`.
 */
export function custom<Session, R = unknown>(options: {
  /** Tells services apart when an upload is resumed after a reload, which needs `remember` and `recall` as well. */
  id?: string | undefined;
  /** How a part's bytes travel: as they are (the default), as base64 in a JSON object, or as a file in form data. */
  body?: "raw" | "base64-json" | "form-data" | undefined;
  limits?: {
    /** Bytes that every part but the last must have. Default 1. */
    minPartSize?: number | undefined;
    /** Bytes that no part may exceed. Default: no limit. */
    maxPartSize?: number | undefined;
    /** Default 10 000, which is S3's. */
    maxParts?: number | undefined;
    /** Bytes that no file may exceed. Default: no limit. */
    maxSize?: number | undefined;
    /** Parts in flight at once that no upload may exceed, whatever `concurrency` says. Default: no limit of the service's. */
    maxConcurrency?: number | undefined;
    /**
     * Whether a part number may be used again after a failed attempt. Default true; `false`: all parts go into a new
     * session then, at most three times, and a pause lets the parts in flight through.
     */
    reuseNumbers?: boolean | undefined;
  } | undefined;
  /**
   * Opens a session. Yours is handed to the other functions as it is. A `partSize` overrides the one that was chosen; one
   * that does not fit `limits` is a `protocol` error, and the session is given to `abort`.
   */
  create(file: {
    name: string;
    type: string;
    size: number;
    parts: number;
    partSize: number;
    signal: AbortSignal;
  }): Promise<{ session: Session; uploadId?: string | undefined; partSize?: number | undefined }>;
  /** Says how one attempt at a part is sent; asked shortly before it is. Numbers and attempts count from 1. */
  part(
    session: Session,
    part: {
      number: number;
      offset: number;
      size: number;
      attempt: number;
      /** Where one was asked for; its `value` is base64. */
      checksum?: { algorithm: string; value: string };
      signal: AbortSignal;
    },
  ): Promise<CustomRequest> | CustomRequest;
  /** Reads the receipt out of a good answer. Default: the ETag header, if there is one. Throw `{ retry: true }` to have the part sent again. */
  receipt?(answer: { status: number; headers: Record<string, string>; body: string }): { etag?: string | undefined };
  /** What it gives as `response`, plain data, is the result's. */
  complete(
    session: Session,
    parts: StoredPart[],
    signal: AbortSignal,
  ): Promise<{ location?: string | undefined; objectId?: string | undefined; response?: R | undefined } | void>;
  abort?(session: Session): Promise<void>;
  /**
   * The parts that are stored, for a resumed upload; null if the service no longer knows it, and it starts over.
   * Default: those whose receipts were remembered.
   */
  list?(session: Session): Promise<{ number: number; size: number; etag?: string | undefined }[] | null>;
  /**
   * What may be written to disk of a session, as plain data: no token, no signed URL. If it throws, the upload carries on, and
   * a `journal-off` notice says that it will not survive a reload.
   */
  remember?(session: Session): unknown;
  /** The session again, within `responseTimeout`. If it throws, what is stored is kept for the next try. */
  recall?(remembered: unknown): Session | Promise<Session>;
}): Destination<R>;

export interface CustomRequest {
  /** Relative to the page, or absolute. */
  url: string;
  /** `PUT` (the default for raw bodies), `POST` (for the others) or `PATCH`. */
  method?: string | undefined;
  headers?: Record<string, string> | Headers | undefined;
  /** Default `"same-origin"`. */
  credentials?: RequestCredentials | undefined;
  /** The JSON or form fields around the bytes. */
  fields?: Record<string, string | number> | undefined;
  /** The field that holds the bytes, after the others. Default `"data"` in JSON, `"file"` in form data. */
  dataField?: string | undefined;
}

/**
 * Uploads that an earlier visit left unfinished and that no tab is running, newest first: to show, to resume with the same
 * file, or to discard. The same file passed to `upload` is resumed without this.
 */
export function interrupted(scope?: string): Promise<InterruptedUpload[]>;

export interface InterruptedUpload {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly lastModified?: number;
  /** Bytes that are stored, as far as this browser knows. */
  readonly sent: number;
  /** Which service: `"s3"`, `"veza"`, … */
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The handle that the upload was given; asking for permission needs a person's click. */
  readonly handle?: FileSystemFileHandle;
  /** Takes it up with the file that the person chose again (or by its handle); rejects with `file-changed` if it is another one. */
  resume<R = unknown>(file: Blob | FileSystemFileHandle, options: UploadOptions<R>): Upload<R>;
  /** Forgets it. With `to`, the service is asked to remove the stored parts, where it can; without, they stay there. */
  discard(options?: { to: Destination }): Promise<void>;
}

/**
 * Sessions that the service itself still holds unfinished: TwelveLabs. The others cannot list them: an `options` error.
 */
export function incomplete(
  to: Destination,
): AsyncIterable<{ uploadId: string; size?: number; partSize?: number; createdAt?: string; expiresAt?: string }>;

/**
 * What the service says of one session: TwelveLabs' status with its stored chunks; HERE's (with a fixed `dataHandle`),
 * which knows an upload only once it was completed. The others cannot be asked by the session's name alone: an `options`
 * error.
 */
export function status(
  to: Destination,
  uploadId: string,
): Promise<{
  state: "active" | "processing" | "completed" | "failed" | "expired";
  stored: { number: number; size?: number; etag?: string }[];
  response: unknown;
}>;

/**
 * [Veza OAA](https://docs.veza.com/4yItIzMvkpAvMVFAamTf/developers/api/oaa/rest-api/multipart-upload) `:parts`: base64 in
 * JSON, at most 99 parts of 100,000,000 bytes. `baseUrl` is the tenant's origin; `/api/v1/providers/custom/…` is appended.
 * Parts go out in parallel, since their order is that of their numbers; `concurrency: 1` sends one after the other. The
 * warnings of the final answer are in `result.response`. Veza cannot remove, list or verify an unfinished upload: a lost
 * answer to completing is `unproven`.
 */
export function veza(options: Service & { providerId: string; dataSourceId: string }): Destination;

/**
 * [Gjirafa VP](https://vp.gjirafa.tech/documentation/api/upload-api/postMultipartUpload) multipart uploads: presigned URLs
 * for a part count that the client picks. `baseUrl` is the API's origin; `/api/projects/…` is appended. The result's
 * `objectId` is the request key.
 */
export function gjirafa(
  options: Service & {
    projectId: string;
    /** How long URLs live, 1 to 168 hours. Default: the service's 12. Expired ones are renewed. */
    urlExpiryHours?: number | undefined;
    /** Has the service refuse a file that it has already; needs `fileHash`. */
    enableDuplicateCheck?: boolean | undefined;
    /** What the service knows the file by. */
    fileHash?: string | undefined;
  },
): Destination;

/**
 * [subworkflow.ai](https://docs.subworkflow.ai/api-reference/upload-session/post-v1-upload-session) upload sessions: form
 * data, parts of 5,000,000 to 100,000,000 bytes, 5 GB in all. `baseUrl` defaults to `https://api.subworkflow.ai/v1`. The job
 * is in `result.response`, its id is the result's `objectId`. The service cannot list or verify an unfinished upload: a
 * lost answer to its end is `unproven`.
 */
export function subworkflow(
  options: Omit<Service, "baseUrl"> & {
    baseUrl?: string | undefined;
    jobType: "extract" | "vectorize";
    /** After how many days the service forgets the file; -1: never. Default: the service's. */
    expiresInDays?: number | undefined;
  },
): Destination;
