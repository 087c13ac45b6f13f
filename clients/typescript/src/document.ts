/**
 * One user's state: the records received from nodes, and over them the writes of this browser that
 * no node has confirmed yet.
 *
 * A tree by path segment. A record at P hides every record at P and below it with a lesser stamp.
 * Received records are merged as the node merges them; pending writes only overlay them, so that one
 * that is refused leaves no trace. Of both, what stands is laid out in path order, each value over
 * what is there. Every place of the tree keeps what it was laid out to, so that a change costs the
 * way from it to the root, and everything else stays the very same object.
 *
 * @module
 */

import type { Json } from './json.js';
import { layOut } from './layout.js';
import { parsePath } from './path.js';
import { childOf, compareRecords, isEmpty, makePlace, removeChild, type Place, type Rec } from './place.js';
import { compareStamps } from './stamps.js';

/** What a merge did: the record stands now, stood already, or something newer hides it. */
export type Merged = 'stored' | 'known' | 'hidden';

const nothing: Json = Object.freeze({});

/** Drops the received records below a place that are gone, and the places that then hold nothing. */
function dropBelow(place: Place, isGone: (record: Rec) => boolean): void {
  place.laid = undefined;
  for (const child of [...place.order]) {
    if (child.received && isGone(child.received)) child.received = undefined;
    dropBelow(child, isGone);
    if (isEmpty(child)) removeChild(place, child);
  }
}

/** The places from the root to a path, made where they are missing. */
function wayTo(root: Place, path: string): Place[] {
  const way = [root];
  for (const segment of parsePath(path)) way.push(childOf(way.at(-1) as Place, segment));
  return way;
}

/** Says that the end of a way has changed, and removes the places of it that hold nothing. */
function finish(way: Place[]): void {
  for (const place of way) place.laid = undefined;
  for (let at = way.length - 1; at > 0 && isEmpty(way[at] as Place); at--) removeChild(way[at - 1] as Place, way[at] as Place);
}

export type Document = ReturnType<typeof createDocument>;

export function createDocument() {
  const root = makePlace('');

  const setPending = (path: string, change: (pending: readonly Rec[]) => readonly Rec[]): void => {
    const way = wayTo(root, path);
    const place = way.at(-1) as Place;
    place.pending = change(place.pending);
    finish(way);
  };

  return {
    /** The state as one frozen value. */
    state: (): Json => layOut(root, nothing, undefined) as Json,

    /** Takes a record in, unless a newer one stands at its path or above it. */
    merge(path: string, record: Rec): Merged {
      const way = wayTo(root, path);
      const place = way.at(-1) as Place;
      const own = place.received;
      const order = own ? compareRecords(record, own) : 1;
      const isHidden = order < 0 || way.some(({ received }) => received && received !== own && compareStamps(received, record) > 0);
      if (!isHidden && order > 0) {
        place.received = record;
        dropBelow(place, (hidden) => compareStamps(hidden, record) < 0);
      } else if (!isHidden && own) {
        // Once an answer has covered a record it stays covered.
        own.loose &&= record.loose;
      }
      finish(way);
      return isHidden ? 'hidden' : order > 0 ? 'stored' : 'known';
    },

    /** Forgets received records. */
    drop: (isGone: (record: Rec) => boolean): void => dropBelow(root, isGone),

    /** Shows a write that no node has confirmed. */
    overlay: (path: string, record: Rec): void => setPending(path, (pending) => [...pending, record]),

    /** Takes an overlay away. */
    withdraw: (path: string, record: Rec): void => setPending(path, (pending) => pending.filter((other) => other !== record)),
  };
}
