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

export class Pace {
  limits: Limits = { updatesPerMinute: 100, burst: 100, maxUpdateBytes: 65_536 };
  #tokens = Infinity;
  #filledAt = 0;
  #pausedUntil = 0;

  constructor(private readonly now: () => number) {}

  /** Milliseconds until the next write may be sent; 0 takes the right to send one. */
  take(): number {
    const now = this.now();
    const { updatesPerMinute, burst } = this.limits;
    const perMs = (updatesPerMinute * caution) / 60_000;
    const filled = Math.max(0, now - this.#filledAt) * perMs;
    this.#tokens = updatesPerMinute ? Math.min(burst, this.#tokens + filled) : Infinity;
    this.#filledAt = now;
    if (now < this.#pausedUntil) return this.#pausedUntil - now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / perMs);
    this.#tokens--;
    return 0;
  }

  /** The node wants no writes for a while. `empty`: because its own bucket is. */
  pause(ms: number, empty = false): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.now() + ms);
    if (empty) this.#tokens = Math.min(this.#tokens, 1);
  }

  /** Another connection: what the last node asked for is past. */
  resume(): void {
    this.#pausedUntil = 0;
  }
}
