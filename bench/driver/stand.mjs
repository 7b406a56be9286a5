// One measured upload: a fresh browser, one client, one file.

import { Watch } from "./processes.mjs";

/** Longer than any upload here takes; what hangs fails. */
const SECONDS = 180;

export class Stand {
  constructor({ driver, server, file, size }) {
    Object.assign(this, { driver, server, file, size });
  }

  /** Sends the file; tells how long it took, what the browser's processes held and burnt, and what the server saw. */
  async send(client, options = {}) {
    const browser = await this.driver.open({ seconds: SECONDS });
    try {
      await browser.open(`${this.server.origin}/index.html`);
      await browser.choose("#file", this.file);
      await browser.call("prepare", client);
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
      this.#check(client, requests);
      return { ...told, usage, requests, browser: browser.version };
    } finally {
      // What went wrong before is worth more than a browser that cannot be closed; it is ended with us.
      await browser.close().catch(() => {});
    }
  }

  /** Every byte has come once: a run in which a part was sent again measures something else. */
  #check(client, requests) {
    const parts = requests.filter(({ step, status }) => step === "part" && status === 200);
    const bytes = parts.reduce((sum, part) => sum + part.requestBytes, 0);
    if (bytes !== this.size) throw new Error(`${client}: the server has taken ${bytes} bytes of ${this.size}`);
  }
}
