/**
 * A tab's name among all writers: `tab-` and eight hex digits, kept in sessionStorage.
 *
 * @module
 */

import type { Environment } from './environment.js';

export const newTabId = ({ random }: Environment): string =>
  `tab-${Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;

/** The id kept under a key; a full or forbidden sessionStorage is as good as none. */
export function keptTabId({ sessionStorage }: Environment, key: string): string | undefined {
  try {
    return /^tab-[0-9a-f]{8}$/.exec(sessionStorage?.getItem(key) ?? '')?.[0];
  } catch {
    return undefined;
  }
}

export function keepTabId({ sessionStorage }: Environment, key: string, id: string): void {
  try {
    sessionStorage?.setItem(key, id);
  } catch {
    // The next page of this tab takes another id.
  }
}
