/** Calls listeners; one that throws does not keep the others from hearing. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    // A listener given twice is called twice, and taken away once.
    const own = (detail: Events[E]) => listener(detail);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** False when nobody listens. */
  emit<E extends keyof Events>(event: E, detail: Events[E]): boolean {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    for (const listener of listeners) guarded(() => listener(detail as never));
    return listeners.length > 0;
  }
}

/** An application's mistake is its own: it is reported as uncaught, and the client goes on. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
