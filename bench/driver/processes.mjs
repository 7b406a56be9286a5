// What processes hold and burn, from /proc; nothing where the system has none.

import { readFileSync, readdirSync } from "node:fs";
import { cpus } from "node:os";

/** Ticks per second of the times in /proc, whatever the kernel's own clock is. */
const TICKS = 100;

/** Between two looks: short against the life of a part's buffer, long against the cost of looking. */
const PAUSE = 50;

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}

/** State, parent and so on: what follows the name, which may hold spaces and parentheses. */
function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** A process and those it started, and theirs; nobody where the system does not tell. */
function family(root) {
  let pids = [];
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
  const parents = pids.map((pid) => [pid, Number(stat(pid)[1])]);
  const members = [root];
  for (const member of members) {
    for (const [pid, parent] of parents) if (parent === member) members.push(pid);
  }
  return members;
}

/** Ends whatever came from us and still runs: a driver that is stopped leaves its browser behind. */
export function endAll() {
  for (const pid of family(process.pid).slice(1)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

/** Bytes that are the process's own: neither files nor libraries, which the system can drop. */
function held(pid) {
  const status = read(`/proc/${pid}/status`);
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) * 1024;
  return field("RssAnon") + field("RssShmem");
}

/** Seconds of processor time. */
function burnt(pid) {
  const fields = stat(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}

/** Seconds of processor time that all programs together have taken, and those that another machine has (`steal`). */
function busy() {
  const [user, nice, system, , , , , steal] = (/^cpu +(.*)/.exec(read("/proc/stat"))?.[1] ?? "").split(" ").map(Number);
  return (user + nice + system + (steal ?? 0)) / TICKS;
}

/** Watches the browser, the server and the rest of the machine, from now until it is asked. */
export class Watch {
  /** The ids of the browser's driver and of the server. */
  constructor(driver, server) {
    this.server = server;
    const browser = new Set(family(driver).slice(1));
    this.members = family(process.pid).map((pid) => {
      const type = /--type=([\w-]+)/.exec(read(`/proc/${pid}/cmdline`))?.[1];
      return { pid, type: browser.has(pid) ? (type ?? "browser") : undefined, before: held(pid), most: 0, since: burnt(pid) };
    });
    this.began = performance.now();
    this.busy = busy();
    this.timer = setInterval(() => this.#look(), PAUSE);
  }

  #look() {
    for (const member of this.members) if (member.type) member.most = Math.max(member.most, held(member.pid));
  }

  /** Bytes of growth, seconds of processor time, and the share of the machine that others took; or nothing. */
  end() {
    clearInterval(this.timer);
    this.#look();
    const seconds = (performance.now() - this.began) / 1000;
    const all = busy() - this.busy;
    const cpu = (members) => members.reduce((sum, { pid, since }) => sum + Math.max(0, burnt(pid) - since), 0);
    const growth = (members) => Math.max(0, ...members.map(({ most, before }) => most - before));
    const browser = this.members.filter(({ type }) => type);
    // A spare renderer stands by and does nothing: the one that grows is the page's.
    const renderers = browser.filter(({ type }) => type === "renderer");
    if (renderers.length === 0) return undefined;
    return {
      renderer: growth(renderers),
      others: growth(browser.filter(({ type }) => type !== "renderer")),
      rendererCpu: cpu(renderers),
      browserCpu: cpu(browser),
      serverCpu: cpu(this.members.filter(({ pid }) => pid === this.server)),
      foreign: Math.max(0, all - cpu(this.members)) / (seconds * cpus().length),
    };
  }
}
