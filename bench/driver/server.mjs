// The reference server as a program beside us: it serves the page of the benchmark, the package and the API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Server {
  static async start({ program, page, pkg, data, args = [] }) {
    const child = spawn(program, ["--port", "0", "--storage-port", "0", "--www", page, "--pkg", pkg, "--data", data, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = await new Promise((resolve, reject) => {
      const said = {};
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the reference server ended with ${code} before it listened`)));
      const awaited = ["listening", "storage", ...(args.includes("--tls-port") ? ["tls", "tls storage"] : [])];
      createInterface(child.stdout).on("line", (line) => {
        const [, what, origin] = /^([a-z ]+) on (https?:\/\/\S+)/.exec(line) ?? [];
        if (what) said[what] = origin;
        if (awaited.every((what) => said[what])) resolve(said);
      });
    });
    return new Server(child, said, data);
  }

  /** `page` and `storage` are where the browser goes: over TLS, and so by HTTP/2, where the server was told to speak it. */
  constructor(child, said, data) {
    Object.assign(this, { child, data, origin: said.listening, page: said.tls ?? said.listening, storage: said["tls storage"] ?? said.storage });
  }

  /** Where the peers' services are, on another origin than the page as our parts, and the key pair of this server's own store. */
  place() {
    const { access_key: accessKeyId, secret_key: secretAccessKey } = JSON.parse(readFileSync(join(this.data, "secret.json"), "utf8"));
    const peers = `${this.storage}/peers`;
    return { peers, storage: this.storage, credentials: { accessKeyId, secretAccessKey } };
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
