// What a device keeps, whether it is connected or not.

import { Mirror } from './layout.js';

const isTold = (event) => event === 'dashboard.state.sync' || event === 'dashboard.state.batch';

/** The changes that an event tells of, each with its stamp. */
export function changesOf({ event, payload }) {
  if (event === 'dashboard.state.delta') return payload.changes;
  if (event !== 'dashboard.state.batch') return isTold(event) ? [payload] : [];
  const { updates, version, timestamp, sourceTabId } = payload;
  return updates.map((update) => ({ ...update, version, timestamp, sourceTabId }));
}

export class Memory {
  /** The highest version received from a node. */
  version = 0;
  cursor = undefined;
  #seen = new Map();
  #seesDots = false;
  #lastTimestamp = 0;

  /** `known`: a Mirror, or a Document for a device that goes from node to node. */
  constructor(known = new Mirror()) {
    this.known = known;
  }

  /** A new connection: its events tell nothing of `seen` before its own answer has come. */
  startConnection() {
    this.#seesDots = false;
  }

  /** Learns from what a node says. */
  take(event) {
    const { payload } = event;
    if (Number.isInteger(payload.version)) this.version = Math.max(this.version, payload.version);
    if (this.#seesDots && payload.dot) this.#see(payload.dot);
    if (payload.complete && !payload.behind) this.known.reset(payload.changes);
    else this.known.take(changesOf(event));
    if (payload.cursor) this.#start(payload.cursor);
  }

  /** Takes its own changes as the node has stored them. */
  takeOwn(changes, { version, timestamp }, sourceTabId) {
    this.known.take(changes.map((change) => ({ ...change, version, timestamp, sourceTabId })));
  }

  #start(cursor) {
    this.cursor = cursor;
    this.#seesDots = true;
    this.#seen.clear();
  }

  #see(dot) {
    const [origin, seq] = dot.split(':');
    this.#seen.set(origin, Math.max(this.#seen.get(origin) ?? 0, Number(seq)));
  }

  get seen() {
    return [...this.#seen].map(([origin, seq]) => `${origin}:${seq}`);
  }

  /** The stamp of the next write; the clock never stands still between two. */
  nextStamp(sourceTabId) {
    this.#lastTimestamp = Math.max(this.#lastTimestamp + 1, Date.now());
    return { version: this.version + 1, timestamp: new Date(this.#lastTimestamp).toISOString(), sourceTabId };
  }
}
