/**
 * What the client takes from the world around it. Everything may be missing, or be another one: in
 * tests, in workers, outside of browsers.
 */
export interface Environment {
  readonly WebSocket?: (new (url: string, protocols?: string | string[]) => WebSocket) | undefined;
  readonly fetch?: ((url: string, init?: RequestInit) => Promise<Response>) | undefined;
  readonly sessionStorage?: Storage | undefined;
  readonly localStorage?: Storage | undefined;
  readonly indexedDB?: IDBFactory | undefined;
  readonly locks?: Pick<LockManager, 'request' | 'query'> | undefined;
  readonly BroadcastChannel?: (new (name: string) => BroadcastChannel) | undefined;
  /** Where `online`, `pagehide`, `pageshow` and `visibilitychange` are heard. */
  readonly events?: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | undefined;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Reading a global may throw: sandboxed pages have no storage. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The one of this page, worker or program. Only a page has siblings and storage. */
export function currentEnvironment(): Environment {
  const page = typeof document === 'object' ? globalThis : undefined;
  return {
    WebSocket: globalThis.WebSocket,
    fetch: globalThis.fetch && ((url, init) => globalThis.fetch(url, init)),
    sessionStorage: attempt(() => page?.sessionStorage),
    localStorage: attempt(() => page?.localStorage),
    indexedDB: attempt(() => page?.indexedDB),
    locks: attempt(() => page?.navigator.locks),
    BroadcastChannel: page?.BroadcastChannel,
    events: page,
    now: Date.now,
    random: Math.random,
  };
}
