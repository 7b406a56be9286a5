// Tells people who listen rather than look: beginnings, ends and failures, never percentages.

const region = document.getElementById("announcer");
const KEPT = 6;

/** Says a sentence once. Sentences are added, not replaced, so that two ends in one moment are both heard. */
export function announce(sentence) {
  const line = document.createElement("p");
  line.textContent = sentence;
  region.append(line);
  while (region.childElementCount > KEPT) region.firstElementChild.remove();
}
