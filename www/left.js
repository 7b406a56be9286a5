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
  for (const button of element.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent}: ${one.name}`);
  const gone = () => {
    const focused = element.contains(document.activeElement);
    element.remove();
    section.hidden = list.childElementCount === 0;
    if (focused) document.getElementById("choose").focus(); // the button that was pressed is gone
  };
  const goOn = (file) => {
    gone();
    take(file, (file, options) => {
      const upload = one.resume(file, { ...options, to: destination(one.kind) });
      // Another file was chosen: the right one still may be.
      upload.catch(({ code }) => code === "file-changed" && showLeft(take));
      return upload;
    });
  };
  const picker = find("input");
  picker.addEventListener("change", () => picker.files.length > 0 && goOn(picker.files[0]));
  find('[data-act="choose"]').addEventListener("click", () => picker.click());
  find('[data-act="discard"]').addEventListener("click", async () => {
    gone();
    try {
      // What cannot be removed there ends by itself; here it is forgotten in any case.
      await one.discard({ to: destination(one.kind) }).catch(() => one.discard());
      announce(`${one.name} is forgotten.`);
    } catch (error) {
      announce(`${one.name} is not forgotten: ${error.message}.`);
    }
  });
  return element;
}
