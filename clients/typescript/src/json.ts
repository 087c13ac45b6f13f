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

export const { isArray } = Array;

export const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;

export const isObject = (value: unknown): value is Record<string, unknown> => isTree(value) && !isArray(value);

/** Freezes a value that nobody else holds, all the way down. */
export function freeze<T>(value: T): T {
  if (isTree(value)) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

const invalid = (what: string): never => {
  throw new SyncError('invalid_payload', `value: ${what}`);
};

/** What JSON leaves out of objects, and writes as null in arrays. */
export const isAbsent = (value: unknown): boolean => value === undefined || typeof value === 'function';

const copyText = (text: string): string => (isBroken(text) ? invalid('half of a surrogate pair') : text);

function copyTree(tree: object, depth: number): Json {
  if (depth > maxDepth) invalid('more than 64 deep');
  if (isArray(tree)) return tree.map((element) => (isAbsent(element) ? null : copy(element, depth + 1)));
  const prototype = Object.getPrototypeOf(tree);
  // Plain objects of another window have another Object.prototype, but it is at the top as well.
  if (prototype && Object.getPrototypeOf(prototype)) invalid(`a ${tree.constructor.name} is no JSON, a plain object is`);
  const members = Object.entries(tree).filter(([, member]) => !isAbsent(member));
  return Object.fromEntries(members.map(([key, member]) => [copyText(key), copy(member, depth + 1)]));
}

/**
 * A frozen copy of what an application gives: as JSON.stringify would write it, but what JSON has no
 * word for (NaN, bigint, class instances, cycles) is an error that says so.
 */
export function copy(value: unknown, depth = 1): Json {
  if (typeof (value as Date | null)?.toJSON === 'function') return copy((value as Date).toJSON(), depth);
  if (isTree(value)) return Object.freeze(copyTree(value, depth));
  if (typeof value === 'string') return copyText(value);
  // -0 is 0 for the node.
  if (Number.isFinite(value)) return (value as number) || 0;
  return value === null || typeof value === 'boolean' ? value : invalid(`${String(value)} is no JSON`);
}

/** The canonical text of a value: the last tie-break between writes. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)}}`;
}

const textOf = (content: Json | undefined): string => (content === undefined ? '' : canonical(content));

/** The order of two contents of one path: a deletion (undefined) is lowest. */
export const compareContent = (a: Json | undefined, b: Json | undefined): number => compareText(textOf(a), textOf(b));

/** `next`, with every part that equals its counterpart in `last` replaced by that very object. */
export function share<T>(last: unknown, next: T): T {
  if (last === next || !isTree(last) || !isTree(next) || isArray(last) !== isArray(next)) return next;
  const keys = Object.keys(next);
  const [before, after] = [last, next] as unknown as Record<string, unknown>[];
  let isSame = keys.length === Object.keys(last).length;
  let result: Record<string, unknown> | undefined;
  for (const key of keys) {
    const member = after?.[key];
    if (before?.[key] === member) continue;
    const known = Object.hasOwn(last, key) ? before?.[key] : undefined;
    const shared = share(known, member);
    isSame &&= shared === known;
    if (shared !== member) (result ??= (isArray(next) ? [...next] : { ...next }) as Record<string, unknown>)[key] = shared;
  }
  return (isSame ? last : Object.freeze(result ?? next)) as T;
}
