import type { Store } from './store.js';

const table = 'writes';

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** In IndexedDB: one database for each user. Rejects where it is missing or damaged. */
export async function indexedDbStore(name: string, factory: IDBFactory): Promise<Store> {
  const opening = factory.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(table);
  const db = await done(opening);
  // Another page wants to delete the database or to change its form.
  db.onversionchange = () => db.close();

  const change = async (act: (table: IDBObjectStore) => IDBRequest): Promise<void> => {
    const transaction = db.transaction(table, 'readwrite');
    const request = act(transaction.objectStore(table));
    // A page that goes away now has still written.
    transaction.commit?.();
    await done(request);
  };

  return {
    entries: async () => {
      const reader = db.transaction(table).objectStore(table);
      const [keys, texts] = await Promise.all([done(reader.getAllKeys()), done(reader.getAll())]);
      return keys.map((key, at) => [String(key), String(texts[at])]);
    },
    set: (key, text) => change((writes) => writes.put(text, key)),
    delete: (key) => change((writes) => writes.delete(key)),
    close: () => db.close(),
  };
}
