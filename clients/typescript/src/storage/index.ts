import type { Environment } from '../environment.js';
import { indexedDbStore } from './indexeddb.js';
import { localStore } from './local.js';
import { memoryStore, type OpenStore, type Store } from './store.js';

export type { OpenStore, Store } from './store.js';

/** A database that does not open must not keep a client from connecting. */
const openMs = 5000;

/** Reads a store. What waits here is written first, for this client may be closed meanwhile. */
async function read(open: OpenStore, name: string, save: (store: Store) => void): Promise<[Store, [string, string][]]> {
  const store = await open(name);
  save(store);
  return [store, await store.entries()];
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it does not open within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The best store there is, with what is in it; each is tried by reading it. */
export async function openStore(
  name: string,
  storage: OpenStore | undefined,
  { indexedDB, localStorage }: Environment,
  save: (store: Store) => void,
  failed: (error: unknown) => void,
): Promise<[Store, [string, string][]]> {
  const ways: (OpenStore | undefined)[] = storage
    ? [storage]
    : [indexedDB && (() => indexedDbStore(name, indexedDB)), localStorage && (() => localStore(name, localStorage))];
  for (const open of ways) {
    if (!open) continue;
    try {
      return await within(openMs, read(open, name, save));
    } catch (error) {
      failed(error);
    }
  }
  return [memoryStore(), []];
}
