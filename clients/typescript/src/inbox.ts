/**
 * What comes from a node: records go into the document, and what was received is remembered, so that
 * any node can tell what is missed.
 *
 * @module
 */

import type { Change } from './change.js';
import type { Document, Merged } from './document.js';
import { freeze, type Json } from './json.js';
import type { Delta, Envelope, WireRecord } from './messages.js';
import type { Rec } from './place.js';
import type { StampClock } from './stamps.js';

/** A record that came from a node. */
export interface ReceivedRecord {
  readonly path: string;
  /** Missing where the record deletes. */
  readonly value?: Json;
  readonly version: number;
  /** When it was written, in Unix time. */
  readonly time: number;
  /** The tab that wrote it. */
  readonly tab: string;
  /** False when something newer stood here already. */
  readonly applied: boolean;
}

type Written = Pick<WireRecord, 'version' | 'timestamp' | 'sourceTabId' | 'dot'>;

const recordOf = ({ version, timestamp, sourceTabId: tab }: Written, change: Change<string, Json>): Rec => ({
  version,
  time: Date.parse(timestamp),
  tab,
  value: change.delete ? undefined : freeze(change.value),
});

export type Inbox = ReturnType<typeof createInbox>;

export function createInbox(document: Document, clock: StampClock) {
  let cursor: string | undefined;
  /** The highest seq seen of each origin, since the cursor. */
  const seen = new Map<string, number>();
  /** Counts connections, and whether the node has answered on the one that is open. */
  let connection = 1;
  let isAnswered = false;
  /** What the event at hand has brought. */
  let news: ReceivedRecord[] = [];

  /** Remembers a dot; false when it may not count. */
  const see = (dot: string | undefined): boolean => {
    if (!dot || !isAnswered) return false;
    const [origin = '', seq] = dot.split(':');
    seen.set(origin, Math.max(seen.get(origin) ?? 0, Number(seq)));
    return true;
  };

  /** Takes a record as a node has stored it. */
  const store = (path: string, record: Rec, dot?: string): Merged => {
    clock.received(record.version);
    if (!see(dot)) record.loose = connection;
    return document.merge(path, record);
  };

  const announce = (path: string, { value, version, time, tab }: Rec, merged: Merged): void => {
    if (merged !== 'known') news.push({ path, ...(value !== undefined && { value }), version, time, tab, applied: merged === 'stored' });
  };

  const takeChanges = (written: Written, changes: readonly Change<string, Json>[]): void => {
    for (const change of changes) {
      const record = recordOf(written, change);
      announce(change.path, record, store(change.path, record, written.dot));
    }
  };

  const takeAnswer = ({ changes, complete, behind, version, cursor: next }: Delta): void => {
    clock.received(version);
    // What came on former connections may be unknown to a node that does not say it is behind.
    if (complete && !behind) document.drop(({ loose = connection }) => loose === connection);
    for (const change of changes) {
      const record = recordOf(change, change);
      const merged = document.merge(change.path, record);
      if (!complete) announce(change.path, record, merged);
    }
    isAnswered = true;
    // A node that lacks something known here gives its own, lesser cursor; the one in hand stays true.
    if (behind && cursor !== undefined) return;
    cursor = next;
    seen.clear();
  };

  return {
    store,

    /** A connection ends: the next one's events count as seen only after its own answer. */
    end(): void {
      connection++;
      isAnswered = false;
    },

    /** What to ask for. */
    question: (): object =>
      cursor === undefined ? { want: 'delta' } : { want: 'delta', cursor, seen: [...seen].map((dot) => dot.join(':')) },

    /** Takes an event in and gives what is new in it; nothing when it tells of no state. */
    take({ event, payload }: Envelope): ReceivedRecord[] | undefined {
      news = [];
      if (event === 'dashboard.state.sync') takeChanges(payload, [payload]);
      else if (event === 'dashboard.state.batch') takeChanges(payload, payload.updates);
      else if (event === 'dashboard.state.delta') takeAnswer(payload);
      else return undefined;
      return news;
    },
  };
}
