import type { Environment } from './environment.js';
import type { OpenStore } from './storage/store.js';
import type { TokenProvider } from './token.js';

export interface ClientOptions {
  /**
   * Where to connect: one node or several, as `wss://eu.example.com/v1/sync`, or without the path.
   * The nearest is chosen by a race, remembered and checked again.
   */
  readonly url: string | readonly string[];
  /** The user's JWT, or a function that gets one, now or later. It is called again before expiry. */
  readonly token: TokenProvider;
  /**
   * The token's `sub`. Needed where `token` is a function that fails without a network and writes
   * that wait from an earlier visit should be there all the same.
   */
  readonly user?: string;
  /**
   * Tells clients of one page or origin apart: each has its own tab id, and shares unsent writes with
   * those of the same name in other tabs. Default: `anabranch`.
   */
  readonly name?: string;
  /** Connect at once. Default: true. */
  readonly connect?: boolean;
  /** Ask nodes for the other nodes of their cluster. Default: true. */
  readonly discover?: boolean;
  /** For how long writes are gathered into one update, in milliseconds. Default: 100. */
  readonly debounceMs?: number;
  /**
   * When a write counts as done: on one node's disk (`local`, the default), or on those of as many
   * others as the cluster's configuration asks for (which then must ask for some).
   */
  readonly durability?: 'local' | 'replicated';
  /** Where unsent writes are kept. Default: IndexedDB, or else localStorage, or else memory. */
  readonly storage?: OpenStore;
  /** Hears everything that happens, for a log. */
  readonly log?: (message: string, details?: unknown) => void;
  /** Outside of browsers, or to test: a WebSocket, fetch, storage, a clock of your own. */
  readonly environment?: Partial<Environment>;
}
