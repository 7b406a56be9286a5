// Chromium through chromedriver, spoken to in WebDriver's own words. A driver that watches the network would copy what
// the page sends, and slow down what is measured; this one only asks the page to run.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How a reference to an element is written in JSON. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Browsers ask the world about updates and more at every start; here they find only this machine. */
const ARGS = [
  "--headless=new",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage", // containers have too little of it
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // the sandbox refuses to start as root
];

/** What a trace is made of: the tasks of each thread and the page's own marks, and nothing of the network, which would be copied. */
const TRACED = { enableNetwork: false, enablePage: false, traceCategories: "disabled-by-default-devtools.timeline,blink.user_timing" };

/** The driver as a program beside us. */
export class Driver {
  static async start(program, chromium) {
    const child = spawn(program, ["--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`chromedriver ended with ${code} before it listened`)));
      createInterface(child.stdout).on("line", (line) => {
        const port = /started successfully on port (\d+)/.exec(line)?.[1];
        if (port) resolve(port);
      });
    });
    return new Driver(child, `http://127.0.0.1:${port}`, chromium);
  }

  constructor(child, address, chromium) {
    Object.assign(this, { child, address, chromium });
  }

  /** A browser that nothing was done with yet: no open connection, no remembered preflight, no grown heap. */
  async open({ seconds, traced = false }) {
    const { sessionId, capabilities } = await ask(`${this.address}/session`, "POST", {
      capabilities: {
        alwaysMatch: {
          browserName: "chrome",
          acceptInsecureCerts: true, // the server's is made at its start
          timeouts: { script: seconds * 1000, pageLoad: 30_000 },
          "goog:chromeOptions": { binary: this.chromium, args: ARGS, ...(traced && { perfLoggingPrefs: TRACED }) },
          ...(traced && { "goog:loggingPrefs": { performance: "ALL" } }),
        },
      },
    });
    return new Browser(`${this.address}/session/${sessionId}`, capabilities);
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, "exit");
  }
}

/** One browser window. */
class Browser {
  constructor(address, capabilities) {
    this.address = address;
    this.version = capabilities.browserVersion;
  }

  open(url) {
    return ask(`${this.address}/url`, "POST", { url });
  }

  /** Gives a file to an input by its path, as a person's choice in the dialogue does. */
  async choose(selector, path) {
    const found = await ask(`${this.address}/element`, "POST", { using: "css selector", value: selector });
    await ask(`${this.address}/element/${found[ELEMENT]}/value`, "POST", { text: path });
  }

  /** Calls a function of the page's window, and waits for what it promises. */
  call(name, ...args) {
    return ask(`${this.address}/execute/sync`, "POST", { script: `return window.${name}(...arguments)`, args });
  }

  /** The events of the trace since the browser was opened. */
  async trace() {
    const entries = await ask(`${this.address}/se/log`, "POST", { type: "performance" });
    const events = entries.map(({ message }) => JSON.parse(message).message);
    return events.filter(({ method }) => method === "Tracing.dataCollected").map(({ params }) => params);
  }

  close() {
    return ask(this.address, "DELETE");
  }
}

async function ask(url, method, body) {
  // Longer than any script may run, shorter than for ever.
  const signal = AbortSignal.timeout(280_000);
  const answer = await fetch(url, { method, signal, ...(body && { body: JSON.stringify(body) }) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
