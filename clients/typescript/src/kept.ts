/**
 * Unsent writes as they are kept, and as tabs tell each other of them.
 *
 * @module
 */

import { toChange, type Change, type Edit } from './change.js';
import { copy, type Json } from './json.js';
import { parsePath } from './path.js';
import type { Rec } from './place.js';
import type { QueuedWrite, WriteName } from './queue.js';
import type { Stamp } from './stamps.js';

export interface KeptWrite extends WriteName {
  readonly changes: readonly Change<string, Json>[];
}

/** What an acknowledged write was stored with. */
export type Stored = Pick<Stamp, 'version' | 'time'>;

export const keptOf = ({ id, atomic, version, time, tab, edits }: QueuedWrite): KeptWrite => ({
  id,
  atomic,
  version,
  time,
  tab,
  changes: edits.map(toChange),
});

export const textOf = (write: QueuedWrite): string => JSON.stringify(keptOf(write));

export const editsOf = ({ changes }: KeptWrite): Edit[] =>
  changes.map((change) => ({ path: change.path, value: change.delete ? undefined : copy(change.value) }));

/** What a write is in a document, by its own stamp or by what it was stored with. */
export const recordsOf = (write: KeptWrite, { version, time }: Stored = write): [string, Rec][] =>
  editsOf(write).map(({ path, value }) => [path, { version, time, tab: write.tab, value }]);

/** The write that a kept text tells of; throws where it tells of none. */
export function readWrite(text: string): KeptWrite {
  const write = JSON.parse(text) as KeptWrite;
  const { id, version, time, tab, changes } = write;
  const isStamp = Number.isSafeInteger(version) && Number.isSafeInteger(time) && typeof tab === 'string';
  if (!isStamp || typeof id !== 'string' || !changes.length) throw new Error('it is no write');
  for (const { path } of changes) parsePath(path);
  editsOf(write);
  return write;
}
