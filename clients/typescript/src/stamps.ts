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
  /** The highest version received. */
  version: number;
  /** What the nodes' clock is ahead of this machine's, in milliseconds. */
  offset: number;
}

export type StampClock = ReturnType<typeof createClock>;

/** Makes this tab's stamps: the version counts what was received, the time never stands still. */
export function createClock(now: () => number) {
  const state: ClockState = { version: 0, offset: 0 };
  let last = 0;

  return {
    state,

    /** Takes a version that came from a node. */
    received(version: number): void {
      state.version = Math.max(state.version, version);
    },

    /** Later stamps are made after this time: that of a write which the user can see. */
    observe(time: number): void {
      last = Math.max(last, time);
    },

    /** Sets the clock by a node's, which was asked at `askedAt` and has answered with its time now. */
    calibrate(nodeTime: number, askedAt: number): void {
      state.offset = Math.round(nodeTime - (askedAt + now()) / 2);
    },

    next(tab: string): Stamp {
      last = Math.max(last + 1, now() + state.offset);
      return { version: state.version + 1, time: last, tab };
    },
  };
}
