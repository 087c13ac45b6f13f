/** What a document must agree with: goes through all writes every time, word for word by the rules. */

import { compareContent, isObject, type Json } from '../../src/json.js';
import { compareSegments } from '../../src/path.js';
import type { Rec } from '../../src/place.js';
import { compareStamps } from '../../src/stamps.js';

export interface Write {
  readonly segments: readonly string[];
  readonly record: Rec;
}

const isPrefix = (upper: readonly string[], lower: readonly string[]): boolean => upper.every((segment, at) => segment === lower[at]);

function dominates(one: Write, other: Write): boolean {
  if (!isPrefix(one.segments, other.segments)) return false;
  const order = compareStamps(one.record, other.record);
  if (order !== 0) return order > 0;
  return one.segments.length === other.segments.length && compareContent(one.record.value, other.record.value) > 0;
}

export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const order = compareSegments(a[at] as string, b[at] as string);
    if (order) return order;
  }
  return a.length - b.length;
}

export const standing = (writes: readonly Write[]): Write[] =>
  writes.filter((one) => !writes.some((other) => dominates(other, one))).sort((a, b) => comparePaths(a.segments, b.segments));

const hole = Symbol('hole');
type Tree = Record<string, unknown> | unknown[];

const isIndex = (segment: string): boolean => /^(0|[1-9]\d*)$/.test(segment);
const isTree = (value: unknown): value is Tree => Array.isArray(value) || isObject(value);
const has = (tree: Tree, segment: string): boolean => Object.hasOwn(tree, segment) && (!Array.isArray(tree) || isIndex(segment));

const mayHold = (tree: unknown, segment: string): tree is Tree =>
  isTree(tree) && (!Array.isArray(tree) || (isIndex(segment) && Number(segment) <= tree.length));

function laid(tree: unknown, [segment, ...rest]: readonly string[], value: Json): unknown {
  if (segment === undefined) return structuredClone(value);
  const parent = (mayHold(tree, segment) ? tree : {}) as Record<string, unknown>;
  parent[segment] = laid(has(parent, segment) ? parent[segment] : undefined, rest, value);
  return parent;
}

function removed(tree: unknown, [segment, ...rest]: readonly string[]): void {
  if (segment === undefined || !isTree(tree) || !has(tree, segment)) return;
  const parent = tree as Record<string, unknown>;
  if (rest.length) removed(parent[segment], rest);
  else if (Array.isArray(tree)) tree[Number(segment)] = hole;
  else delete parent[segment];
}

function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = [...value];
    while (elements.at(-1) === hole) elements.pop();
    return elements.map((element) => (element === hole ? null : withoutHoles(element)));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutHoles(member)]));
}

/** The state that writes come to. */
export function stateOf(writes: readonly Write[]): unknown {
  let state: unknown = {};
  for (const { segments, record } of standing(writes)) {
    if (record.value === undefined) removed(state, segments);
    else state = laid(state, segments, record.value);
  }
  return withoutHoles(state);
}
