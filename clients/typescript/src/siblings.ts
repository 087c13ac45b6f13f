/**
 * The unsent writes of the user's other tabs: shown here while they wait, and sent from here when the
 * tab that made them is gone for good.
 *
 * @module
 */

import type { Document } from './document.js';
import type { Inbox } from './inbox.js';
import { editsOf, recordsOf, type KeptWrite, type Stored } from './kept.js';
import type { Rec } from './place.js';
import type { Queue } from './queue.js';
import type { StampClock } from './stamps.js';

/** What tabs tell each other. */
export type TabMessage =
  | { readonly put: KeptWrite }
  /** Acknowledged, or given up. */
  | { readonly gone: string; readonly stored: Stored | undefined }
  | { readonly bye: true };

/** The parts of the client that other tabs' writes go to. */
export interface SiblingTargets {
  readonly queue: Queue;
  readonly document: Document;
  readonly inbox: Inbox;
  readonly clock: StampClock;
  readonly changed: () => void;
}

const checkMs = 15_000;
/** How long a tab that leaves may take to be gone. */
const byeMs = 1000;

export type Siblings = ReturnType<typeof createSiblings>;

/** `own`: this tab's id. `isAlive`: whether another's page still runs. */
export function createSiblings(own: string, isAlive: (tab: string) => Promise<boolean>, targets: SiblingTargets) {
  const { queue, document, inbox, clock, changed } = targets;
  /** The writes of other tabs, with what is shown of them. */
  const others = new Map<string, { readonly write: KeptWrite; readonly shown: [string, Rec][] }>();
  let isClosed = false;
  let checking: ReturnType<typeof setTimeout> | undefined;
  let isCheckDue = false;

  const checkIn = (ms: number): void => {
    clearTimeout(checking);
    isCheckDue = true;
    if (!isClosed) checking = setTimeout(() => void check(), ms);
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

  /** Takes in a write that was kept, or that another tab tells of. */
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

  const adoptFrom = (owner: string): void => {
    for (const { write } of [...others.values()].filter((other) => other.write.tab === owner)) {
      gone(write.id);
      adopt(write);
    }
    changed();
  };

  /** Takes over the writes of tabs that are gone. */
  const check = async (): Promise<void> => {
    isCheckDue = false;
    for (const owner of new Set([...others.values()].map(({ write }) => write.tab))) {
      if (!(await isAlive(owner)) && !isClosed) adoptFrom(owner);
    }
    if (others.size) checkIn(checkMs);
  };

  return {
    found,
    check,

    hear(message: TabMessage): void {
      if ('put' in message) found(message.put);
      else if ('bye' in message) checkIn(byeMs);
      else {
        gone(message.gone, message.stored);
        if (message.stored) sentElsewhere(message.gone, message.stored);
      }
      changed();
    },

    close(): void {
      isClosed = true;
      clearTimeout(checking);
    },
  };
}
