// One measured upload: a fresh browser, one client, one file or several.

import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Watch } from "./processes.mjs";
import { longTasks } from "./trace.mjs";

/** Longer than any upload here takes; what hangs fails. */
const SECONDS = 180;

export class Stand {
  constructor({ driver, server, files, size }) {
    Object.assign(this, { driver, server, files, size });
  }

  /** The same line, with a file of another size. Its holes are read as fast as anything can be: what is left is what we cost. */
  async sparse(size) {
    const path = join(dirname(this.files[0]), `sparse-${size}.bin`);
    const file = await open(path, "w");
    await file.truncate(size);
    await file.close();
    return new Stand({ driver: this.driver, server: this.server, files: [path], size });
  }

  /** Sends the file; tells how long it took, what the browser's processes held and burnt, and what the server saw. */
  async send(client, options = {}, { traced = false } = {}) {
    const browser = await this.driver.open({ seconds: SECONDS, traced });
    try {
      await browser.open(`${this.server.page}/index.html`);
      await browser.choose("#file", this.files.join("\n"));
      await browser.call("prepare", client, this.server.place());
      await this.server.forget();
      const watch = new Watch(this.driver.child.pid, this.server.child.pid);
      let told;
      let usage;
      try {
        told = await browser.call("measure", options);
      } finally {
        usage = watch.end();
      }
      const requests = await this.server.requests();
      const twice = this.#check(client, requests);
      const tasks = traced ? longTasks(await browser.trace()) : {};
      return { ...told, ...tasks, twice, usage, requests, browser: browser.version };
    } finally {
      // What went wrong before is worth more than a browser that cannot be closed; it is ended with us.
      await browser.close().catch(() => {});
    }
  }

  /** Has a client work on what it has itself, and tells what it tells. */
  async ask(client) {
    const browser = await this.driver.open({ seconds: SECONDS });
    try {
      await browser.open(`${this.server.origin}/index.html`);
      await browser.choose("#file", this.files.join("\n"));
      await browser.call("prepare", client, this.server.place());
      const watch = new Watch(this.driver.child.pid, this.server.child.pid);
      try {
        const told = await browser.call("measure");
        return { ...told, usage: watch.end(), browser: browser.version };
      } finally {
        watch.end();
      }
    } finally {
      await browser.close().catch(() => {});
    }
  }

  /** Every byte has come; how many came more than once, in requests that ended well or not. */
  #check(client, requests) {
    const sum = (requests) => requests.reduce((sum, { requestBytes }) => sum + requestBytes, 0);
    const parts = requests.filter(({ step }) => step === "part");
    const stored = parts.filter(({ status }) => status === 200 || status === 204);
    // Bytes inside JSON are more by a third, and the fields around them.
    const encoded = parts.some(({ service }) => service === "veza");
    const least = encoded ? Math.ceil(this.size / 3) * 4 : this.size;
    const most = encoded ? least + stored.length * 1024 : this.size;
    if (sum(stored) < least) throw new Error(`${client}: the server has taken ${sum(stored)} bytes of ${this.size}`);
    return Math.max(0, sum(parts) - most);
  }
}
