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
import { path as join } from './path.js';
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

export class Inbox {
  #cursor: string | undefined;
  /** The highest seq seen of each origin, since the cursor. */
  readonly #seen = new Map<string, number>();
  /** The connection that is open, and whether the node has answered on it. */
  #connection = 1;
  #isAnswered = false;

  constructor(
    private readonly document: Document,
    private readonly clock: StampClock,
    private readonly received: (record: ReceivedRecord) => void,
  ) {}

  /** A connection begins: its events count as seen only after its own answer. */
  begin(): void {
    this.#connection++;
    this.#isAnswered = false;
  }

  /** What to ask for. */
  question(): object {
    const seen = [...this.#seen].map(([origin, seq]) => `${origin}:${seq}`);
    return this.#cursor === undefined ? { want: 'delta' } : { want: 'delta', cursor: this.#cursor, seen };
  }

  /** Takes an event in; false when it tells of no state. */
  take({ event, payload }: Envelope): boolean {
    if (event === 'dashboard.state.sync') this.#takeChanges(payload, [payload]);
    else if (event === 'dashboard.state.batch') this.#takeChanges(payload, payload.updates);
    else if (event === 'dashboard.state.delta') this.#takeAnswer(payload);
    else return false;
    return true;
  }

  /** Takes a record as a node has stored it. */
  store(path: string, record: Rec, dot: string | undefined): Merged {
    this.clock.received(record.version);
    if (!this.#see(dot)) record.loose = this.#connection;
    return this.document.merge(path, record);
  }

  #takeChanges(written: Written, changes: readonly Change<string, Json>[]): void {
    for (const change of changes) {
      const record = recordOf(written, change);
      const merged = this.store(change.path, record, written.dot);
      if (merged !== 'known') this.#tell(change.path, record, merged === 'stored');
    }
  }

  #takeAnswer({ changes, complete, cursor, behind, version }: Delta): void {
    this.clock.received(version);
    const isAll = complete && !behind;
    const kept = isAll ? this.#looseRecords() : [];
    if (isAll) this.document.clear();
    for (const change of changes) {
      const record = recordOf(change, change);
      const merged = this.document.merge(change.path, record);
      if (!complete && merged !== 'known') this.#tell(change.path, record, merged === 'stored');
    }
    for (const [path, record] of kept) this.document.merge(path, record);
    this.#isAnswered = true;
    // A node that lacks something known here gives its own, lesser cursor; the one in hand stays true.
    if (behind && this.#cursor !== undefined) return;
    this.#cursor = cursor;
    this.#seen.clear();
  }

  /** What came on former connections and may be unknown to a node that does not say it is behind. */
  #looseRecords(): [string, Rec][] {
    const isLoose = ({ loose }: Rec) => loose !== undefined && loose !== this.#connection;
    return [...this.document.records()]
      .filter(([, record]) => isLoose(record))
      .map(([segments, record]) => [join(...segments), record]);
  }

  #tell(path: string, { value, version, time, tab }: Rec, applied: boolean): void {
    this.received({ path, ...(value !== undefined && { value }), version, time, tab, applied });
  }

  /** Remembers a dot; false when it may not count. */
  #see(dot: string | undefined): boolean {
    if (!dot || !this.#isAnswered) return false;
    const [origin = '', seq] = dot.split(':');
    this.#seen.set(origin, Math.max(this.#seen.get(origin) ?? 0, Number(seq)));
    return true;
  }
}
