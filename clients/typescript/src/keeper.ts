/**
 * Unsent writes outside of this page: kept in the store until they are acknowledged, shown in the
 * user's other tabs, and taken over from tabs that were closed for good. Loaded by every client, but
 * not before it can show something.
 *
 * @module
 */

import { toChange, type Change, type Edit } from './change.js';
import type { Document } from './document.js';
import { withSiblings, type Environment } from './environment.js';
import type { Inbox } from './inbox.js';
import { SyncError } from './errors.js';
import { copy, type Json } from './json.js';
import { parsePath } from './path.js';
import type { Rec } from './place.js';
import type { Queue, QueuedWrite, WriteName, WriteResult } from './queue.js';
import type { ClockState, Stamp, StampClock } from './stamps.js';
import { openStore, type OpenStore, type Store } from './storage/index.js';
import { keepTabId } from './tab_id.js';
import { openTabs } from './tabs.js';

/** A write as it is kept. */
interface KeptWrite extends WriteName {
  readonly changes: readonly Change<string, Json>[];
}

/** What an acknowledged write was stored with. */
type Stored = Pick<Stamp, 'version' | 'time'>;

/** What tabs tell each other. */
type TabMessage =
  | { readonly put: KeptWrite }
  /** Acknowledged, or given up. */
  | { readonly gone: string; readonly stored: Stored | undefined }
  | { readonly bye: true };

export interface KeeperSettings {
  readonly name: string;
  /** The user, or whose token it is. */
  readonly user: string | undefined;
  readonly token: string;
  /** The id that the tab would like to keep, and the one it takes when a live tab has that. */
  readonly tab: string;
  readonly newTab: string;
  readonly environment: Environment;
  readonly storage: OpenStore | undefined;
}

/** The parts of the client that what is kept goes to. */
export interface KeeperTargets {
  readonly queue: Queue;
  readonly document: Document;
  readonly inbox: Inbox;
  readonly clock: StampClock;
  readonly report: (code: 'storage', problem: string) => void;
  readonly changed: () => void;
  /** The network may have come or gone. */
  readonly wake: () => void;
}

const clockKey = 'clock';
const aside = 'aside/';
const maxAside = 100;
const checkMs = 15_000;
/** How long a tab that leaves may take to be gone. */
const byeMs = 1000;
const clockDelayMs = 1000;

type Timer = ReturnType<typeof setTimeout> | undefined;

const editsOf = ({ changes }: KeptWrite): Edit[] =>
  changes.map((change) => ({ path: change.path, value: change.delete ? undefined : copy(change.value) }));

/** The write that a kept text tells of; throws where it tells of none. */
function readWrite(text: string): KeptWrite {
  const write = JSON.parse(text) as KeptWrite;
  const { id, version, time, tab, changes } = write;
  const isStamp = Number.isSafeInteger(version) && Number.isSafeInteger(time) && typeof tab === 'string';
  if (!isStamp || typeof id !== 'string' || !changes.length) throw new Error('it is no write');
  for (const { path } of changes) parsePath(path);
  editsOf(write);
  return write;
}

const keptOf = ({ id, atomic, version, time, tab, edits }: QueuedWrite): KeptWrite => ({
  id,
  atomic,
  version,
  time,
  tab,
  changes: edits.map(toChange),
});

const textOf = (write: QueuedWrite): string => JSON.stringify(keptOf(write));

const recordsOf = (write: KeptWrite, { version, time }: Stored = write): [string, Rec][] =>
  editsOf(write).map(({ path, value }) => [path, { version, time, tab: write.tab, value }]);

/** Whose token it is. */
export function userOf(token: string): string {
  try {
    const claims = (token.split('.')[1] as string).replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(claims), (byte) => byte.charCodeAt(0));
    return (JSON.parse(new TextDecoder().decode(bytes)) as { sub: string }).sub;
  } catch {
    throw new SyncError('token', 'the token is no JWT');
  }
}

export type Keeper = Awaited<ReturnType<typeof openKeeper>>;

/** Makes sure of the tab's id and reads what is kept. */
export async function openKeeper(settings: KeeperSettings, targets: KeeperTargets) {
  const { name, tab, newTab, storage } = settings;
  const { queue, document, inbox, clock, report, changed, wake } = targets;
  const environment = withSiblings(settings.environment);
  const user = settings.user ?? userOf(settings.token);
  /** What comes before everything kept was read waits for that. */
  const early: TabMessage[] = [];
  let hear = (message: TabMessage): void => void early.push(message);
  const tabs = openTabs<TabMessage>({ name, user, environment, hear: (message) => hear(message) });
  const own = (await tabs.claim(tab).catch(() => true)) ? tab : newTab;
  if (own !== tab) await tabs.claim(own);

  let hasFailed = false;
  const failed = (error: unknown): void => {
    if (!hasFailed) report('storage', `a store of unsent writes fails: ${error}`);
    hasFailed = true;
  };
  const attempt = (use: () => void | Promise<void>): void => {
    void (async () => use())().catch(failed);
  };
  const save = (to: Store): void => {
    for (const write of queue.writes.values()) attempt(() => to.set(write.id, textOf(write)));
  };
  const [store, entries] = await openStore(`${name}:${user}`, storage, environment, save, failed);
  /** The writes of other tabs, with what is shown of them. */
  const others = new Map<string, { readonly write: KeptWrite; readonly shown: [string, Rec][] }>();
  let isOpen = true;
  let checking: Timer;
  let isCheckDue = false;
  let clockTimer: Timer;

  const checkIn = (ms: number): void => {
    clearTimeout(checking);
    isCheckDue = true;
    checking = setTimeout(() => void check(), ms);
  };

  const gone = (id: string, stored?: Stored): void => {
    const other = others.get(id);
    if (!other) return;
    others.delete(id);
    if (stored) for (const [path, record] of recordsOf(other.write, stored)) inbox.store(path, record);
    for (const [path, record] of other.shown) document.withdraw(path, record);
  };

  /** A write to send from here. */
  const adopt = (write: KeptWrite): void => {
    clock.observe(write.time);
    clock.received(write.version - 1);
    queue.adopt(write, editsOf(write));
  };

  /** A write that another tab has taken over as well was acknowledged there. */
  const sentElsewhere = (id: string, stored: Stored): void => {
    const write = queue.writes.get(id);
    if (!write) return;
    for (const { path, value } of write.edits) inbox.store(path, { ...stored, tab: write.tab, value });
    queue.settle(write, { ...stored, applied: true, durability: 'local' });
  };

  const found = (write: KeptWrite): void => {
    if (queue.writes.has(write.id)) return;
    if (write.tab === own) return adopt(write);
    gone(write.id);
    const shown = recordsOf(write);
    others.set(write.id, { write, shown });
    for (const [path, record] of shown) document.overlay(path, record);
    // What is written here next is newer than what the user sees here.
    clock.observe(write.time);
    if (!isCheckDue) checkIn(checkMs);
  };

  /** Takes over the writes of tabs that are gone. */
  const check = async (): Promise<void> => {
    isCheckDue = false;
    for (const owner of new Set([...others.values()].map(({ write }) => write.tab))) {
      if (await tabs.isAlive(owner)) continue;
      for (const { write } of [...others.values()].filter((other) => other.write.tab === owner)) {
        gone(write.id);
        adopt(write);
      }
      changed();
    }
    if (isOpen && others.size) checkIn(checkMs);
  };

  const take = (message: TabMessage): void => {
    if ('put' in message) found(message.put);
    else if ('bye' in message) checkIn(byeMs);
    else {
      gone(message.gone, message.stored);
      if (message.stored) sentElsewhere(message.gone, message.stored);
    }
    changed();
  };

  const setAside = (key: string, text: string, error: unknown): void => {
    const asides = entries.filter(([other]) => other.startsWith(aside)).length;
    attempt(() => store.delete(key));
    if (asides < maxAside) attempt(() => store.set(aside + key, text));
    report('storage', `what was kept as ${key} cannot be read and is set aside: ${error}`);
  };

  const restoreClock = ({ version = 0, offset = 0 }: Partial<ClockState>): void => {
    clock.received(version);
    clock.state.offset ||= offset;
  };

  for (const [key, text] of entries) {
    if (key.startsWith(aside)) continue;
    try {
      if (key === clockKey) restoreClock(JSON.parse(text) as ClockState);
      else found(readWrite(text));
    } catch (error) {
      setAside(key, text, error);
    }
  }
  const put = (write: QueuedWrite): void => {
    attempt(() => store.set(write.id, textOf(write)));
    tabs.post({ put: keptOf(write) });
  };

  /** The page goes away. */
  const bye = (): void => tabs.post({ bye: true });

  const looked = (): void => {
    if (globalThis.document?.visibilityState !== 'hidden') wake();
  };

  const listen = (change: 'addEventListener' | 'removeEventListener'): void => {
    for (const event of ['online', 'offline', 'pageshow', 'visibilitychange']) environment.events?.[change](event, looked);
    environment.events?.[change]('pagehide', bye);
  };

  hear = take;
  early.forEach(take);
  listen('addEventListener');
  for (const write of queue.writes.values()) put(write);
  void check();
  keepTabId(environment, `${name}:tab`, own);

  return {
    put,
    user,
    /** The id that the tab has now. */
    tab: own,

    /** A write is gone from the queue; with a result, it was stored. */
    remove(id: string, result: WriteResult | undefined): void {
      // After what replaces it, if anything does: a reader in between must not see neither.
      queueMicrotask(() => {
        if (!isOpen) return;
        attempt(() => store.delete(id));
        tabs.post({ gone: id, stored: result && { version: result.version, time: result.time } });
      });
    },

    /** Keeps the clock, not more often than worth while. */
    keepClock(): void {
      clockTimer ??= setTimeout(() => {
        clockTimer = undefined;
        attempt(() => store.set(clockKey, JSON.stringify(clock.state)));
      }, clockDelayMs);
    },

    close(): void {
      isOpen = false;
      listen('removeEventListener');
      clearTimeout(checking);
      clearTimeout(clockTimer);
      bye();
      tabs.close();
      store.close?.();
    },
  };
}
