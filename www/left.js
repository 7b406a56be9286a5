// What an earlier visit left unfinished: each can be gone on with, by its file, or be forgotten.

import { interrupted } from "/pkg/index.js";
import { announce } from "./announcer.js";
import { destination } from "./destinations.js";
import { bytes, percent } from "./words.js";

const section = document.getElementById("left");
const list = document.getElementById("left-list");
const template = document.getElementById("left-row");

/** Shows what is left; `take(file, start)` makes a row of what is gone on with. */
export async function showLeft(take) {
  const rows = (await interrupted()).map((one) => row(one, take));
  list.replaceChildren(...rows);
  section.hidden = rows.length === 0;
}

function row(one, take) {
  const element = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => element.querySelector(selector);
  find(".name bdi").textContent = one.name;
  find(".size").textContent = `${bytes(one.size)}, ${percent(one.size ? one.sent / one.size : 0)} sent`;
  const gone = () => {
    element.remove();
    section.hidden = list.childElementCount === 0;
  };
  const goOn = (file) => {
    gone();
    take(file, (file, options) => one.resume(file, { ...options, to: destination(one.kind) }));
  };
  const picker = find("input");
  picker.addEventListener("change", () => picker.files.length > 0 && goOn(picker.files[0]));
  find('[data-act="choose"]').addEventListener("click", () => picker.click());
  find('[data-act="discard"]').addEventListener("click", async () => {
    gone();
    // What cannot be removed there ends by itself; here it is forgotten in any case.
    await one.discard({ to: destination(one.kind) }).catch(() => one.discard());
    announce(`${one.name} is forgotten.`);
  });
  return element;
}
