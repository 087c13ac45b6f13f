/**
 * JSON values: immutable copies, the canonical form (RFC 8785), and structural sharing.
 *
 * @module
 */

import { SyncError } from './errors.js';
import { compareText, isBroken } from './text.js';

/** A JSON value. Those that the client hands out are frozen. */
export type Json = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
export interface JsonObject {
  readonly [key: string]: Json;
}

const maxDepth = 64;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Freezes a value that nobody else holds, all the way down. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/** Sets a key of any name: an assignment to `__proto__` would not make a member. */
export const put = (object: object, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
};

const invalid = (what: string): never => {
  throw new SyncError('invalid_payload', `value: ${what}`);
};

/** Members that JSON leaves out. */
export const isAbsent = (value: unknown): boolean => value === undefined || typeof value === 'function';

function copyText(text: string): string {
  return isBroken(text) ? invalid('a text holds half of a surrogate pair') : text;
}

function copyTree(tree: object, depth: number): Json {
  if (depth > maxDepth) invalid('is nested more than 64 deep');
  if (Array.isArray(tree)) return Object.freeze(tree.map((element) => (isAbsent(element) ? null : copy(element, depth + 1))));
  const prototype = Object.getPrototypeOf(tree);
  // Plain objects of another window have another Object.prototype, but it is at the top as well.
  if (prototype && Object.getPrototypeOf(prototype)) invalid(`a ${tree.constructor?.name} is no JSON; write a plain object`);
  if (tree instanceof Map || tree instanceof Set) invalid('a Map or Set is no JSON; write an object or array');
  const result = {};
  for (const [key, member] of Object.entries(tree)) if (!isAbsent(member)) put(result, copyText(key), copy(member, depth + 1));
  return Object.freeze(result);
}

/**
 * A frozen copy of what an application gives: as JSON.stringify would write it, but what JSON has no
 * word for (NaN, bigint, class instances, cycles) is an error that says so.
 */
export function copy(value: unknown, depth = 1): Json {
  if (typeof (value as { toJSON?: unknown } | null)?.toJSON === 'function') return copy((value as Date).toJSON(), depth);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return copyText(value);
  // -0 is 0 for the node.
  if (typeof value === 'number') return Number.isFinite(value) ? value || 0 : invalid(`${value} is no JSON number`);
  return typeof value === 'object' ? copyTree(value, depth) : invalid(`${typeof value} is no JSON`);
}

/** The canonical text of a value: the last tie-break between writes. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical((value as JsonObject)[key] as Json)}`)}}`;
}

/** The order of two contents of one path: a deletion (undefined) is lowest. */
export function compareContent(a: Json | undefined, b: Json | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return compareText(canonical(a), canonical(b));
}

/** `next`, with every part that equals its counterpart in `last` replaced by that very object. */
export function share<T>(last: unknown, next: T): T {
  if (Object.is(last, next)) return next;
  const arrays = Array.isArray(last) && Array.isArray(next);
  if (!arrays && !(isObject(last) && isObject(next))) return next;
  const before = last as Record<string, unknown>;
  const entries = Object.entries(next as object);
  let same = entries.length === Object.keys(before).length;
  const result: object = arrays ? [] : {};
  for (const [key, member] of entries) {
    const shared = Object.hasOwn(before, key) ? share(before[key], member) : member;
    same &&= Object.hasOwn(before, key) && shared === before[key];
    put(result, key, shared);
  }
  return same ? (last as T) : (Object.freeze(result) as T);
}
