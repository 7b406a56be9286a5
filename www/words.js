// Numbers and codes, turned into words. Pure: no document, no upload.

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** "64.0 MiB", "1 byte": binary units, because part sizes are counted in them. */
export function bytes(count) {
  if (count === 1) return "1 byte";
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(count, 1)) / 10));
  const value = count / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${UNITS[power]}`;
}

/** "12.3 MiB/s". */
export const rate = (bytesPerSecond) => `${bytes(Math.round(bytesPerSecond))}/s`;

/** "a second", "42 s", "3 min 5 s", "2 h 10 min": two figures at the most. */
export function duration(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds <= 1) return "a second";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "57%". Rounded down: 100% is shown with the last receipt only. */
export const percent = (fraction) => `${Math.floor(fraction * 100)}%`;

export const STATES = {
  queued: "Waiting its turn",
  creating: "Starting",
  uploading: "Uploading",
  paused: "Paused",
  offline: "Waiting for the network",
  completing: "Finishing",
  completed: "Stored",
  failed: "Failed",
  aborted: "Cancelled",
  cancelling: "Cancelling",
};

/** What a person can do about an error, by its code. */
export const ADVICE = {
  options: "Change the value under Options, then upload the file again.",
  limit: "The storage cannot take a file of this size in parts of this size. Leave the part size empty and upload it again.",
  network: "Nothing answered. Check the connection and that the server runs, then retry: the parts that are stored are kept.",
  timeout: "The connection went silent too often. Retry when the connection is better: the parts that are stored are kept.",
  unauthorized: "The server refuses the upload. Sign in again or check the key, then upload the file again.",
  rejected: "The server does not accept this upload, and says why above.",
  server: "The server has a problem. Retry later: the parts that are stored are kept.",
  checksum: "What arrived is not what was sent. Upload the file again; if it happens again, look for a faulty disk, memory or proxy.",
  unproven: "The last response was lost. Check what the server has stored before you retry.",
  "file-changed": "This is not the file the upload started with, or it was changed, moved or deleted since. Choose the right file.",
  protocol: "The server answers in a way that this page cannot use. Fix its configuration as described above.",
  callback: "A function of this page failed. That is a bug of the page, not of your file.",
  locked: "Another tab is sending this file. Continue there, or close it and retry.",
  load: "The upload module could not be loaded. Check the connection and reload the page.",
  internal: "That is a bug in upslice. Please report it with the message above, then retry.",
};
