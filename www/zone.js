// The place where files come in: chosen with the button, or dropped anywhere on the page.

import { announce } from "./announcer.js";

/** Calls `begin` with an array of files each time a person chooses or drops some. */
export function openZone(begin) {
  const zone = document.getElementById("zone");
  const picker = document.getElementById("picker");
  const refusal = document.getElementById("zone-refusal");

  const take = (files, refused = "") => {
    refusal.textContent = refused;
    refusal.hidden = refused === "";
    if (refused) announce(refused);
    if (files.length > 0) begin(files);
  };

  // The whole zone is a large target for the pointer; the button inside is what the keyboard and readers use.
  zone.addEventListener("click", () => picker.click());
  picker.addEventListener("click", (event) => event.stopPropagation());
  picker.addEventListener("change", () => {
    const files = [...picker.files];
    picker.value = ""; // so that the same file can be chosen again
    take(files);
  });

  // Enter and leave come for every element on the way: only their balance says whether the files are over the page.
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("over", depth > 0);
  };
  const bringsFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

  addEventListener("dragenter", (event) => bringsFiles(event) && over(+1));
  addEventListener("dragleave", (event) => bringsFiles(event) && over(-1));
  addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    over(-depth);
    const { files, folders } = dropped(event.dataTransfer);
    take(files, folders > 0 ? "Folders cannot be uploaded. Choose the files inside them." : "");
  });
}

/** The files of a drop, and how many folders were among them: a folder pretends to be a file that cannot be read. */
function dropped({ items }) {
  const things = [...items].filter(({ kind }) => kind === "file");
  const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory ?? false;
  return {
    files: things.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean),
    folders: things.filter(isFolder).length,
  };
}
