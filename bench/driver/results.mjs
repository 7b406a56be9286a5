// bench/RESULTS.md: a section for each scenario, replaced when the scenario is run again.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const INTRO = `# Measured

Written by \`cargo xtask bench\`; every run of a scenario replaces its section. Ratios are of runs that took place one
after the other on the same machine, so that they mean something where absolute numbers do not.
`;

/** The share of the processors that others may take before a measurement says more of them than of us. */
const QUIET = 0.05;

/** What a result depends on, without naming the machine. */
export function conditions({ browser, foreign, version, runs }) {
  const [{ model }] = cpus();
  const cpu = model.replace(/\((R|TM)\)|@.*|\b(CPU|Processor)\b/gi, "").replace(/\s+/g, " ").trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  const facts = [
    new Date().toISOString().slice(0, 10),
    `upslice ${version}`,
    `Chromium ${browser}, headless`,
    `${cpus().length} cores (${cpu}), ${memory} GiB, ${system()}`,
    `${runs} runs each`,
    `other programs took ${(foreign * 100).toFixed(0)} % of the processors meanwhile`,
  ];
  return facts.join(" · ") + (foreign > QUIET ? "\n\n**The machine was busy: take no absolute number from this.**" : "");
}

function system() {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}

/** Puts these sections, by heading, into the file; the others stay as they are, in order of their headings. */
export function write(path, sections) {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // The first run of all.
  }
  const old = text.split(/^## /m).slice(1).map((section) => {
    const end = section.indexOf("\n");
    return [section.slice(0, end), section.slice(end + 1).trim()];
  });
  const all = [...new Map([...old, ...sections])].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, INTRO + all.map(([title, body]) => `\n## ${title}\n\n${body}\n`).join(""));
}

/** What the weight of files depends on. */
export const weighed = (version) => `${new Date().toISOString().slice(0, 10)} · upslice ${version}`;

/** Where the README's lines end that are written by runs. */
const END = "<!-- /bench -->";

/** Puts what scenarios say in short into the README: each has a line that ends with its mark, `<!-- bench:name -->`. */
export function headlines(path, heads) {
  const lines = readFileSync(path, "utf8").split("\n");
  for (const [name, head] of heads) {
    const mark = `<!-- bench:${name} -->`;
    const [at, end] = [lines.findIndex((line) => line.endsWith(mark)), lines.indexOf(END)];
    if (at < 0 && end < 0) throw new Error(`README.md has no line ${END}, before which the line of the scenario ${name} would be`);
    lines.splice(at < 0 ? end : at, at < 0 ? 0 : 1, `- ${head} ${mark}`);
  }
  writeFileSync(path, lines.join("\n"));
}
