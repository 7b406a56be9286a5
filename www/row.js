// One file on the page, from the first byte to the proof. Drives an upload and shows it; knows no other row.

import { upload } from "/pkg/index.js";
import { announce } from "./announcer.js";
import { Proof } from "./proof.js";
import * as words from "./words.js";

const template = document.getElementById("row");

/** Which buttons make sense in which state. Where none is named, the file has ended: it may be removed. */
const BUTTONS = {
  queued: ["pause", "cancel"],
  creating: ["pause", "cancel"],
  uploading: ["pause", "cancel"],
  offline: ["pause", "cancel"],
  completing: ["cancel"],
  paused: ["resume", "cancel"],
  cancelling: [],
  completed: ["remove"],
  failed: ["retry", "remove"],
  aborted: ["again", "remove"],
};

/** The buttons after a failure that the same upload cannot recover from: only a new one may succeed, or another file. */
const FINAL = { "file-changed": ["remove"] };
const ANOTHER = ["again", "remove"];

/** Beyond this many, the gaps between parts would be all that is seen of the bar. */
const DRAWN_SLICES = 64;

export class Row extends EventTarget {
  /** @type {import("/pkg/index.js").Upload} */
  #upload;
  #options;
  #begin;
  #proof;
  #cancelling = false;
  /** Whether the button with the focus went, and none was there to take it. */
  #unfocused = false;
  /** The error that ended the upload. */
  #error;

  /**
   * A row that starts at once, with what `options()` says at each start. Fires "change" when its state changes, and "remove"
   * when it should go. `begin` starts the first upload: `upload`, or what resumes an earlier one.
   */
  constructor(file, options, begin = upload) {
    super();
    this.#begin = begin;
    this.file = file;
    this.#options = options;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#label();
    this.#proof = new Proof(this.element.querySelector(".stored"), file);
    this.element.addEventListener("click", ({ target }) => this.#act(target.closest("button")?.dataset.act));
    this.#start();
  }

  /** The upload's state, or "cancelling" while it cleans up behind itself. */
  get state() {
    return this.#cancelling ? "cancelling" : this.#upload.state;
  }

  get running() {
    return !["completed", "failed", "aborted"].includes(this.state);
  }

  #start() {
    this.#follow(this.#begin(this.file, this.#options()));
    this.#begin = upload;
  }

  #follow(one) {
    this.#upload = one;
    this.#error = undefined;
    this.#find(".bar").style.removeProperty("--slice");
    this.#find(".failure").hidden = true;
    this.#proof.hide();
    one.addEventListener("progress", () => this.#draw());
    one.addEventListener("statechange", () => this.#change());
    one.addEventListener("part", ({ detail }) => this.#slice(detail));
    one.done.then((result) => this.#arrived(result), (error) => this.#failed(error));
    this.#change();
  }

  #act(action) {
    switch (action) {
      case "pause": return this.#upload.pause();
      case "resume": return this.#upload.resume();
      case "cancel": return this.#cancel();
      case "retry": return this.#follow(this.#upload.retry());
      case "again": return this.#start();
      case "remove": return this.dispatchEvent(new Event("remove"));
      case "compare": return this.#proof.compare();
    }
  }

  /** Cancelled is said when nothing is left behind, not when the button is pressed. */
  async #cancel() {
    this.#cancelling = true;
    this.#change();
    try {
      await this.#upload.abort();
    } finally {
      this.#cancelling = false;
      this.#change();
    }
  }

  #arrived(result) {
    this.#change();
    announce(`${this.file.name} is stored.`);
    this.#proof.show(result);
  }

  #failed(error) {
    this.#error = error;
    this.#change();
    if (error.code === "aborted") return announce(`${this.file.name} is cancelled.`);
    this.#find(".code").textContent = error.code;
    this.#find(".message").textContent = error.message;
    this.#find(".advice").textContent = words.ADVICE[error.code] ?? "";
    this.#find(".failure").hidden = false;
    announce(`${this.file.name} failed: ${error.message}`);
  }

  #label() {
    const { name, size } = this.file;
    this.#find(".name").title = name;
    this.#find(".name").firstElementChild.textContent = name;
    this.#find(".size").textContent = words.bytes(size);
    this.#find(".bar").setAttribute("aria-label", `Progress of ${name}`);
    for (const button of this.element.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${name}`);
    }
  }

  /** The state, in words and in buttons. */
  #change() {
    const { state } = this;
    this.element.dataset.state = state;
    this.#find(".state").textContent = words.STATES[state];
    const error = state === "failed" ? this.#error : undefined;
    const shown = error && !error.retryable ? (FINAL[error.code] ?? ANOTHER) : BUTTONS[state];
    const { activeElement } = document; // asked for now: a hidden button loses the focus at once
    for (const button of this.element.querySelectorAll(".actions button")) {
      button.hidden = !shown.includes(button.dataset.act);
    }
    // Who pressed Pause is on Resume now, and not thrown back to the top of the page; who pressed Cancel waits for a button.
    const isLost = this.element.contains(activeElement) ? activeElement.hidden : this.#unfocused && activeElement === document.body;
    const next = isLost && this.element.querySelector(".actions button:not([hidden])");
    if (next) next.focus();
    this.#unfocused = isLost && !next;
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  /** How far it is, in a bar and in figures. */
  #draw() {
    const { fraction, bytesPerSecond, millisecondsLeft, partsStored, partsTotal, sent, total } = this.#upload.progress;
    const moving = this.state === "uploading" && bytesPerSecond > 0;
    const bar = this.#find(".bar");
    bar.style.setProperty("--fraction", fraction);
    bar.setAttribute("aria-valuenow", Math.floor(fraction * 100));
    bar.setAttribute("aria-valuetext", `${words.percent(fraction)}, ${words.bytes(sent)} of ${words.bytes(total)}`);
    if (!bar.style.getPropertyValue("--slice")) this.#gaps(1 / partsTotal, partsTotal);
    this.#find(".percent").textContent = words.percent(fraction);
    this.#find(".speed").textContent = moving ? words.rate(bytesPerSecond) : "";
    this.#find(".left").textContent = moving && millisecondsLeft !== undefined ? `${words.duration(millisecondsLeft)} left` : "";
    this.#find(".parts").textContent = partsTotal > 1 ? `${partsStored} of ${partsTotal} parts stored` : "";
  }

  /** Moves the gaps to where the parts truly end: the last part is smaller, the first tells the size of the others. */
  #slice({ offset, size }) {
    if (offset === 0) this.#gaps(size / this.file.size, this.#upload.progress.partsTotal);
    this.#draw();
  }

  #gaps(share, count) {
    const bar = this.#find(".bar");
    bar.classList.toggle("sliced", count > 1 && count <= DRAWN_SLICES);
    if (count > 0) bar.style.setProperty("--slice", share);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}
