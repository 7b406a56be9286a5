// Who is measured, each with the options that it has by default. What differs stands in its name.

export const LOOP = "bare fetch loop";

/** Client and options of each contestant; the first is what the others are compared with. */
export const field = (partSize) => ({
  [LOOP]: ["loop", { partSize }],
  upslice: ["upslice", {}],
  "Uppy 5": ["uppy-5", {}],
  "Uppy 5, parts as upslice's": ["uppy-5", { partSize }],
  "Uppy 6": ["uppy-6", {}],
  "tus-js-client, 6 parallel": ["tus", { parallelUploads: 6 }],
  "tus-js-client, 1": ["tus", {}],
  UpChunk: ["upchunk", {}],
  "lib-storage, 6 at once": ["lib-storage", { queueSize: 6 }],
  "Uploadcare, 6 at once": ["uploadcare", { maxConcurrentRequests: 6 }],
});

/** What is compared with ours: neither the limit nor our own variants. */
export const isPeer = (name) => name !== LOOP && !name.startsWith("upslice");
