/**
 * Unsent writes outside of this page: kept in the store until they are acknowledged, shown in the
 * user's other tabs, and taken over from tabs that were closed for good.
 *
 * @module
 */

import { toChange, type Change, type Edit } from './change.js';
import { copy, type Json } from './json.js';
import { parsePath } from './path.js';
import type { Rec } from './place.js';
import type { QueuedWrite } from './queue.js';
import type { ClockState, Stamp } from './stamps.js';
import { memoryStore, type Store } from './storage/store.js';

/** A write as it is kept. */
export interface KeptWrite extends Stamp {
  readonly id: string;
  readonly atomic: boolean;
  readonly changes: readonly Change<string, Json>[];
}

/** What tabs tell each other. */
export type TabMessage =
  | { readonly put: KeptWrite }
  /** Acknowledged as stored with this time and version, or given up. */
  | { readonly gone: string; readonly stored?: Pick<Stamp, 'version' | 'time'> }
  | { readonly bye: string };

export interface KeeperHooks {
  post(message: TabMessage): void;
  isAlive(tab: string): Promise<boolean>;
  isOwn(tab: string): boolean;
  /** Another tab's write is to be shown, or no longer. */
  show(path: string, record: Rec): void;
  hide(path: string, record: Rec): void;
  /** Another tab's write was stored by a node. */
  stored(path: string, record: Rec): void;
  /** A write to send from here. */
  adopt(write: KeptWrite, edits: readonly Edit[]): void;
  /** A write that both had taken over was acknowledged to another tab. */
  sentElsewhere(id: string, stored: Pick<Stamp, 'version' | 'time'>): void;
  /** The store fails, or holds what cannot be read. */
  failed(problem: string, error?: unknown): void;
  changed(): void;
}

const clockKey = 'clock';
const aside = 'aside/';
const maxAside = 100;
const checkMs = 15_000;
/** How long a tab that leaves may take to be gone. */
const byeMs = 1000;
const clockDelayMs = 1000;

type Timer = ReturnType<typeof setTimeout> | undefined;

export const editsOf = ({ changes }: KeptWrite): Edit[] =>
  changes.map((change) => ({ path: change.path, value: change.delete ? undefined : copy(change.value) }));

/** The write that a kept text tells of; throws where it tells of none. */
function readWrite(text: string): KeptWrite {
  const write = JSON.parse(text) as KeptWrite;
  const { id, version, time, tab, changes } = write;
  const isStamp = Number.isSafeInteger(version) && Number.isSafeInteger(time) && typeof tab === 'string';
  if (!isStamp || typeof id !== 'string' || !changes.length) throw new Error('not a write');
  for (const { path } of changes) parsePath(path);
  editsOf(write);
  return write;
}

const recordsOf = (write: KeptWrite, { version, time }: Pick<Stamp, 'version' | 'time'> = write): [string, Rec][] =>
  editsOf(write).map(({ path, value }) => [path, { version, time, tab: write.tab, value }]);

export class Keeper {
  #store: Store = memoryStore();
  #isOpen = false;
  /** The writes of other tabs, with what is shown of them. */
  readonly #others = new Map<string, { readonly write: KeptWrite; readonly shown: [string, Rec][] }>();
  #checking: Timer;
  #isChecked = false;
  #clockTimer: Timer;

  constructor(private readonly hooks: KeeperHooks) {}

  /** Reads what is there; gives what the clock was. */
  async open(store: Store): Promise<Partial<ClockState>> {
    const entries = await store.entries();
    this.#store = store;
    this.#isOpen = true;
    let clock: Partial<ClockState> = {};
    const asides = entries.filter(([key]) => key.startsWith(aside)).length;
    for (const [key, text] of entries) {
      if (key.startsWith(aside)) continue;
      try {
        if (key === clockKey) clock = JSON.parse(text) as ClockState;
        else this.#found(readWrite(text));
      } catch (error) {
        this.#setAside(key, text, asides);
        this.hooks.failed(`what was kept as ${key} cannot be read and is set aside`, error);
      }
    }
    void this.check();
    return clock;
  }

  put(write: QueuedWrite): void {
    if (!this.#isOpen) return;
    const { id, atomic, version, time, tab, edits } = write;
    const kept: KeptWrite = { id, atomic, version, time, tab, changes: edits.map(toChange) };
    this.#try(() => this.#store.set(id, JSON.stringify(kept)));
    this.hooks.post({ put: kept });
  }

  /** A write is gone from the queue. */
  remove(id: string, stored?: Pick<Stamp, 'version' | 'time'>): void {
    // After what replaces it, if anything does: a reader in between must not see neither.
    queueMicrotask(() => {
      if (!this.#isOpen) return;
      this.#try(() => this.#store.delete(id));
      this.hooks.post(stored ? { gone: id, stored } : { gone: id });
    });
  }

  /** Keeps the clock, not more often than worth while. */
  keepClock(state: () => ClockState): void {
    this.#clockTimer ??= setTimeout(() => {
      this.#clockTimer = undefined;
      if (this.#isOpen) this.#try(() => this.#store.set(clockKey, JSON.stringify(state())));
    }, clockDelayMs);
  }

  hear(message: TabMessage): void {
    if ('put' in message) this.#found(message.put);
    else if ('gone' in message) {
      this.#gone(message.gone, message.stored);
      if (message.stored) this.hooks.sentElsewhere(message.gone, message.stored);
    }
    else this.#checkIn(byeMs);
    this.hooks.changed();
  }

  /** Takes over the writes of tabs that are gone. */
  async check(): Promise<void> {
    this.#isChecked = false;
    const tabs = new Set([...this.#others.values()].map(({ write }) => write.tab));
    for (const tab of tabs) if (!(await this.hooks.isAlive(tab))) this.#adoptFrom(tab);
    if (this.#isOpen && this.#others.size) this.#checkIn(checkMs);
  }

  close(): void {
    clearTimeout(this.#checking);
    clearTimeout(this.#clockTimer);
    this.#isOpen = false;
    this.#store.close?.();
  }

  #found(write: KeptWrite): void {
    if (this.hooks.isOwn(write.tab)) return this.hooks.adopt(write, editsOf(write));
    this.#gone(write.id);
    const shown = recordsOf(write);
    this.#others.set(write.id, { write, shown });
    for (const [path, record] of shown) this.hooks.show(path, record);
    if (!this.#isChecked) this.#checkIn(checkMs);
  }

  #checkIn(ms: number): void {
    clearTimeout(this.#checking);
    this.#isChecked = true;
    this.#checking = setTimeout(() => void this.check(), ms);
  }

  #gone(id: string, stored?: Pick<Stamp, 'version' | 'time'>): void {
    const other = this.#others.get(id);
    if (!other) return;
    this.#others.delete(id);
    if (stored) for (const [path, record] of recordsOf(other.write, stored)) this.hooks.stored(path, record);
    for (const [path, record] of other.shown) this.hooks.hide(path, record);
  }

  #adoptFrom(tab: string): void {
    for (const { write } of [...this.#others.values()]) {
      if (write.tab !== tab) continue;
      this.#gone(write.id);
      this.hooks.adopt(write, editsOf(write));
    }
    this.hooks.changed();
  }

  #setAside(key: string, text: string, asides: number): void {
    this.#try(() => this.#store.delete(key));
    if (asides < maxAside) this.#try(() => this.#store.set(aside + key, text));
  }

  #try(use: () => void | Promise<void>): void {
    const failed = (error: unknown) => this.hooks.failed('unsent writes are not kept', error);
    try {
      use()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
