import { afterEach, beforeAll, beforeEach, vi } from 'vitest';

import { createClient, type Client, type ClientOptions, type Json } from '../../src/index.js';
import { memoryStore, type Store } from '../../src/storage/store.js';
import { FakeSocket, tokenOf } from './fake_socket.js';

const clients: { close(): void }[] = [];

/** Timers that the test moves, a fresh set of sockets, and no client that outlives its test. */
export function useFakes(): void {
  // What a client loads later must not take real time while the test's clock stands.
  beforeAll(() => Promise.all([import('../../src/keeper.js'), import('../../src/scout.js'), import('../../src/split.js')]));
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    FakeSocket.all = [];
    FakeSocket.reachable = true;
    FakeSocket.openingMs = 1;
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    vi.useRealTimers();
  });
}

export function makeClient<State = Json>(options: Partial<ClientOptions> = {}): Client<State> {
  const client = createClient<State>({
    url: 'ws://node.test/v1/sync',
    token: tokenOf('alice'),
    storage: () => memoryStore(),
    ...options,
    environment: { WebSocket: FakeSocket as never, fetch: undefined, locks: undefined, BroadcastChannel: undefined, ...options.environment },
  });
  clients.push(client);
  return client;
}

/** A store that a test can look into, and that outlives a client. */
export function keptStore(entries: Map<string, string>): Store {
  return {
    entries: async () => [...entries],
    set: (key, text) => void entries.set(key, text),
    delete: (key) => void entries.delete(key),
  };
}

/** Lets what was promised come to pass, and short timers fire. */
export const settle = (ms = 20): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
