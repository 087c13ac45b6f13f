import { IDBFactory } from 'fake-indexeddb';

import type { Environment } from '../../src/environment.js';

/** A Storage in memory. */
export class FakeStorage {
  readonly #items: Map<string, string>;

  constructor(items: Iterable<[string, string]> = []) {
    this.#items = new Map(items);
    // Object.keys of a real Storage gives its keys.
    return new Proxy(this, {
      ownKeys: () => [...this.#items.keys()],
      getOwnPropertyDescriptor: (_, key) => ({ value: this.#items.get(String(key)), enumerable: true, configurable: true }),
      get: (target, key) => {
        const member = Reflect.get(target, key) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  entries(): [string, string][] {
    return [...this.#items];
  }
}

/** One tab: what it holds goes with it. */
export class FakeTab {
  readonly events = new EventTarget();
  readonly locks = new Set<string>();
  /** What runs in it. */
  readonly clients: { disconnect(): void }[] = [];
  isAlive = true;

  constructor(
    readonly browser: FakeBrowser,
    readonly session: FakeStorage,
  ) {}

  get environment(): Partial<Environment> {
    const { browser } = this;
    return {
      sessionStorage: this.session as unknown as Storage,
      localStorage: browser.localStorage as unknown as Storage,
      indexedDB: browser.indexedDB,
      locks: browser.hasLocks ? (browser.locksFor(this) as never) : undefined,
      BroadcastChannel: browser.channelFor(this) as never,
      events: this.events,
    };
  }

  /** Closed, crashed, or about to be loaded again: nothing of it runs any more. */
  end(): void {
    this.events.dispatchEvent(new Event('pagehide'));
    this.isAlive = false;
    this.locks.clear();
    for (const client of this.clients) client.disconnect();
  }

  /** The same tab after a reload. */
  reload(): FakeTab {
    this.end();
    return new FakeTab(this.browser, this.session);
  }

  /** A browser copies sessionStorage. */
  duplicate(): FakeTab {
    return new FakeTab(this.browser, new FakeStorage(this.session.entries()));
  }
}

/** What the tabs of a browser share. */
export class FakeBrowser {
  readonly localStorage = new FakeStorage();
  indexedDB: IDBFactory | undefined = new IDBFactory();
  hasLocks = true;
  readonly #tabs = new Set<FakeTab>();
  readonly #channels = new Map<object, { tab: FakeTab; name: string; hear: (data: unknown) => void }>();

  open(): FakeTab {
    return new FakeTab(this, new FakeStorage());
  }

  locksFor(tab: FakeTab): object {
    this.#tabs.add(tab);
    const held = () => [...this.#tabs].flatMap((other) => [...other.locks]);
    return {
      query: async () => ({ held: held().map((name) => ({ name })) }),
      request: async (name: string, _: object, hold: (lock: object | null) => Promise<void> | undefined) => {
        if (held().includes(name)) return hold(null);
        tab.locks.add(name);
        await hold({ name });
        tab.locks.delete(name);
      },
    };
  }

  channelFor(tab: FakeTab): unknown {
    const channels = this.#channels;
    return class {
      onmessage: ((event: { data: unknown }) => void) | undefined;

      constructor(readonly name: string) {
        channels.set(this, { tab, name, hear: (data) => this.onmessage?.({ data }) });
      }

      postMessage(data: unknown): void {
        if (!tab.isAlive) return;
        for (const [channel, { tab: other, name, hear }] of channels) {
          if (channel === this || name !== this.name) continue;
          const copy = structuredClone(data);
          queueMicrotask(() => other.isAlive && channels.has(channel) && hear(copy));
        }
      }

      close(): void {
        channels.delete(this);
      }
    };
  }
}
