// What the tests watch the page's platform with. An expression: its value holds the tools.
(() => {
  const NAMES = ["fetch", "XMLHttpRequest", "setTimeout", "clearTimeout", "addEventListener", "removeEventListener", "MessageChannel", "ArrayBuffer"];
  const originals = Object.fromEntries(NAMES.map((name) => [name, globalThis[name]]));
  // As they may be called from anywhere.
  const { XMLHttpRequest, MessageChannel, ArrayBuffer, ...functions } = originals;
  const bound = Object.entries(functions).map(([name, function_]) => [name, function_.bind(globalThis)]);
  const real = { XMLHttpRequest, MessageChannel, ArrayBuffer, ...Object.fromEntries(bound) };
  const own = new Set(NAMES.filter((name) => Object.hasOwn(globalThis, name)));

  /** A count that can be awaited. */
  const tally = () => {
    const waiting = [];
    const tally = {
      count: 0,
      add() {
        tally.count += 1;
        for (const { at, resolve } of waiting) if (tally.count >= at) resolve();
      },
      when: (at) => new Promise((resolve) => (tally.count >= at ? resolve() : waiting.push({ at, resolve }))),
    };
    return tally;
  };

  /** Never answers; ends as fetch does when its signal fires. */
  const held = (request) =>
    new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));

  /** A part that a store has taken. */
  const stored = (etag = '"etag"') => new Response(null, { status: 200, headers: { etag } });

  const json = (value, status = 200) => new Response(JSON.stringify(value), { status });

  /** Notes every request of ours, and answers it with `answer(request, number)`, or the real thing without one. */
  function fetchSpy(answer) {
    const spy = { requests: [], inFlight: 0, most: 0, sent: tally(), aborted: tally() };
    globalThis.fetch = (...given) => {
      const [request] = given;
      if (!(request instanceof Request)) return real.fetch(...given);
      const number = spy.requests.push(request);
      let answered = false;
      const ended = () => {
        if (!answered) spy.inFlight -= 1;
        answered = true;
      };
      request.signal.addEventListener("abort", () => {
        if (!answered) spy.aborted.add();
        ended();
      });
      spy.inFlight += 1;
      spy.most = Math.max(spy.most, spy.inFlight);
      const outcome = () => (answer ? answer(request, number) : real.fetch(request));
      queueMicrotask(() => spy.sent.add());
      const promise = outcome();
      if (promise instanceof Promise) promise.then(ended, ended);
      return promise;
    };
    return spy;
  }

  /** Notes every XMLHttpRequest; `look` is called at each sign of progress, after the request's own listener. */
  function xhrSpy(look) {
    const spy = { opened: [], sent: tally(), aborted: tally(), loaded: tally() };
    globalThis.XMLHttpRequest = class extends real.XMLHttpRequest {
      open(...given) {
        spy.opened.push(given[1]);
        return super.open(...given);
      }
      send(body) {
        this.addEventListener("abort", () => spy.aborted.add());
        this.addEventListener("load", () => spy.loaded.add());
        if (look) this.upload.addEventListener("progress", (event) => look(event));
        super.send(body);
        queueMicrotask(() => spy.sent.add());
      }
    };
    return spy;
  }

  /** Notes which timers are set and neither fired nor cleared. */
  function timerSpy() {
    const spy = { open: new Set(), set: 0 };
    globalThis.setTimeout = (callback, ...rest) => {
      spy.set += 1;
      const timer = real.setTimeout((...given) => {
        spy.open.delete(timer);
        return callback(...given);
      }, ...rest);
      spy.open.add(timer);
      return timer;
    };
    globalThis.clearTimeout = (timer) => {
      spy.open.delete(timer);
      real.clearTimeout(timer);
    };
    return spy;
  }

  /** Notes who listens for the network's return. */
  function listenerSpy() {
    const spy = { online: new Set(), added: 0 };
    const { addEventListener: add, removeEventListener: remove } = real;
    globalThis.addEventListener = (kind, listener, ...rest) => {
      if (kind === "online") {
        spy.added += 1;
        spy.online.add(listener);
      }
      add(kind, listener, ...rest);
    };
    globalThis.removeEventListener = (kind, listener, ...rest) => {
      if (kind === "online") spy.online.delete(listener);
      remove(kind, listener, ...rest);
    };
    return spy;
  }

  /** Notes how many channels of messages are made. */
  function channelSpy() {
    const spy = { made: tally() };
    globalThis.MessageChannel = class extends real.MessageChannel {
      constructor() {
        super();
        spy.made.add();
      }
    };
    return spy;
  }

  /** Everything as it was. */
  function restore() {
    for (const name of NAMES) {
      if (own.has(name)) globalThis[name] = originals[name];
      else delete globalThis[name];
    }
  }

  /** A backend of functions whose store is at `origin`. */
  const shop = (origin, more) => ({
    kind: "s3",
    options: {
      create: async () => ({ uploadId: "u", key: "k" }),
      sign: async ({ parts }) =>
        parts.map(({ partNumber }) => ({ partNumber, url: `${origin}/k?partNumber=${partNumber}`, expiresIn: 600 })),
      complete: async () => ({ location: `${origin}/k` }),
      ...more,
    },
  });

  /** Any bytes at all, the same at every run and unlike from place to place. */
  function bytes(size) {
    const bytes = new Uint8Array(size);
    let state = 0x9e3779b9;
    for (let at = 0; at < size; at += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[at] = state;
    }
    return bytes;
  }

  const file = (size) => new Blob([bytes(size)]);

  /** RFC 1321, in hexadecimal: what a store calls a part that it was sent in one piece. */
  function md5(bytes) {
    const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
    const sines = Int32Array.from({ length: 64 }, (_, at) => Math.floor(2 ** 32 * Math.abs(Math.sin(at + 1))));
    const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, bytes.length << 3, true);
    view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
    const sum = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
    // Without an array in the loop: there would be two for every byte, and a worker of WebKit's collects none until it ends.
    for (let block = 0; block < padded.length; block += 64) {
      let [a, b, c, d] = sum;
      for (let at = 0; at < 64; at += 1) {
        const round = at >> 4;
        const mixed =
          round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d);
        const word = (round === 0 ? at : round === 1 ? 5 * at + 1 : round === 2 ? 3 * at + 5 : 7 * at) & 15;
        const turned = (a + mixed + sines[at] + view.getInt32(block + 4 * word, true)) | 0;
        const by = turns[4 * round + (at & 3)];
        a = d;
        d = c;
        c = b;
        b = (b + ((turned << by) | (turned >>> (32 - by)))) | 0;
      }
      sum[0] += a;
      sum[1] += b;
      sum[2] += c;
      sum[3] += d;
    }
    return Array.from(new Uint8Array(sum.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The ETags that a store gives the parts of a file. */
  async function etags(blob, partSize) {
    const etags = [];
    for (let start = 0; start < blob.size; start += partSize) {
      const part = await blob.slice(start, start + partSize).arrayBuffer();
      etags.push(`"${md5(new Uint8Array(part))}"`);
    }
    return etags;
  }

  /** Waits for a promise, but not for ever. */
  const soon = (promise, told) =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`it did not happen; told so far: ${told()}`));
      const timer = real.setTimeout(late, 20_000);
      promise.then(resolve, reject).finally(() => real.clearTimeout(timer));
    });

  return { restore, fetchSpy, xhrSpy, timerSpy, listenerSpy, channelSpy, held, stored, json, shop, bytes, file, md5, etags, soon, tally, real };
})()
