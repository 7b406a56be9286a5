// The wasm module is there twice: whole, and with S3 alone, which is less to download. Which of them a file is says the
// file itself, and each has glue of its own.

const glues = { s3: () => import("./s3-glue.js"), all: () => import("./upslice-glue.js") };

/** The glue of the module that serves `which`. */
export const glueOf = async (which) => (await glues[which]()).default;

/** Whether a compiled module serves S3 and nothing else. */
export const servesS3Alone = (module) => WebAssembly.Module.customSections(module, "s3").length > 0;

/** Of any realm: what an object is says its tag. */
const is = (thing, ...names) => names.includes(Object.prototype.toString.call(thing).slice(8, -1));

/** The bytes, if they are a module's: what servers send in place of a file that they do not have is commonly a page. */
function checked(bytes, whose) {
  const head = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, Math.min(4, bytes.byteLength));
  if (head.join() !== "0,97,115,109") throw new Error(`${whose} is no wasm module`);
  return bytes;
}

/** A module, of whatever `init` may be given: compiled while it downloads, where the server calls it what it is. */
export async function compile(given) {
  const source = await given;
  if (is(source, "WebAssembly.Module")) return source;
  const response = is(source, "String", "URL", "Request") ? await fetch(source) : source;
  if (!is(response, "Response")) return WebAssembly.compile(checked(response, "what `init` was given"));
  // Without what may be secret.
  const address = response.url.replace(/[?#].*/, "") || "the response";
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (WebAssembly.compileStreaming && /^application\/wasm\b/i.test(type)) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(checked(await response.arrayBuffer(), `${address} (${type || "without a type"})`));
}
