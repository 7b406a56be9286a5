// The page: files in, rows out, and one line that sums them up.

import { init } from "/pkg/index.js";
import { announce } from "./announcer.js";
import { showLeft } from "./left.js";
import { chosenOptions } from "./options.js";
import { Row } from "./row.js";
import { openZone } from "./zone.js";

const list = document.getElementById("list");
const empty = document.getElementById("empty");
const summary = document.getElementById("summary");
const clear = document.getElementById("clear");
const form = document.getElementById("options");

/** Newest first, as on the page. */
let rows = [];

function addFiles(files, begin) {
  const added = files.map((file) => {
    const row = new Row(file, () => chosenOptions(form), begin);
    row.addEventListener("change", show);
    row.addEventListener("remove", () => remove([row]));
    return row;
  });
  rows = [...added, ...rows];
  list.prepend(...added.map(({ element }) => element));
  announce(added.length === 1 ? `${files[0].name} is being uploaded.` : `${added.length} files are being uploaded.`);
  show();
}

function remove(gone) {
  const place = rows.indexOf(gone[0]);
  for (const { element } of gone) element.remove();
  rows = rows.filter((row) => !gone.includes(row));
  show();
  // The button that was pressed is gone: the focus goes to the row that is there now, or was before it.
  const next = rows[place] ?? rows[place - 1];
  const button = next?.element.querySelector(".actions button:not([hidden])") ?? document.getElementById("choose");
  button.focus();
}

function show() {
  const running = rows.filter((row) => row.running).length;
  const stored = rows.filter(({ state }) => state === "completed").length;
  const failed = rows.filter(({ state }) => state === "failed").length;
  empty.hidden = rows.length > 0;
  clear.hidden = rows.length - running < 2;
  summary.textContent = [[running, "under way"], [stored, "stored"], [failed, "failed"]]
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(" · ");
  // Listened to only while there is something to lose: a page with such a listener is not kept for the back button.
  if (running > 0) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
}

function warn(event) {
  event.preventDefault();
}

clear.addEventListener("click", () => remove(rows.filter((row) => !row.running)));
form.addEventListener("submit", (event) => event.preventDefault());
openZone((files) => addFiles(files));
showLeft((file, begin) => addFiles([file], begin)).catch(() => {}); // a browser that keeps nothing has nothing to show
init().catch(() => {}); // compiled before the first file comes; a failure is told by the upload that meets it
