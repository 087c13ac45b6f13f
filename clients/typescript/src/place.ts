/**
 * The tree that a document is made of, and what lies in it.
 *
 * @module
 */

import { compareContent, type Json } from './json.js';
import { compareSegments } from './path.js';
import { compareStamps, type Stamp } from './stamps.js';

/** A write at one path; without a value it deletes. */
export interface Rec extends Stamp {
  readonly value: Json | undefined;
  /** The number of the connection it came on, where no cursor is sure to cover it. */
  loose?: number | undefined;
}

/** The order of records at one path: it is total. */
export const compareRecords = (a: Rec, b: Rec): number => compareStamps(a, b) || compareContent(a.value, b.value);

/** What a place was laid out to, and from what. */
interface Laid {
  readonly base: Json | undefined;
  readonly above: Stamp | undefined;
}

/** One segment of the tree. */
export interface Place {
  readonly segment: string;
  readonly children: Map<string, Place>;
  /** The children in path order. */
  readonly order: Place[];
  /** The newest record that came from a node. */
  received?: Rec | undefined;
  /** Writes of this browser that no node has confirmed. */
  pending: readonly Rec[];
  /** Missing when something at or below the place has changed. */
  laid?: Laid | undefined;
  /** What it was last laid out to. */
  result?: Json | undefined;
}

export const makePlace = (segment: string): Place => ({ segment, children: new Map(), order: [], pending: [] });

export const isEmpty = ({ received, pending, order }: Place): boolean => !received && !pending.length && !order.length;

/** Where a segment stands, or would stand, among the children. */
function positionOf({ order }: Place, segment: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareSegments((order[middle] as Place).segment, segment) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child of a segment, made where it is missing. */
export function childOf(parent: Place, segment: string): Place {
  const known = parent.children.get(segment);
  if (known) return known;
  const child = makePlace(segment);
  parent.children.set(segment, child);
  parent.order.splice(positionOf(parent, segment), 0, child);
  return child;
}

export function removeChild(parent: Place, { segment }: Place): void {
  parent.children.delete(segment);
  parent.order.splice(positionOf(parent, segment), 1);
}
