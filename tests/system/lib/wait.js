// Waiting for things, with a deadline that says what did not come.

export const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

/** Polls until `condition` gives something truthy, and returns that. */
export async function eventually(what, condition, timeoutMs = 15_000) {
  const end = performance.now() + timeoutMs;
  let problem = '';
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      problem = '';
    } catch (error) {
      problem = `: ${error.message}`;
    }
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}${problem}`);
    await pause(25);
  }
}

/** The promise's outcome, or an error when it takes too long. `what` may be a function. */
export async function within(timeoutMs, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    const say = () => (typeof what === 'function' ? what() : what);
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms: ${say()}`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
