import type { Environment } from '../environment.js';
import { indexedDbStore } from './indexeddb.js';
import { localStore } from './local.js';
import { memoryStore, type OpenStore, type Store } from './store.js';

export type { OpenStore, Store } from './store.js';

/** The best store there is, with what is in it; each is tried by reading it. */
export async function openStore(
  name: string,
  storage: OpenStore | undefined,
  { indexedDB, localStorage }: Environment,
  failed: (error: unknown) => void,
): Promise<[Store, [string, string][]]> {
  const ways: (OpenStore | undefined)[] = storage
    ? [storage]
    : [indexedDB && (() => indexedDbStore(name, indexedDB)), localStorage && (() => localStore(name, localStorage))];
  for (const open of ways) {
    if (!open) continue;
    try {
      const store = await open(name);
      return [store, await store.entries()];
    } catch (error) {
      failed(error);
    }
  }
  return [memoryStore(), []];
}
