/**
 * Stamps order writes: by knowledge (a version), then by time, then by the writer.
 *
 * @module
 */

import { compareText } from './text.js';

/** What orders two writes. */
export interface Stamp {
  /** The highest version that the writer had received from a node, + 1. */
  readonly version: number;
  /** Unix time in milliseconds by the nodes' clock. */
  readonly time: number;
  /** The writer's tab id. */
  readonly tab: string;
}

export const compareStamps = (a: Stamp, b: Stamp): number =>
  a.version - b.version || a.time - b.time || compareText(a.tab, b.tab);

/** A stamp as text: no two writes have the same. */
export const stampId = ({ version, time, tab }: Stamp): string => `${version}/${time}/${tab}`;

/** What must outlive a reload for stamps to go on rising. */
export interface ClockState {
  version: number;
  offset: number;
}

/** Makes this tab's stamps: the version counts what was received, the time never stands still. */
export class StampClock {
  /** The highest version received. */
  version = 0;
  /** What the nodes' clock is ahead of this machine's, in milliseconds. */
  offset = 0;
  #last = 0;

  constructor(private readonly now: () => number) {}

  /** Takes a version that came from a node. */
  received(version: number): void {
    if (version > this.version) this.version = version;
  }

  /** Later stamps are made after this time: that of a write which the user can see. */
  observe(time: number): void {
    if (time > this.#last) this.#last = time;
  }

  /** Sets the clock by the node's: it was asked at `askedAt` and answers with its time now. */
  calibrate(nodeTime: number, askedAt: number): void {
    this.offset = Math.round(nodeTime - (askedAt + this.now()) / 2);
  }

  next(tab: string): Stamp {
    this.#last = Math.max(this.#last + 1, this.now() + this.offset);
    return { version: this.version + 1, time: this.#last, tab };
  }
}
