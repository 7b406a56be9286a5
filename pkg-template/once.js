// What is loaded once.

/**
 * A function that calls `load` the first time, and gives what it promised from then on (`begun`). A failure is forgotten, as
 * `forget` forgets what has ceased to be of use, so that whoever asks next tries again.
 */
export function once(load) {
  const ask = (...all) =>
    (ask.begun ??= load(...all).catch((error) => {
      ask.forget();
      throw error;
    }));
  ask.forget = () => {
    ask.begun = undefined;
  };
  return ask;
}
