// What the driver calls. A client is a file in clients/ that exports `send(file, options)` (or `sendAll(files, options)`
// where it has a queue of its own) and, where it has something to load or to know first, `prepare(place)`.

let client;

/** Loads a client, so that loading is not measured; `place` says where the peers' services are. */
window.prepare = async (name, place) => {
  client = await import(`./clients/${name}.js`);
  await client.prepare?.(place);
};

/** Sends the chosen files at once; how long it took, in ms, and what the client tells of the first. */
window.measure = async (options) => {
  const files = [...document.getElementById("file").files];
  const began = performance.now();
  performance.mark("bench-began");
  const told = client.sendAll
    ? await client.sendAll(files, options)
    : (await Promise.all(files.map((file) => client.send(file, options))))[0];
  performance.mark("bench-ended");
  return { ms: performance.now() - began, ...told };
};
