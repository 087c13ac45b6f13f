// A user's state as a simple client keeps it: what it was told, by path. It compares no stamps: an
// event at a path lets it drop what it knew at and below that path, and the rest is laid out in path
// order. Whoever is told everything in the right order has the node's state.

import { comparePaths, indexOf, splitPath } from './json_path.js';

const hole = Symbol('hole');

/** An object whose keys are all its own, __proto__ too. */
const emptyObject = () => Object.create(null);

const isTree = (value) => value !== null && typeof value === 'object';

function copyOf(value) {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isTree(value)) return value;
  const copy = emptyObject();
  for (const [key, part] of Object.entries(value)) copy[key] = copyOf(part);
  return copy;
}

/** The container to step into at `key`, made or replaced where what is there does not fit. */
function containerFor(existing, nextSegment) {
  if (Array.isArray(existing)) {
    const index = indexOf(nextSegment);
    return index >= 0 && index <= existing.length ? existing : emptyObject();
  }
  return isTree(existing) ? existing : emptyObject();
}

/** Where a tombstone has nothing to remove, it makes no parents either. */
function removeAt(root, segments) {
  let parent = root;
  for (const segment of segments.slice(0, -1)) {
    if (!isTree(parent) || !Object.hasOwn(parent, segment)) return;
    parent = parent[segment];
  }
  const key = segments.at(-1);
  if (!isTree(parent) || !Object.hasOwn(parent, key) || (Array.isArray(parent) && indexOf(key) < 0)) return;
  if (Array.isArray(parent)) parent[key] = hole;
  else delete parent[key];
}

function setAt(root, segments, value) {
  let parent = root;
  segments.slice(0, -1).forEach((segment, at) => {
    const existing = Object.hasOwn(parent, segment) ? parent[segment] : undefined;
    parent[segment] = containerFor(existing, segments[at + 1]);
    parent = parent[segment];
  });
  parent[segments.at(-1)] = copyOf(value);
}

/** Cuts the holes at the ends of arrays; inner ones read as null. */
function withoutHoles(value) {
  if (Array.isArray(value)) {
    while (value.length > 0 && value.at(-1) === hole) value.pop();
    value.forEach((element, index) => {
      value[index] = element === hole ? null : withoutHoles(element);
    });
  } else if (isTree(value)) {
    for (const key of Object.keys(value)) value[key] = withoutHoles(value[key]);
  }
  return value;
}

/** `records`: [[segments, {value} or {delete: true}]]. */
export function layOut(records) {
  const root = emptyObject();
  for (const [segments, change] of [...records].sort((a, b) => comparePaths(a[0], b[0]))) {
    if (change.delete) removeAt(root, segments);
    else setAt(root, segments, change.value);
  }
  return withoutHoles(root);
}

export class Mirror {
  #children = new Map();
  #change = undefined;

  /** Forgets all and takes a complete delta's changes instead. */
  reset(changes) {
    this.#children = new Map();
    this.take(changes);
  }

  /** One write's changes, ancestors first. */
  take(changes) {
    const ordered = changes.map((change) => [splitPath(change.path), change]).sort((a, b) => comparePaths(a[0], b[0]));
    for (const [segments, change] of ordered) this.#at(segments).#put(change);
  }

  #put(change) {
    this.#children = new Map();
    this.#change = change;
  }

  #at(segments) {
    let mirror = this;
    for (const segment of segments) {
      if (!mirror.#children.has(segment)) mirror.#children.set(segment, new Mirror());
      mirror = mirror.#children.get(segment);
    }
    return mirror;
  }

  #collect(segments, records) {
    if (this.#change) records.push([segments, this.#change]);
    for (const [segment, child] of this.#children) child.#collect([...segments, segment], records);
    return records;
  }

  state() {
    return layOut(this.#collect([], []));
  }
}
