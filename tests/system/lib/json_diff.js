// What a client's diff makes of two states: the path changes that turn one into the other.

import { isPath, joinPath } from './json_path.js';

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isTree = (value) => value !== null && typeof value === 'object';

export function isEqual(left, right) {
  if (!isTree(left) || !isTree(right)) return Object.is(left, right) || (left === 0 && right === 0);
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}

/** The first place where two values differ, for people; empty when they are equal. */
export function describeDifference(got, want, at = '(root)') {
  if (isEqual(got, want)) return '';
  if (isTree(got) && isTree(want) && Array.isArray(got) === Array.isArray(want)) {
    for (const key of new Set([...Object.keys(got), ...Object.keys(want)])) {
      const found = describeDifference(got[key], want[key], `${at} › ${key}`);
      if (found) return found;
    }
  }
  const short = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 100);
  return `${at}: got ${short(got)}, want ${short(want)}`;
}

/** The changes within a container of the same kind; null where one of them fits into no path. */
function changesWithin(before, after, segments) {
  const changes = [];
  for (const key of Object.keys(before)) {
    if (Object.hasOwn(after, key)) continue;
    if (Array.isArray(before) || !isPath([...segments, key])) return null;
    changes.push({ segments: [...segments, key], delete: true });
  }
  for (const [key, value] of Object.entries(after)) {
    const below = [...segments, key];
    if (Object.hasOwn(before, key) && isEqual(before[key], value)) continue;
    if (!isPath(below)) return null;
    changes.push(...(Object.hasOwn(before, key) ? changesAt(before[key], value, below) : [{ segments: below, value }]));
  }
  return changes;
}

/** An object goes key by key, an array element by element unless it has become shorter. */
function changesAt(before, after, segments) {
  const alike = (isObject(before) && isObject(after)) || (Array.isArray(before) && Array.isArray(after));
  return (alike && changesWithin(before, after, segments)) || [{ segments, value: after }];
}

const bytesOf = (value) => Buffer.byteLength(JSON.stringify(value));

/** A value too big for one frame: its empty container first, then what it holds, piece by piece. */
function splitChange(change, maxBytes) {
  const { segments, value } = change;
  if (change.delete || bytesOf(value) <= maxBytes) return [change];
  const parts = Object.entries(isTree(value) ? value : {});
  if (parts.length === 0 || !parts.every(([key]) => isPath([...segments, key]))) {
    throw new Error(`${joinPath(segments)} is too big for a frame and cannot be split`);
  }
  const container = { segments, value: Array.isArray(value) ? [] : {} };
  return [container, ...parts.flatMap(([key, part]) => splitChange({ segments: [...segments, key], value: part }, maxBytes))];
}

/**
 * [{path, value} or {path, delete: true}], to be made in this order. `before` undefined: everything
 * is new. No single change is bigger than `maxBytes`.
 */
export function diff(before, after, segments, maxBytes = 60_000) {
  const changes = before === undefined ? [{ segments, value: after }] : isEqual(before, after) ? [] : changesAt(before, after, segments);
  return changes
    .flatMap((change) => splitChange(change, maxBytes - 2048))
    .map(({ segments: at, ...rest }) => ({ path: joinPath(at), ...rest }));
}

/** Groups changes, in order, into batches of at most `maxBytes`. */
export function inBatches(changes, maxBytes = 60_000) {
  const batches = [];
  let room = 0;
  for (const change of changes) {
    const bytes = bytesOf(change) + 1;
    if (bytes > room) {
      batches.push([]);
      room = maxBytes - 2;
    }
    batches.at(-1).push(change);
    room -= bytes;
  }
  return batches;
}
