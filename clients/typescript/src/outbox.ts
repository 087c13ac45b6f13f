/**
 * Sends queued writes as fast as the node allows, and hears what became of them.
 *
 * @module
 */

import { toChange, totalSize } from './change.js';
import { SyncError, type ErrorCode } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Link } from './link.js';
import type { Ack, Envelope, Refusal } from './messages.js';
import type { Pace } from './pace.js';
import type { Queue, QueuedWrite, WriteResult } from './queue.js';

/** A write that a node has acknowledged. */
export interface AckedWrite extends WriteResult {
  readonly paths: readonly string[];
  /** From sending to the answer, in milliseconds. */
  readonly tookMs: number;
}

export interface OutboxParts {
  readonly queue: Queue;
  readonly inbox: Inbox;
  readonly pace: Pace;
  readonly link: Pick<Link, 'send' | 'ask' | 'leave'>;
  readonly now: () => number;
  /** Whether a write has to be on other nodes' disks too. */
  readonly isReplicationWanted: boolean;
  readonly acked: (write: AckedWrite) => void;
  /** Something can be seen that did not come from the node. */
  readonly changed: () => void;
  readonly report: (code: ErrorCode, message: string, paths: string[]) => SyncError;
}

/** Writes on their way at a time: a node answers them in groups. */
const maxUnanswered = 32;
/** What an update has around its edits. */
const envelopeBytes = 512;

/** Bytes that the edits of one update may take. */
export const roomIn = ({ limits }: Pace): number => limits.maxUpdateBytes - envelopeBytes;

const retryMs = 1000;
const slowestRetryMs = 30_000;

export type Outbox = ReturnType<typeof createOutbox>;

const pathsOf = ({ edits }: QueuedWrite): string[] => edits.map(({ path }) => path);

export function createOutbox({ queue, inbox, pace, link, now, isReplicationWanted, acked, changed, report }: OutboxParts) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;
  /** How many are on their way. */
  let unanswered = 0;
  let failures = 0;

  const split = async (write: QueuedWrite): Promise<void> => {
    try {
      (await import('./split.js')).splitWrite(queue, write, roomIn(pace));
      pump();
    } catch (error) {
      if (error instanceof SyncError) refused(write, error);
      else retry(write, { code: 'unavailable', message: '' });
    }
    changed();
  };

  const send = (write: QueuedWrite): void => {
    const { id, version, time, tab, edits } = write;
    write.state = 'sent';
    write.sentAt = now();
    if (edits.length < 2 && totalSize(edits) > roomIn(pace)) return void split(write);
    const stamp = { version, timestamp: new Date(time).toISOString(), sourceTabId: tab, id };
    const updates = edits.map(toChange);
    unanswered++;
    if (updates.length > 1) link.send('dashboard.state.batch', { updates, ...stamp });
    else link.send('dashboard.state.update', { ...updates[0], ...stamp });
  };

  /** Sends what may be sent now; comes back by itself for the rest. */
  const pump = (): void => {
    clearTimeout(timer);
    let write;
    while (isOpen && unanswered < maxUnanswered && (write = queue.next())) {
      const wait = pace.take(unanswered);
      if (wait) {
        timer = setTimeout(pump, wait);
        return;
      }
      send(write);
    }
  };

  const stored = (write: QueuedWrite, { applied, version, timestamp, durability, dot }: Ack): void => {
    failures = 0;
    const { tab } = write;
    const time = Date.parse(timestamp);
    for (const { path, value } of write.edits) inbox.store(path, { version, time, tab, value }, dot);
    const result = { applied, version, time, durability };
    if (isReplicationWanted && durability === 'local') write.state = 'stored';
    else queue.settle(write, result);
    acked({ ...result, paths: pathsOf(write), tookMs: now() - write.sentAt });
  };

  /** The write stays in the queue: it is not its fault. */
  const retry = (write: QueuedWrite, { code, retryAfterMs = retryMs }: Refusal): void => {
    write.state = 'waiting';
    const isOften = code === 'rate_limited';
    pace.pause(isOften ? retryAfterMs : Math.min(slowestRetryMs, retryAfterMs * 2 ** failures++));
    if (code === 'version_ahead') link.ask();
    if (code === 'unavailable') link.leave('the node cannot store');
  };

  const refused = (write: QueuedWrite, refusal: Refusal): void => {
    const { code, message } = refusal;
    if (/^(rate|unava|version|unauth)/.test(code)) retry(write, refusal);
    else if (!write.atomic && write.edits.length > 1) void split(write);
    else {
      queue.settle(write, report(code, message, pathsOf(write)));
    }
  };

  return {
    pump,

    /** A node is there, and has told what it knows. */
    open(): void {
      isOpen = true;
      failures = 0;
      pace.resume();
      pump();
    },

    close(): void {
      isOpen = false;
      unanswered = 0;
      clearTimeout(timer);
      queue.restart();
    },

    /** Takes an ack or a refusal; false for other events, and for what is not about a write here. */
    take({ event, payload }: Envelope): boolean {
      const isAnswer = event === 'dashboard.state.ack' || event === 'dashboard.state.error';
      const write = isAnswer && queue.writes.get(payload.id as string);
      if (!write) return false;
      if (write.state === 'sent') unanswered--;
      if (event === 'dashboard.state.ack') stored(write, payload);
      else refused(write, payload);
      pump();
      return true;
    },
  };
}
