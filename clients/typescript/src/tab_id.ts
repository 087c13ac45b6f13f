/**
 * A tab's name among all writers: `tab-` and eight hex digits, kept in sessionStorage.
 *
 * @module
 */

import { attempt, type Environment } from './environment.js';

export const newTabId = ({ random }: Environment): string =>
  `tab-${Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;

/** The id kept under a key. */
export const keptTabId = ({ sessionStorage }: Environment, key: string): string | undefined =>
  attempt(() => /^tab-[0-9a-f]{8}$/.exec(sessionStorage?.getItem(key) ?? '')?.[0]);

/** Where it cannot be kept, the next page of this tab takes another. */
export const keepTabId = ({ sessionStorage }: Environment, key: string, id: string): void =>
  attempt(() => sessionStorage?.setItem(key, id));
