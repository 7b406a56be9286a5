// Runs scenarios: each is a file in scenarios/ that exports its title, how often it is run, the size of its file (or
// of its `files` together), the server's arguments, and `run`; or
// `weigh`, where no browser is needed. `cargo xtask bench` builds what is needed and sets the environment.
//
// UPSLICE_SERVER_BIN    the reference server's binary
// UPSLICE_PKG           the built package
// UPSLICE_KERNELS       src/encode as a module by itself
// UPSLICE_CHROMIUM      the browser's binary
// UPSLICE_CHROMEDRIVER  its driver's

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MIB, median } from "./driver/figures.mjs";
import { endAll } from "./driver/processes.mjs";
import { lay } from "./driver/page.mjs";
import { conditions, headlines, weighed, write } from "./driver/results.mjs";
import { Server } from "./driver/server.mjs";
import { Stand } from "./driver/stand.mjs";
import { Driver } from "./driver/webdriver.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const say = (line) => console.log(line);

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask bench\` sets it`);
  return value;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: "string" } } });
const known = readdirSync(join(here, "scenarios")).map((file) => file.replace(/\.mjs$/, "")).sort();
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(", ")}: there are ${known.join(", ")}`);
const names = positionals.length > 0 ? positionals : known;
const asked = values.runs === undefined ? undefined : Number(values.runs);
if (asked !== undefined && !(Number.isInteger(asked) && asked > 0)) throw new Error("--runs: a number from 1 is expected");
const { version } = JSON.parse(readFileSync(join(needed("UPSLICE_PKG"), "package.json"), "utf8"));

const scratch = mkdtempSync(join(tmpdir(), "upslice-bench-"));
process.on("exit", () => {
  endAll();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A file whose bytes are really stored: holes would be read faster than a person's file is. */
async function fill(path, size) {
  const block = randomBytes(MIB);
  const file = await open(path, "w");
  for (let done = 0; done < size; done += block.length) await file.write(block, 0, Math.min(block.length, size - done));
  await file.close();
}

const driver = await Driver.start(needed("UPSLICE_CHROMEDRIVER"), needed("UPSLICE_CHROMIUM"));
const sections = [];
const heads = new Map();
const page = join(scratch, "page");
try {
  await lay(join(here, "page"), page, needed("UPSLICE_KERNELS"));
  for (const name of names) {
    const scenario = await import(`./scenarios/${name}.mjs`);
    if (scenario.weigh) {
      say(`\n==> ${scenario.title}`);
      const { lines, head } = await scenario.weigh({ pkg: needed("UPSLICE_PKG"), here });
      const body = [weighed(version), ...lines].join("\n\n");
      say(`\n${body}\n`);
      sections.push([scenario.title, body]);
      heads.set(name, head);
      continue;
    }
    const runs = asked ?? scenario.runs;
    const count = scenario.files ?? 1;
    const files = Array.from({ length: count }, (_, index) => join(scratch, `${name}-${index + 1}.bin`));
    for (const file of files) await fill(file, scenario.size / count);
    say(`\n==> ${scenario.title}`);
    const server = await Server.start({
      program: needed("UPSLICE_SERVER_BIN"),
      page,
      pkg: needed("UPSLICE_PKG"),
      data: join(scratch, `${name}.data`),
      args: scenario.server,
    });
    try {
      const { lines, results, head } = await scenario.run(new Stand({ driver, server, files, size: scenario.size }), runs, say);
      const foreign = median(results.map(({ usage }) => usage?.foreign ?? 0));
      const body = [conditions({ browser: results[0].browser, foreign, version, runs }), ...lines].join("\n\n");
      say(`\n${body}\n`);
      sections.push([scenario.title, body]);
      if (head) heads.set(name, head);
    } finally {
      await server.stop();
      for (const file of files) rmSync(file);
    }
  }
} finally {
  await driver.stop();
}
write(join(here, "RESULTS.md"), sections);
headlines(join(here, "../README.md"), heads);
say(`written to bench/RESULTS.md and README.md`);
