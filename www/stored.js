// What the server holds, and whether it is what the person has.

/**
 * The server's record of a finished upload, or `undefined` if it tells nothing of it.
 * Matched by the id that the service gave; by name, newest first, where that is another one.
 */
export async function storedRecord(result, name) {
  const answer = await fetch("/_/files", { headers: { accept: "application/json" } });
  if (!answer.ok) return undefined;
  const records = await answer.json();
  return records.find(({ id }) => id === result.objectId || id === result.uploadId)
    ?? records.find((record) => record.name === name && record.size === result.size);
}

export const downloadAddress = (record) => `/_/files/${encodeURIComponent(record.id)}`;

/** SHA-256 of the person's own file, computed in a worker. Tells `onFraction` how far it is. */
export function digestOf(file, onFraction) {
  const worker = new Worker("/digest-worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data: { fraction, digest, error } }) => {
      if (digest) resolve(digest);
      else if (error) reject(new Error(error));
      else onFraction(fraction);
    };
    worker.onerror = (event) => reject(new Error(event.message ?? "the worker could not be started"));
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
