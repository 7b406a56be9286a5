// Tasks of the page's thread, out of a browser's trace.

/** Longer than this, a person notices. */
const LONG = 50;

/**
 * The longest task of the page's main thread between its two marks, how many were long, and all of them together; in ms of
 * the thread's own time, which other programs do not lengthen.
 */
export function longTasks(events) {
  const began = events.find(({ name }) => name === "bench-began");
  const ended = events.find(({ name }) => name === "bench-ended");
  const tasks = events
    .filter(({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && pid === began?.pid && tid === began?.tid)
    .filter(({ ts, dur }) => ts + dur > began.ts && ts < ended?.ts)
    .map(({ dur, tdur }) => (tdur ?? dur) / 1000);
  if (tasks.length === 0) throw new Error(`of ${events.length} events of the trace none is a task of the page: its driver keeps 100,000, or the browser writes it in another way`);
  return { longest: Math.max(...tasks), long: tasks.filter((ms) => ms > LONG).length, busy: tasks.reduce((sum, ms) => sum + ms, 0) };
}
