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

/** Calls listeners; one that throws does not keep the others from hearing. */
export function createEmitter<Events extends object>() {
  const listeners = new Set<{ event: unknown; listener: (detail: never) => void }>();

  return {
    on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
      const entry = { event, listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },

    /** False when nobody listens. */
    emit<E extends keyof Events>(event: E, detail: Events[E]): boolean {
      const hearing = [...listeners].filter((entry) => entry.event === event);
      for (const { listener } of hearing) guarded(() => listener(detail as never));
      return hearing.length > 0;
    },
  };
}
