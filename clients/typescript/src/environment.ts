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

/** Storage may throw: sandboxed pages have none, and one may be full or hold nonsense. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Only a page has storage and siblings. */
const page = (): typeof globalThis | undefined => (typeof document === 'object' ? globalThis : undefined);

/** What the core of a client needs of this page, worker or program. */
export const currentEnvironment = (): Environment => ({
  WebSocket: globalThis.WebSocket,
  fetch: globalThis.fetch?.bind(globalThis),
  sessionStorage: attempt(() => page()?.sessionStorage),
  localStorage: attempt(() => page()?.localStorage),
  now: Date.now,
  random: Math.random,
});

/** The same with what only its later part needs. */
export const withSiblings = (environment: Environment): Environment => ({
  indexedDB: attempt(() => page()?.indexedDB),
  locks: attempt(() => page()?.navigator.locks),
  BroadcastChannel: page()?.BroadcastChannel,
  events: page(),
  ...environment,
});
