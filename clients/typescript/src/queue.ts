/**
 * The writes that no node has acknowledged yet.
 *
 * Writes made within a short window become one update; a write drops what it hides of those that are
 * not on their way. A stamp is given when a window opens, or a batch is made, and never changes.
 *
 * @module
 */

import { splitEdit, sizeOf, type Edit } from './change.js';
import { SyncError } from './errors.js';
import { covers } from './path.js';
import type { Rec } from './place.js';
import { compareStamps, stampId, type Stamp } from './stamps.js';

/** What becomes of a write. */
export interface WriteResult {
  /** False when a newer write of another device had already won at one of its paths. */
  readonly applied: boolean;
  readonly version: number;
  /** Unix time in milliseconds, as stored. */
  readonly time: number;
  readonly durability: 'local' | 'replicated';
}

type Settle = (outcome: WriteResult | SyncError) => void;

/** One path of a queued write. */
export interface QueuedEdit extends Edit {
  readonly record: Rec;
  readonly settle: Settle[];
  readonly size: number;
}

/** One update or batch. */
export interface QueuedWrite extends Stamp {
  readonly id: string;
  edits: QueuedEdit[];
  /** An explicit batch: delivered as one, never split. */
  readonly atomic: boolean;
  /** `stored`: on one node's disk, and waits until it is on others' too. */
  state: 'open' | 'waiting' | 'sent' | 'stored';
  /** When it was sent, for the log and the timeline. */
  sentAt?: number;
}

/** What the queue tells: where writes are shown and kept. */
export interface QueueEvents {
  shown(edit: QueuedEdit): void;
  hidden(edit: QueuedEdit): void;
  changed(write: QueuedWrite): void;
  /** Gone, by an ack, a refusal or a later write. */
  removed(write: QueuedWrite, outcome?: WriteResult | SyncError): void;
  /** There is something to send. */
  ready(): void;
}

export interface QueueSettings {
  readonly debounceMs: number;
  /** Bytes that the edits of one update may take. */
  room(): number;
  stamp(): Stamp;
}

const maxWrites = 10_000;

export class Queue {
  /** In the order of making. */
  readonly writes = new Map<string, QueuedWrite>();
  #open: QueuedWrite | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly settings: QueueSettings,
    private readonly events: QueueEvents,
  ) {}

  /** Writes one path; a value that is too large for one update is split along its tree. */
  write(edit: Edit): Promise<WriteResult> {
    this.#checkRoom();
    const parts = splitEdit(edit, this.settings.room());
    return settled(parts.map((part) => new Promise((done) => this.#join(part, done))));
  }

  /** Writes several paths as one. */
  batch(edits: readonly Edit[]): Promise<WriteResult> {
    this.#checkRoom();
    const size = edits.reduce((sum, edit) => sum + sizeOf(edit), 0);
    const room = this.settings.room();
    if (size > room) {
      const paths = edits.map(({ path }) => path);
      throw new SyncError('payload_too_large', `a batch of ${size} bytes; the node takes ${room} as one. Make smaller batches.`, paths);
    }
    this.close();
    const write = this.#begin(true);
    const promises = edits.map((edit) => new Promise<WriteResult | SyncError>((done) => this.#add(write, edit, [done])));
    this.#wait(write);
    return settled(promises);
  }

  /** Ends the window: what was written so far is sent as it is. */
  close(): void {
    clearTimeout(this.#timer);
    const write = this.#open;
    this.#open = undefined;
    if (write) this.#wait(write);
  }

  /** Takes a write that another page, or this one before a reload, has left. */
  adopt(stamp: Stamp & { id: string; atomic: boolean }, edits: readonly Edit[]): void {
    if (this.writes.has(stamp.id)) return;
    const { id, atomic, version, time, tab } = stamp;
    const write: QueuedWrite = { id, atomic, version, time, tab, edits: [], state: 'waiting' };
    this.writes.set(id, write);
    for (const edit of edits) this.#add(write, edit, []);
    this.events.ready();
  }

  /** The next write to send. */
  next(): QueuedWrite | undefined {
    for (const write of this.writes.values()) if (write.state === 'waiting') return write;
    return undefined;
  }

  /** How many are on their way. */
  get sent(): number {
    let count = 0;
    for (const { state } of this.writes.values()) if (state === 'sent') count++;
    return count;
  }

  /** The connection is gone: nobody knows what became of what was sent. */
  restart(): void {
    for (const write of this.writes.values()) if (write.state !== 'open') write.state = 'waiting';
  }

  /** Ends a write. */
  settle(write: QueuedWrite, outcome: WriteResult | SyncError): void {
    this.#remove(write, outcome);
    for (const edit of write.edits) {
      this.events.hidden(edit);
      for (const settle of edit.settle) settle(outcome);
    }
  }

  /** Makes a refused update's edits updates of their own, so that the good ones pass. */
  separate(write: QueuedWrite): void {
    this.#remove(write);
    write.edits.forEach((edit, at) => {
      const part: QueuedWrite = { ...write, id: `${write.id}#${at}`, edits: [edit], state: 'waiting' };
      this.writes.set(part.id, part);
      this.events.changed(part);
    });
    this.events.ready();
  }

  /** Gives writes that were made before it was known that the tab's id is taken their new owner. */
  rename(tab: string): void {
    this.close();
    for (const write of [...this.writes.values()]) {
      this.#remove(write);
      const stamp = { version: write.version, time: write.time, tab };
      const renamed: QueuedWrite = { ...write, ...stamp, id: stampId(stamp), edits: [] };
      this.writes.set(renamed.id, renamed);
      for (const { path, value, settle } of write.edits) this.#add(renamed, { path, value }, settle);
      write.edits.forEach((edit) => this.events.hidden(edit));
    }
  }

  /** Nothing more will be sent; what is here stays stored. */
  abandon(error: SyncError): void {
    this.close();
    for (const { edits } of this.writes.values()) for (const { settle } of edits) settle.forEach((done) => done(error));
  }

  #checkRoom(): void {
    if (this.writes.size >= maxWrites)
      throw new SyncError('queue_full', `${maxWrites} writes wait to be sent; connect, or write less often`);
  }

  #begin(atomic: boolean): QueuedWrite {
    const stamp = this.settings.stamp();
    const write: QueuedWrite = { ...stamp, id: stampId(stamp), edits: [], atomic, state: 'open' };
    this.writes.set(write.id, write);
    return write;
  }

  /** Adds to the open window, or to a new one where that is full. */
  #join(edit: Edit, done: Settle): void {
    const taken = this.#open?.edits.reduce((sum, { size }) => sum + size, 0) ?? 0;
    if (taken + sizeOf(edit) > this.settings.room()) this.close();
    if (!this.#open) {
      this.#open = this.#begin(false);
      this.#timer = setTimeout(() => this.close(), this.settings.debounceMs);
    }
    this.#add(this.#open, edit, [done]);
    this.events.changed(this.#open);
  }

  #add(write: QueuedWrite, { path, value }: Edit, settle: Settle[]): void {
    const { version, time, tab } = write;
    const edit: QueuedEdit = { path, value, settle, size: sizeOf({ path, value }), record: { version, time, tab, value } };
    this.#dropHidden(write, edit);
    write.edits.push(edit);
    this.events.shown(edit);
  }

  #wait(write: QueuedWrite): void {
    write.state = 'waiting';
    this.events.changed(write);
    this.events.ready();
  }

  /** What an edit hides need not be sent; who waits for that waits for the edit instead. */
  #dropHidden(write: QueuedWrite, edit: QueuedEdit): void {
    const hides = (other: QueuedWrite) => (hidden: QueuedEdit) =>
      covers(edit.path, hidden.path) && (other === write ? !write.atomic : compareStamps(other, write) < 0);
    for (const other of [...this.writes.values()]) {
      if (other.state !== 'open' && other.state !== 'waiting') continue;
      const dropped = other.edits.filter(hides(other));
      if (!dropped.length || (other.atomic && dropped.length < other.edits.length)) continue;
      other.edits = other.edits.filter((kept) => !dropped.includes(kept));
      for (const { settle } of dropped) edit.settle.push(...settle);
      dropped.forEach((hidden) => this.events.hidden(hidden));
      if (other === write) continue;
      if (other.edits.length) this.events.changed(other);
      else this.#remove(other);
    }
  }

  #remove(write: QueuedWrite, outcome?: WriteResult | SyncError): void {
    this.writes.delete(write.id);
    this.events.removed(write, outcome);
  }
}

/** One promise for all parts of a write. One that nobody looks at is no unhandled rejection. */
function settled(parts: Promise<WriteResult | SyncError>[]): Promise<WriteResult> {
  const all = Promise.all(parts).then((outcomes) => {
    const error = outcomes.find((outcome) => outcome instanceof SyncError);
    if (error) throw error;
    const results = outcomes as WriteResult[];
    return { ...(results.at(-1) as WriteResult), applied: results.every(({ applied }) => applied) };
  });
  all.catch(() => {});
  return all;
}
