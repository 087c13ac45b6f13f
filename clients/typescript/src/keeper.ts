/**
 * Unsent writes outside of this page: kept in the store until they are acknowledged, and shared with
 * the user's other tabs. Loaded by every client, but not before it can show something.
 *
 * @module
 */

import { withSiblings, type Environment } from './environment.js';
import { SyncError } from './errors.js';
import { keptOf, readWrite, textOf } from './kept.js';
import type { QueuedWrite, WriteResult } from './queue.js';
import { createSiblings, type SiblingTargets, type TabMessage } from './siblings.js';
import type { ClockState } from './stamps.js';
import { openStore, type OpenStore, type Store } from './storage/index.js';
import { keepTabId } from './tab_id.js';
import { openTabs } from './tabs.js';

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
export interface KeeperTargets extends SiblingTargets {
  readonly report: (code: 'storage', problem: string) => void;
  /** The network may have come or gone. */
  readonly wake: () => void;
}

const clockKey = 'clock';
const aside = 'aside/';
const maxAside = 100;
const clockDelayMs = 1000;

/** Whose token it is. */
function userOf(token: string): string {
  try {
    const claims = (token.split('.')[1] as string).replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(claims), (byte) => byte.charCodeAt(0));
    return (JSON.parse(new TextDecoder().decode(bytes)) as { sub: string }).sub;
  } catch {
    throw new SyncError('token', 'the token is no JWT');
  }
}

/** Does something with a store, and reports the first time that it fails. */
function createAttempts(report: KeeperTargets['report']) {
  let hasFailed = false;
  const failed = (error: unknown): void => {
    if (!hasFailed) report('storage', `a store of unsent writes fails: ${error}`);
    hasFailed = true;
  };
  const attempt = (use: () => void | Promise<void>): void => {
    void (async () => use())().catch(failed);
  };
  return { failed, attempt };
}

/** Calls `wake` when the browser hears of a network or the page comes to the front, `leave` when it goes. */
function listen({ events }: Environment, wake: () => void, leave: () => void): () => void {
  const look = (): void => {
    if (globalThis.document?.visibilityState !== 'hidden') wake();
  };
  const change = (how: 'addEventListener' | 'removeEventListener'): void => {
    for (const event of ['online', 'offline', 'pageshow', 'visibilitychange']) events?.[how](event, look);
    events?.[how]('pagehide', leave);
  };
  change('addEventListener');
  return () => change('removeEventListener');
}

export type Keeper = Awaited<ReturnType<typeof openKeeper>>;

/** Makes sure of the tab's id and reads what is kept. */
export async function openKeeper(settings: KeeperSettings, targets: KeeperTargets) {
  const { name, tab, newTab, storage } = settings;
  const { queue, clock, report, wake } = targets;
  const environment = withSiblings(settings.environment);
  const user = settings.user ?? userOf(settings.token);
  const { failed, attempt } = createAttempts(report);

  /** What comes before everything kept was read waits for that. */
  const early: TabMessage[] = [];
  let hear = (message: TabMessage): void => void early.push(message);
  const tabs = openTabs<TabMessage>({ name, user, environment, hear: (message) => hear(message) });
  const own = (await tabs.claim(tab).catch(() => true)) ? tab : newTab;
  if (own !== tab) await tabs.claim(own);
  keepTabId(environment, `${name}:tab`, own);

  const save = (to: Store): void => {
    for (const write of queue.writes.values()) attempt(() => to.set(write.id, textOf(write)));
  };
  const [store, entries] = await openStore(`${name}:${user}`, storage, environment, save, failed);
  const siblings = createSiblings(own, tabs.isAlive, targets);
  let isOpen = true;
  let clockTimer: ReturnType<typeof setTimeout> | undefined;

  const restoreClock = ({ version = 0, offset = 0 }: Partial<ClockState>): void => {
    clock.received(version);
    clock.state.offset ||= offset;
  };

  const setAside = (key: string, text: string, error: unknown): void => {
    const asides = entries.filter(([other]) => other.startsWith(aside)).length;
    attempt(() => store.delete(key));
    if (asides < maxAside) attempt(() => store.set(aside + key, text));
    report('storage', `what was kept as ${key} cannot be read and is set aside: ${error}`);
  };

  const put = (write: QueuedWrite): void => {
    attempt(() => store.set(write.id, textOf(write)));
    tabs.post({ put: keptOf(write) });
  };

  const bye = (): void => tabs.post({ bye: true });

  for (const [key, text] of entries) {
    if (key.startsWith(aside)) continue;
    try {
      if (key === clockKey) restoreClock(JSON.parse(text) as ClockState);
      else siblings.found(readWrite(text));
    } catch (error) {
      setAside(key, text, error);
    }
  }
  hear = siblings.hear;
  early.forEach(hear);
  queue.writes.forEach(put);
  void siblings.check();
  const stopListening = listen(environment, wake, bye);

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
      stopListening();
      siblings.close();
      clearTimeout(clockTimer);
      bye();
      tabs.close();
      store.close?.();
    },
  };
}
