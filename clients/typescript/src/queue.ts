/**
 * The writes that no node has acknowledged yet.
 *
 * Writes made within a short window become one update; a write drops what it hides of those that are
 * not on their way. A stamp is given when a window opens, or a batch is made, and never changes.
 *
 * @module
 */

import { tooLarge, totalSize, type Edit } from './change.js';
import { SyncError } from './errors.js';
import { isTree } from './json.js';
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

export type Outcome = WriteResult | SyncError;
type Settle = (outcome: Outcome) => void;

/** An edit that somebody waits for. */
export interface SettlingEdit extends Edit {
  readonly settle: Settle[];
}

/** One path of a queued write. */
export interface QueuedEdit extends SettlingEdit {
  readonly record: Rec;
}

/** What a queued write is known by. */
export interface WriteName extends Stamp {
  readonly id: string;
  /** An explicit batch: delivered as one, never split. */
  readonly atomic: boolean;
}

/** One update or batch. */
export interface QueuedWrite extends WriteName {
  edits: QueuedEdit[];
  /** `stored`: on one node's disk, and waits until it is on others' too. */
  state: 'open' | 'waiting' | 'sent' | 'stored';
  sentAt: number;
}

/** Where queued writes are shown, kept and sent. */
export interface QueueHooks {
  readonly debounceMs: number;
  /** Bytes that the edits of one update may take. */
  room(): number;
  stamp(): Stamp;
  show(edit: QueuedEdit): void;
  hide(edit: QueuedEdit): void;
  keep(write: QueuedWrite): void;
  /** Gone: by an ack, a refusal, or a later write (then without an outcome). */
  forget(write: QueuedWrite, outcome?: Outcome): void;
  /** There is something to send. */
  ready(): void;
}

const maxWrites = 10_000;

const isStill = ({ state }: QueuedWrite): boolean => state === 'open' || state === 'waiting';

/** One promise for all parts of a write. One that nobody looks at is no unhandled rejection. */
export function settled(parts: Promise<Outcome>[]): Promise<WriteResult> {
  const all = Promise.all(parts).then((outcomes) => {
    const error = outcomes.find((outcome) => outcome instanceof SyncError);
    if (error) throw error;
    const results = outcomes as WriteResult[];
    return { ...(results.at(-1) as WriteResult), applied: results.every(({ applied }) => applied) };
  });
  all.catch(() => {});
  return all;
}

export type Queue = ReturnType<typeof createQueue>;

export function createQueue(hooks: QueueHooks) {
  /** In the order of making. */
  const writes = new Map<string, QueuedWrite>();
  let open: QueuedWrite | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const checkRoom = (): void => {
    if (writes.size >= maxWrites) throw new SyncError('queue_full', `${maxWrites} writes wait to be sent`);
  };

  const checkSize = (edits: readonly Edit[]): void => {
    if (totalSize(edits) > hooks.room()) throw tooLarge(edits, hooks.room());
  };

  const insert = (name: WriteName, state: QueuedWrite['state']): QueuedWrite => {
    const write = { ...name, edits: [], state, sentAt: 0 };
    writes.set(write.id, write);
    return write;
  };

  const begin = (atomic: boolean): QueuedWrite => {
    const stamp = hooks.stamp();
    return insert({ ...stamp, id: stampId(stamp), atomic }, 'open');
  };

  const remove = (write: QueuedWrite, outcome?: Outcome): void => {
    writes.delete(write.id);
    hooks.forget(write, outcome);
  };

  /** What an edit hides need not be sent; who waits for that waits for the edit instead. */
  const dropHidden = (write: QueuedWrite, edit: QueuedEdit): void => {
    const below = `${edit.path}.`;
    const isHidden = ({ path }: Edit): boolean => path === edit.path || path.startsWith(below);
    for (const other of writes.values()) {
      if (!isStill(other) || !other.edits.some(isHidden)) continue;
      if (other === write ? write.atomic : compareStamps(other, write) >= 0) continue;
      const dropped = other.edits.filter(isHidden);
      if (other.atomic && dropped.length < other.edits.length) continue;
      other.edits = other.edits.filter((kept) => !dropped.includes(kept));
      for (const hidden of dropped) {
        edit.settle.push(...hidden.settle);
        hooks.hide(hidden);
      }
      if (other === write) continue;
      if (other.edits.length) hooks.keep(other);
      else remove(other);
    }
  };

  const add = (write: QueuedWrite, { path, value }: Edit, settle: Settle[]): void => {
    const { version, time, tab } = write;
    const edit: QueuedEdit = { path, value, settle, record: { version, time, tab, value } };
    dropHidden(write, edit);
    write.edits.push(edit);
    hooks.show(edit);
  };

  const wait = (write: QueuedWrite): void => {
    write.state = 'waiting';
    hooks.keep(write);
    hooks.ready();
  };

  /** Ends the window: what was written so far is sent as it is. */
  const close = (): void => {
    clearTimeout(timer);
    const write = open;
    open = undefined;
    if (write) wait(write);
  };

  /** Adds to the open window, or to a new one where that is full. */
  const join = (edit: Edit, settle: Settle): void => {
    if (open && totalSize([...open.edits, edit]) > hooks.room()) close();
    if (!open) {
      open = begin(false);
      timer = setTimeout(close, hooks.debounceMs);
    }
    add(open, edit, [settle]);
    hooks.keep(open);
  };

  return {
    writes: writes as ReadonlyMap<string, QueuedWrite>,
    close,

    /** Writes one path. */
    write(edit: Edit): Promise<WriteResult> {
      checkRoom();
      // A tree can be split when it is sent.
      if (!isTree(edit.value)) checkSize([edit]);
      return settled([new Promise((done) => join(edit, done))]);
    },

    /** Writes several paths as one; none at all is done at once. */
    batch(edits: readonly Edit[]): Promise<WriteResult> {
      if (!edits.length) return Promise.resolve({ applied: true, durability: 'local', ...hooks.stamp() });
      checkRoom();
      checkSize(edits);
      close();
      const write = begin(true);
      const parts = edits.map((edit) => new Promise<Outcome>((done) => add(write, edit, [done])));
      wait(write);
      return settled(parts);
    },

    /** Takes a write that another page, or this one before a reload, has left. */
    adopt(name: WriteName, edits: readonly Edit[]): void {
      if (writes.has(name.id)) return;
      const write = insert(name, 'waiting');
      for (const edit of edits) add(write, edit, []);
      hooks.ready();
    },

    /** The next write to send. */
    next(): QueuedWrite | undefined {
      for (const write of writes.values()) if (write.state === 'waiting') return write;
      return undefined;
    },

    /** The connection is gone: nobody knows what became of what was sent. */
    restart(): void {
      for (const write of writes.values()) if (write !== open) write.state = 'waiting';
    },

    /** Ends a write. */
    settle(write: QueuedWrite, outcome: Outcome): void {
      remove(write, outcome);
      for (const edit of write.edits) {
        hooks.hide(edit);
        for (const settle of edit.settle) settle(outcome);
      }
    },

    /** Puts several updates in the place of a write. */
    separate(write: QueuedWrite, groups: readonly (readonly SettlingEdit[])[]): void {
      remove(write);
      write.edits.forEach(hooks.hide);
      groups.forEach((edits, at) => {
        const part = insert({ ...write, id: `${write.id}#${at}` }, 'waiting');
        for (const edit of edits) add(part, edit, edit.settle);
        hooks.keep(part);
      });
    },

    /** Sends what is gathered, and waits for everything that is here. */
    async flush(): Promise<void> {
      close();
      const settles = [...writes.values()].flatMap(({ edits }) => edits.map(({ settle }) => settle));
      await Promise.all(settles.map((settle) => new Promise((done) => settle.push(done))));
    },

    /** Nothing more will be sent; what is here stays kept. */
    abandon(error: SyncError): void {
      close();
      for (const { edits } of writes.values()) for (const { settle } of edits) settle.forEach((done) => done(error));
    },
  };
}
