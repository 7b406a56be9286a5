// Nothing that an upload can do without is waited for longer than this.

/** The database may never answer: another tab of an older version, a broken profile. */
const PATIENCE = 3_000;

/** What is promised, or a failure when that takes too long: no upload waits for what it can do without. */
export const within = (promise, limit = PATIENCE) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("it does not answer")), limit)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
