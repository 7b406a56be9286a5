// Why an upload ended, and what the app has given, read with care: a getter or a proxy is a function of the app.

/** Why an upload ended without success. `code` is for programs, `message` for people. */
export class UploadError extends Error {
  constructor({ code, message, cause, status, part, attempts, retryable = false }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (part !== undefined) this.part = part;
    if (attempts !== undefined) this.attempts = attempts;
  }
}
Object.defineProperty(UploadError.prototype, "name", { value: "UploadError", configurable: true, writable: true });

/** That a file of the package, or the module in it, is not there, and why. */
export function unloaded(cause) {
  const said = messageOf(cause);
  let hint = "";
  // What a policy forbids is not compiled; what could not be fetched is no policy's doing.
  if (/^(Compile|Eval)Error$/.test(cause?.name)) hint = ". A content security policy must allow script-src 'wasm-unsafe-eval'";
  // So an import fails, in the words of the engines. Most of those in use do not ask again while the page is there.
  if (/imported module|importing a module/i.test(said)) hint = ". Should it fail again, reload the page";
  return new UploadError({ code: "load", message: `upslice could not be loaded: ${said.replace(/\.+$/, "")}${hint}`, cause, retryable: true });
}

/** The fields of a failure: ours as they are, anything else as a bug of ours. */
export const describe = (thrown) =>
  typeof thrown?.code === "string"
    ? { ...thrown, message: thrown.message, code: thrown.code }
    : { code: "internal", message: `a bug in upslice: ${messageOf(thrown)}`, cause: thrown };

/** What the app has given, read; that reading it threw is an error that names the field. */
export function given(field, read) {
  try {
    return read();
  } catch (cause) {
    throw new UploadError({ code: "options", message: `${field}: reading it threw: ${messageOf(cause)}`, cause });
  }
}

/** The same where it does not matter: nothing is as good. */
export function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What a thrown value says of itself. Anything may be thrown. */
export const messageOf = (thrown) => attempt(() => String(thrown?.message ?? thrown)) ?? "something without a message";
