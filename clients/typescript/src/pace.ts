/**
 * How fast writes may be sent: a token bucket by what the node allows, and pauses it asks for.
 *
 * @module
 */

/** What a node tells after authentication. */
export interface Limits {
  /** 0: as many as one likes. */
  readonly updatesPerMinute: number;
  readonly burst: number;
  readonly maxUpdateBytes: number;
}

/** Slightly slower than allowed, for frames do not arrive as evenly as they are sent. */
const caution = 0.95;

export type Pace = ReturnType<typeof createPace>;

export function createPace(now: () => number) {
  let tokens = Infinity;
  let filledAt = 0;
  let pausedUntil = 0;

  return {
    limits: { updatesPerMinute: 100, burst: 100, maxUpdateBytes: 65_536 } as Limits,

    /** Milliseconds until the next write may be sent; 0 takes the right to send one. */
    take(unanswered: number): number {
      const { updatesPerMinute, burst } = this.limits;
      const perMs = (updatesPerMinute * caution) / 60_000;
      const time = now();
      const filled = tokens + Math.max(0, time - filledAt) * perMs;
      // What is on its way finds a bucket that may have been full, and so was not filled meanwhile.
      tokens = updatesPerMinute ? Math.min(burst - unanswered, filled) : Infinity;
      filledAt = time;
      const wait = Math.max(pausedUntil - time, (1 - tokens) / perMs, 0);
      if (!wait) tokens--;
      return Math.ceil(wait);
    },

    /** The node wants no writes for a while, and then few: its own bucket may be empty. */
    pause(ms: number): void {
      pausedUntil = Math.max(pausedUntil, now() + ms);
      tokens = Math.min(tokens, 1);
    },

    /** Another connection: what the last node asked for is past. */
    resume(): void {
      pausedUntil = 0;
    },
  };
}
