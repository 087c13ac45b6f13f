/**
 * Sends queued writes as fast as the node allows, and hears what became of them.
 *
 * @module
 */

import { toChange } from './change.js';
import { SyncError, type ErrorCode } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Ack, Envelope, Refusal } from './messages.js';
import type { Pace } from './pace.js';
import type { Queue, QueuedWrite, WriteResult } from './queue.js';

/** What the outbox tells of a write's way. */
export interface OutboxHooks {
  send(event: string, payload: object): void;
  acked(write: QueuedWrite, result: WriteResult): void;
  refused(write: QueuedWrite, error: SyncError): void;
  /** The node cannot take writes, again and again. */
  useless(): void;
  /** The node does not know the user's version yet. */
  ask(): void;
}

/** Writes on their way at a time: a node answers them in groups. */
const maxUnanswered = 32;
/** The envelope around the edits of an update. */
export const envelopeBytes = 512;
const retryMs = 1000;
const slowestRetryMs = 30_000;
const patience = 3;

/** The write stays in the queue: it is not its fault. */
const isPassing = (code: ErrorCode): boolean => /^(rate_limited|unavailable|version_ahead|unauthenticated)$/.test(code);

export class Outbox {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  #failures = 0;

  constructor(
    private readonly queue: Queue,
    private readonly inbox: Inbox,
    private readonly pace: Pace,
    private readonly now: () => number,
    /** Until a write is on other nodes' disks too. */
    private readonly isReplicatedWanted: boolean,
    private readonly hooks: OutboxHooks,
  ) {}

  open(): void {
    this.#isOpen = true;
    this.#failures = 0;
    this.pace.resume();
    this.pump();
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.queue.restart();
  }

  /** Sends what may be sent now; comes back by itself for the rest. */
  pump(): void {
    clearTimeout(this.#timer);
    while (this.#isOpen && this.queue.sent < maxUnanswered) {
      const write = this.queue.next();
      if (!write) return;
      const wait = this.pace.take();
      if (wait) {
        this.#timer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.#send(write);
    }
  }

  /** Takes an ack or a refusal; false for other events, and for what is not about a write here. */
  take({ event, payload }: Envelope): boolean {
    const isAnswer = event === 'dashboard.state.ack' || event === 'dashboard.state.error';
    const write = isAnswer && payload.id !== undefined && this.queue.writes.get(payload.id);
    if (!write) return false;
    if (event === 'dashboard.state.ack') this.#acked(write, payload);
    else this.#refused(write, payload);
    this.pump();
    return true;
  }

  #send(write: QueuedWrite): void {
    const { id, version, time, tab, edits } = write;
    const stamp = { version, timestamp: new Date(time).toISOString(), sourceTabId: tab, id };
    const changes = edits.map(toChange);
    write.state = 'sent';
    write.sentAt = this.now();
    if (changes.length === 1) this.hooks.send('dashboard.state.update', { ...changes[0], ...stamp });
    else this.hooks.send('dashboard.state.batch', { updates: changes, ...stamp });
  }

  #acked(write: QueuedWrite, { applied, version, timestamp, durability, dot }: Ack): void {
    this.#failures = 0;
    const result: WriteResult = { applied, version, time: Date.parse(timestamp), durability };
    const { tab } = write;
    for (const { path, value } of write.edits) this.inbox.store(path, { version, time: result.time, tab, value }, dot);
    if (this.isReplicatedWanted && durability !== 'replicated') write.state = 'stored';
    else this.queue.settle(write, result);
    this.hooks.acked(write, result);
  }

  #refused(write: QueuedWrite, { code, message, retryAfterMs = retryMs }: Refusal): void {
    if (isPassing(code)) {
      write.state = 'waiting';
      this.#wait(code, retryAfterMs);
    } else if (!write.atomic && write.edits.length > 1) {
      this.queue.separate(write);
    } else {
      const error = new SyncError(code, message, write.edits.map(({ path }) => path));
      this.queue.settle(write, error);
      this.hooks.refused(write, error);
    }
  }

  #wait(code: ErrorCode, retryAfterMs: number): void {
    if (code === 'rate_limited') return this.pace.pause(retryAfterMs, true);
    this.pace.pause(Math.min(slowestRetryMs, retryAfterMs * 2 ** this.#failures));
    if (code === 'version_ahead') this.hooks.ask();
    if (++this.#failures === patience) this.hooks.useless();
  }
}
