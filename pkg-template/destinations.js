// The services: what is said of one here is read by the wasm module when an upload begins.

const destination = (kind) => (options) => Object.freeze({ kind, options });

/** S3 and every store that speaks it, through URLs that your backend signs. */
export const s3 = /*#__PURE__*/ destination("s3");

/** TwelveLabs assets: presigned URLs, reports in batches. */
export const twelvelabs = /*#__PURE__*/ destination("twelvelabs");

/** HERE Blob v1: digests, part numbers that are never used twice. */
export const here = /*#__PURE__*/ destination("here");

/** Any other service, described by its rules and functions. */
export const custom = /*#__PURE__*/ destination("custom");

/** Veza OAA `:parts`: base64 in JSON. */
export const veza = /*#__PURE__*/ destination("veza");

/** subworkflow.ai upload sessions: form data. */
export const subworkflow = /*#__PURE__*/ destination("subworkflow");

/** Gjirafa VP multipart uploads. */
export const gjirafa = /*#__PURE__*/ destination("gjirafa");
