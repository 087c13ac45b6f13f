/**
 * Makes several updates of a value that is too large for one. Loaded when there is such a value.
 *
 * @module
 */

import { sizeOf, tooLarge, totalSize, type Edit } from './change.js';
import type { SyncError } from './errors.js';
import { isArray, isObject, type Json } from './json.js';
import { parsePath, path as join } from './path.js';
import { settled, type Outcome, type Queue, type QueuedWrite, type SettlingEdit } from './queue.js';
import { byteLength } from './text.js';

const isPath = (text: string): boolean => {
  try {
    return !!parsePath(text);
  } catch {
    return false;
  }
};

/**
 * Edits that come to the same and that each take at most `limit` bytes: what fits of the value, then
 * the rest of it member by member. Below each other's paths they stand on top of it.
 */
export function splitEdit(edit: Edit, limit: number): Edit[] {
  const { path, value } = edit;
  if (sizeOf(edit) <= limit) return [edit];
  if (!isArray(value) && !isObject(value)) throw tooLarge([edit], limit);
  const rest: Edit[] = [];
  let room = limit - sizeOf({ path, value: [] });
  const kept = Object.entries(value as object).filter(([key, member]) => {
    const part = { path: `${path}.${join(key)}`, value: member as Json };
    const mayLeave = isPath(part.path);
    // An array grows at its end only: what follows the first that does not fit is left as well.
    if (room >= 0 || !mayLeave) room -= byteLength(JSON.stringify([key, member]));
    const fits = room >= 0 || !mayLeave;
    if (!fits) rest.push(part);
    return fits;
  });
  const first = { path, value: Object.freeze(isArray(value) ? kept.map(([, member]) => member as Json) : Object.fromEntries(kept)) };
  if (sizeOf(first) > limit) throw tooLarge([edit], limit);
  return [first, ...rest.flatMap((part) => splitEdit(part, limit))];
}

/** As few groups as fit, each of edits that follow each other. */
function* grouped<E extends Edit>(edits: readonly E[], limit: number): Generator<E[]> {
  let group: E[] = [];
  for (const edit of edits) {
    if (totalSize([...group, edit]) > limit) {
      yield group;
      group = [];
    }
    group.push(edit);
  }
  yield group;
}

/** The parts of an edit, which is done when all of them are. */
function partsOf({ path, value, settle }: SettlingEdit, limit: number): SettlingEdit[] {
  const outcomes: Promise<Outcome>[] = [];
  const parts = splitEdit({ path, value }, limit).map((edit): SettlingEdit => {
    const part: SettlingEdit = { ...edit, settle: [] };
    outcomes.push(new Promise((resolve) => part.settle.push(resolve)));
    return part;
  });
  const done = (outcome: Outcome): void => settle.forEach((tell) => tell(outcome));
  settled(outcomes).then(done, (error: SyncError) => done(error));
  return parts;
}

/**
 * Puts several updates in the place of one: of an edit that is too large its parts, of several edits
 * that were refused together each by itself.
 */
export function splitWrite(queue: Queue, write: QueuedWrite, limit: number): void {
  // The connection may have been lost and found again while this was loaded.
  const [edit, ...others] = write.edits;
  if (!edit || !queue.writes.has(write.id)) return;
  queue.separate(write, others.length ? write.edits.map((one) => [one]) : [...grouped(partsOf(edit, limit), limit)]);
}
