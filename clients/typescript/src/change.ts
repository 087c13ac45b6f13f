/**
 * Changes of paths, and how one that is too large for a frame becomes several.
 *
 * @module
 */

import { SyncError } from './errors.js';
import { isObject, put, type Json } from './json.js';
import { parsePath, path as join } from './path.js';
import { byteLength } from './text.js';

/** A change of one path, as {@link Client.batch} takes it and as it is sent. */
export type Change<P extends string = string, V = unknown> =
  | { readonly path: P; readonly value: V; readonly delete?: never }
  | { readonly path: P; readonly delete: true; readonly value?: never };

/** A change whose value was checked; without one it deletes. */
export interface Edit {
  readonly path: string;
  readonly value: Json | undefined;
}

/** As it is sent and stored. */
export const toChange = ({ path, value }: Edit): Change<string, Json> => (value === undefined ? { path, delete: true } : { path, value });

export const sizeOf = (edit: Edit): number => byteLength(JSON.stringify(toChange(edit))) + 1;

const isPath = (text: string): boolean => {
  try {
    return !!parsePath(text);
  } catch {
    return false;
  }
};

/** The members of a container that have a path of their own, each as an edit. */
function* membersOf(path: string, value: Json): Generator<[string, Edit]> {
  for (const [key, member] of Object.entries(value as object)) {
    const below = `${path}.${join(key)}`;
    if (isPath(below)) yield [key, { path: below, value: member as Json }];
  }
}

/**
 * Edits that come to the same and that each take at most `limit` bytes: as much of the value as fits,
 * then what is left of it member by member. Below each other's paths they stand on top of it.
 */
export function splitEdit(edit: Edit, limit: number): Edit[] {
  const { path, value } = edit;
  const size = sizeOf(edit);
  if (size <= limit) return [edit];
  const isArray = Array.isArray(value);
  if (!isArray && !isObject(value)) return tooLarge(path, size, limit);
  const rest: Edit[] = [];
  const kept: object = isArray ? [] : { ...value };
  let room = limit - (isArray ? sizeOf({ path, value: [] }) : size);
  for (const [key, member] of membersOf(path, value as Json)) {
    const cost = byteLength(`${JSON.stringify(key)}:${JSON.stringify(member.value)},`);
    if (isArray) {
      // An array grows at its end only: what follows the first that does not fit is left as well.
      room -= cost;
      if (room >= 0) put(kept, key, member.value);
      else rest.push(member);
    } else if (room < 0) {
      room += cost;
      delete (kept as Record<string, Json>)[key];
      rest.push(member);
    }
  }
  const first = { path, value: Object.freeze(kept) as Json };
  if (sizeOf(first) > limit) return tooLarge(path, size, limit);
  return [first, ...rest.flatMap((member) => splitEdit(member, limit))];
}

function tooLarge(path: string, size: number, limit: number): never {
  throw new SyncError(
    'payload_too_large',
    `${path}: ${size} bytes in one value that cannot be split; the node takes ${limit}. Split it over several paths, or keep it elsewhere and write its address.`,
    [path],
  );
}
