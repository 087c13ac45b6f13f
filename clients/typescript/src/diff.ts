/**
 * The difference of two states as changes of paths, and its reverse.
 *
 * @module
 */

import type { Change } from './change.js';
import { createDocument } from './document.js';
import { copy, freeze, isAbsent, isArray, isObject, type Json } from './json.js';
import { memberOf } from './layout.js';
import { parsePath, path as join } from './path.js';

export type { Change } from './change.js';

export interface DiffOptions {
  /** The paths that matter: these and what is below them. Default: everything. */
  readonly only?: readonly string[];
}

/** As JSON has it: no functions, and dates as texts. */
function plain(value: unknown): unknown {
  if (isAbsent(value)) return undefined;
  return typeof (value as { toJSON?: unknown } | null)?.toJSON === 'function' ? copy(value) : value;
}

const change = (path: string, value: unknown): Change => (value === undefined ? { path, delete: true } : { path, value });

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

const isPath = (text: string): boolean => {
  try {
    return parsePath(text).length > 0;
  } catch {
    return false;
  }
};

const below = (path: string, key: string): string => (path ? `${path}.${join(key)}` : join(key));

const keysOf = (value: object): string[] => Object.entries(value).flatMap(([key, member]) => (isAbsent(member) ? [] : [key]));

function compareObjects(path: string, before: Record<string, unknown>, after: Record<string, unknown>): Change[] {
  const [known, keys] = [keysOf(before), keysOf(after)];
  // The last deletion would take a parent with it that no write of its own holds up.
  if (path && !keys.length) return known.length ? [change(path, {})] : [];
  const changes: Change[] = [];
  for (const key of new Set([...known, ...keys])) {
    const own = (tree: object) => (Object.hasOwn(tree, key) ? (tree as Record<string, unknown>)[key] : undefined);
    const found = compare(below(path, key), own(before), own(after));
    // A key that is no segment can only be written with its parent.
    if (found.length && path && !isPath(below(path, key))) return [change(path, after)];
    changes.push(...found);
  }
  return changes;
}

function compareArrays(path: string, before: readonly unknown[], after: readonly unknown[]): Change[] {
  // Elements move up when one is taken away: only the whole array says that.
  if (after.length < before.length) return [change(path, after)];
  const changes = after.flatMap((element, at) => compare(below(path, `${at}`), at < before.length ? before[at] ?? null : undefined, element ?? null));
  return changes.length && sizeOf(changes) > sizeOf([change(path, after)]) ? [change(path, after)] : changes;
}

function compare(path: string, left: unknown, right: unknown): Change[] {
  if (left === right) return [];
  const [before, after] = [plain(left), plain(right)];
  if (Object.is(before, after) || before === after) return [];
  if (isArray(before) && isArray(after)) return compareArrays(path, before, after);
  if (isObject(before) && isObject(after)) return compareObjects(path, before, after);
  return [change(path, after)];
}

/**
 * What to write so that `before` becomes `after`: path by path, so that what others write at other
 * paths meanwhile stays. Members that are undefined, and functions, are taken as missing.
 */
export function diff(before: object, after: object, { only = [''] }: DiffOptions = {}): Change[] {
  return only.flatMap((path) => {
    const segments = path ? parsePath(path) : [];
    const at = (state: object) => segments.reduce<unknown>(memberOf, state);
    return compare(path, at(before), at(after));
  });
}

/** The state after changes, in their order, as a node would lay it out. What did not change is shared. */
export function apply<State extends Json>(state: State, changes: readonly Change[]): Json {
  const document = createDocument();
  const record = (time: number, value: unknown) => ({ version: 1, time, tab: '', value: value === undefined ? undefined : copy(value) });
  document.merge('state', { version: 1, time: 0, tab: '', value: freeze(state) });
  changes.forEach((one, at) => document.merge(`state.${one.path}`, record(at + 1, one.delete ? undefined : one.value)));
  return (document.state() as { state: Json }).state;
}
