import type { Store } from './store.js';

/** In localStorage: one item for each key, so that tabs do not overwrite each other's. */
export function localStore(name: string, storage: Storage): Store {
  const prefix = `${name}/`;
  return {
    entries: async () =>
      Object.keys(storage)
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), storage.getItem(key) ?? '']),
    set: (key, text) => storage.setItem(prefix + key, text),
    delete: (key) => storage.removeItem(prefix + key),
  };
}
