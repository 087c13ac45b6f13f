/**
 * Changes of paths.
 *
 * @module
 */

import { SyncError } from './errors.js';
import type { Json } from './json.js';
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

export const totalSize = (edits: readonly Edit[]): number => edits.reduce((sum, edit) => sum + sizeOf(edit), 0);

/** The edits take more bytes than a node takes in one update. */
export function tooLarge(edits: readonly Edit[], limit: number): SyncError {
  const paths = edits.map(({ path }) => path);
  return new SyncError('payload_too_large', `${totalSize(edits)} bytes in one, the node takes ${limit}`, paths);
}
