// The services: what is said of one here is read by the wasm module when an upload begins.

/** S3 and every store that speaks it, through URLs that your backend signs. */
export const s3 = (options) => Object.freeze({ kind: "s3", options });

/** TwelveLabs assets: presigned URLs, reports in batches. */
export const twelvelabs = (options) => Object.freeze({ kind: "twelvelabs", options });

/** HERE Blob v1: digests, part numbers that are never used twice. */
export const here = (options) => Object.freeze({ kind: "here", options });

/** Any other service, described by its rules and functions. */
export const custom = (options) => Object.freeze({ kind: "custom", options });

/** Veza OAA `:parts`: base64 in JSON. */
export const veza = (options) => Object.freeze({ kind: "veza", options });

/** subworkflow.ai upload sessions: form data. */
export const subworkflow = (options) => Object.freeze({ kind: "subworkflow", options });

/** Gjirafa VP multipart uploads. */
export const gjirafa = (options) => Object.freeze({ kind: "gjirafa", options });
