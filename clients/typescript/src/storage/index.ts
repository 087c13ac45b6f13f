import type { Environment } from '../environment.js';
import { indexedDbStore } from './indexeddb.js';
import { localStore } from './local.js';
import { memoryStore, type Store } from './store.js';

/** The best store there is: each is tried by reading it. */
export async function openStore(name: string, { indexedDB, localStorage }: Environment, failed: (error: unknown) => void): Promise<Store> {
  const ways = [indexedDB && (() => indexedDbStore(name, indexedDB)), localStorage && (() => localStore(name, localStorage))];
  for (const open of ways) {
    try {
      const store = await open?.();
      await store?.entries();
      if (store) return store;
    } catch (error) {
      failed(error);
    }
  }
  return memoryStore();
}
