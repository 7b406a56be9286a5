// The reference server as a program beside us: it serves the page of the benchmark, the package and the API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Server {
  static async start({ program, page, pkg, data, args = [] }) {
    const child = spawn(program, ["--port", "0", "--storage-port", "0", "--www", page, "--pkg", pkg, "--data", data, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const origin = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the reference server ended with ${code} before it listened`)));
      createInterface(child.stdout).on("line", (line) => {
        const origin = /^listening on (http:\/\/\S+)/.exec(line)?.[1];
        if (origin) resolve(origin);
      });
    });
    return new Server(child, origin);
  }

  constructor(child, origin) {
    Object.assign(this, { child, origin });
  }

  /** Breaks what the rules say, from now on. */
  fault(...rules) {
    return this.#ask("PUT", "/_/faults", { rules });
  }

  forget() {
    return this.#ask("DELETE", "/_/requests");
  }

  /** The exchanges since they were forgotten, as the server saw them: `step`, `startMs`, `endMs`, `requestBytes`. */
  requests() {
    return this.#ask("GET", "/_/requests");
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL"); // nothing of its data is wanted any more
    await once(this.child, "exit");
  }

  async #ask(method, path, body) {
    const signal = AbortSignal.timeout(30_000);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(this.origin + path, { method, signal, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}
