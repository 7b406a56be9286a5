// Nothing that an upload can do without is waited for longer than this.

/** The database may never answer: another tab of an older version, a broken profile. */
const PATIENCE = 3_000;

/** A page that has slept (in the back/forward cache, under a closed lid) wakes when one of these is over, and waits the others out. */
const TURNS = 3;

/** What is promised, or a failure when that takes too long: no upload waits for what it can do without. */
export const within = (promise, limit = PATIENCE) => {
  let timer;
  const late = new Promise((_, reject) => {
    const wait = (turns) => {
      timer = setTimeout(() => {
        if (turns > 1) wait(turns - 1);
        // Of the waits that end so, it is those for the database that are told.
        else reject(new Error("the browser's storage does not answer"));
      }, limit / TURNS);
    };
    wait(TURNS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
