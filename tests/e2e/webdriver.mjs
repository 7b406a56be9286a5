// Every engine in WebDriver's own words, which all of them understand. Decides nothing: tests assert.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { needed } from "./harness.mjs";

/** How a reference to an element is written in JSON. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Longer than any test may take: a driver that does not answer is the test's to end. */
const SCRIPT = 120_000;

/** Each `{ name, driver, capabilities, env }`: `cargo xtask test` knows where they are and what keeps them quiet. */
export const engines = JSON.parse(needed("UPSLICE_ENGINES"));

/** One window of a browser without a past. */
export class Session {
  static async open({ driver, capabilities, env }) {
    const port = await freePort();
    const child = spawn(driver, [`--port=${port}`], { stdio: "ignore", env: { ...process.env, ...env } });
    const origin = `http://127.0.0.1:${port}`;
    const end = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, "exit");
    };
    try {
      await listening(child, origin);
      const wishes = { ...capabilities, timeouts: { script: SCRIPT, pageLoad: 30_000 } };
      const { sessionId } = await ask(`${origin}/session`, "POST", { capabilities: { alwaysMatch: wishes } });
      return new Session(`${origin}/session/${sessionId}`, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  #address;
  #end;

  constructor(address, end) {
    this.#address = address;
    this.#end = end;
  }

  /** Also what reloads a page: nothing of the one before lives on. */
  async goto(url) {
    await this.#ask("/url", "POST", { url });
    // WebKit's driver does not wait for module scripts.
    await this.evaluate(`new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", () => resolve()))`);
  }

  /** What an expression, or a function called with `argument`, comes to in the page. */
  async evaluate(script, argument) {
    const expression = typeof script === "function" ? `(${script})(${JSON.stringify(argument)})` : script;
    // Promises are waited for by hand: not every driver does.
    const { value, error } = await this.#ask("/execute/async", "POST", {
      script: `const told = arguments[0];
        (async () => (${expression}))().then((value) => told({ value }), (error) => told({ error: String(error?.message ?? error) }));`,
      args: [],
    });
    if (error !== undefined) throw new Error(`in the page: ${error}`);
    return value;
  }

  /** Gives a file to an input by its path, as a person's choice in the dialogue does. */
  async choose(selector, { path }) {
    const found = await this.#ask("/element", "POST", { using: "css selector", value: selector });
    await this.#ask(`/element/${found[ELEMENT]}/value`, "POST", { text: path });
  }

  /** Turns to another tab of the same browser, until it is closed. */
  async openTab() {
    const first = await this.#ask("/window", "GET");
    const { handle } = await this.#ask("/window/new", "POST", { type: "tab" });
    await this.#turnTo(handle);
    return {
      close: async () => {
        await this.#ask("/window", "DELETE");
        await this.#turnTo(first);
      },
    };
  }

  async close() {
    try {
      await this.#ask("", "DELETE");
    } finally {
      await this.#end();
    }
  }

  #turnTo(handle) {
    return this.#ask("/window", "POST", { handle });
  }

  #ask(path, method, body) {
    return ask(this.#address + path, method, body);
  }
}

/** One driver cannot say which it has taken. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Until the driver answers; none of them says in the same words that it will. */
async function listening(child, origin) {
  let failed;
  child.once("error", (error) => (failed = error));
  for (;;) {
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("the browser's driver ended before it listened");
    const answer = await fetch(`${origin}/status`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(url, method, body) {
  const signal = AbortSignal.timeout(SCRIPT + 10_000);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method, signal, ...(body && { headers, body: JSON.stringify(body) }) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
