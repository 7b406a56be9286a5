// Numbers, and how they are written.

export const MIB = 1024 * 1024;

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `0.97 (0.93–1.02)`: the median and the extremes. */
export function spread(numbers, digits) {
  const text = (number) => number.toFixed(digits);
  return `${text(median(numbers))} (${text(Math.min(...numbers))}–${text(Math.max(...numbers))})`;
}

/** A table of Markdown, padded so that a terminal shows it as one too. */
export function table([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

/** What the server saw of one upload, step by step: how many requests, when the first began and the last ended. */
export function dialogue(requests) {
  const origin = Math.min(...requests.map(({ startMs }) => startMs));
  const steps = new Map();
  for (const { step, startMs, endMs } of requests) {
    const known = steps.get(step) ?? { count: 0, from: Infinity, to: 0 };
    steps.set(step, {
      count: known.count + 1,
      from: Math.min(known.from, startMs - origin),
      to: Math.max(known.to, endMs - origin),
    });
  }
  return steps;
}

/** How much of the machine others took during a run, as a remark behind its figure. */
export function foreign({ usage }) {
  return usage ? `   (others took ${(usage.foreign * 100).toFixed(0)} % of the processors)` : "";
}
