// The wasm module is there twice: whole, and with S3 alone, which is less to download. Which of them a file is says the
// file itself, and each has glue of its own.

const glues = { s3: () => import("./s3-glue.js"), all: () => import("./upslice-glue.js") };

/** The glue of the module that serves `which`. */
export const glueOf = async (which) => (await glues[which]()).default;

/** Whether a compiled module serves S3 and nothing else. */
export const servesS3Alone = (module) => WebAssembly.Module.customSections(module, "s3").length > 0;

/** Of any realm: what an object is says its tag. */
const is = (thing, ...names) => names.includes(Object.prototype.toString.call(thing).slice(8, -1));

/** A module, of whatever `init` may be given: compiled while it downloads, where the server calls it what it is. */
export async function compile(given) {
  const source = await given;
  if (is(source, "WebAssembly.Module")) return source;
  const response = is(source, "String", "URL", "Request") ? await fetch(source) : source;
  if (!is(response, "Response")) return WebAssembly.compile(response);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  const streams = WebAssembly.compileStreaming && /^application\/wasm\b/i.test(type);
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
