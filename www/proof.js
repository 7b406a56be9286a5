// What the server stored, beside what the person has: two digests and one word.

import { digestOf, downloadAddress, storedRecord } from "./stored.js";
import { announce } from "./announcer.js";
import { percent } from "./words.js";

export class Proof {
  #element;
  #file;
  #comparing = false;

  constructor(element, file) {
    this.#element = element;
    this.#file = file;
  }

  hide() {
    this.#element.hidden = true;
  }

  /** Asks the server what it holds. A server that does not say is no failure of the upload. */
  async show(result) {
    const record = await storedRecord(result, this.#file.name).catch(() => undefined);
    this.#find(".digest").textContent = record?.sha256 ?? "the server does not say";
    this.#find(".proof").hidden = record === undefined;
    if (record) this.#find(".download").href = downloadAddress(record);
    this.#say("", undefined);
    this.#element.hidden = false;
  }

  /** Reads the person's own file and says whether it is what was stored. Progress is seen, not said aloud: the end is both. */
  async compare() {
    if (this.#comparing) return;
    this.#comparing = true;
    const stored = this.#find(".digest").textContent;
    // Not `disabled`, which would take the focus from who pressed it.
    this.#find("button").setAttribute("aria-disabled", "true");
    try {
      const own = await digestOf(this.#file, (fraction) => this.#say(`Reading your file: ${percent(fraction)}`));
      if (own === stored) this.#say("Equal, byte for byte.", true);
      else this.#say(`Different: your file has ${own}.`, false);
      announce(`${this.#file.name}: ${own === stored ? "equal" : "different"}.`);
    } catch (error) {
      this.#say(`Your file cannot be read: ${error.message}`, false);
      announce(`${this.#file.name} cannot be read: ${error.message}`);
    } finally {
      this.#comparing = false;
      this.#find("button").removeAttribute("aria-disabled");
    }
  }

  #say(sentence, equal) {
    const verdict = this.#find(".verdict");
    verdict.textContent = sentence;
    verdict.dataset.equal = equal ?? "";
  }

  #find(selector) {
    return this.#element.querySelector(selector);
  }
}
