// What the driver calls. A client is a file in clients/ that exports `send(file, options)` and, where it has something
// to load first, `prepare()`.

let client;

/** Loads a client, so that loading is not measured. */
window.prepare = async (name) => {
  client = await import(`./clients/${name}.js`);
  await client.prepare?.();
};

/** Sends the chosen file; how long it took, in ms, and what the client tells of it. */
window.measure = async (options) => {
  const [file] = document.getElementById("file").files;
  const began = performance.now();
  const told = await client.send(file, options);
  return { ms: performance.now() - began, ...told };
};
