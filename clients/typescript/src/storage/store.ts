/**
 * Where unsent writes outlive the page. Any keyed store of texts will do; one store belongs to one
 * user, and all tabs of a browser share it.
 */
export interface Store {
  /** Everything in it. Rejects when it cannot be used. */
  entries(): Promise<[key: string, text: string][]>;
  set(key: string, text: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
  close?(): void;
}

/** Opens the store of a name, or rejects. */
export type OpenStore = (name: string) => Store | Promise<Store>;

/** Forgets everything with the page. */
export function memoryStore(): Store {
  const entries = new Map<string, string>();
  return {
    entries: async () => [...entries],
    set: (key, text) => void entries.set(key, text),
    delete: (key) => void entries.delete(key),
  };
}
