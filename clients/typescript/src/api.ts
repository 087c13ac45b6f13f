/**
 * What applications use.
 *
 * @module
 */

import type { Change } from './change.js';
import type { SyncError } from './errors.js';
import type { ReceivedRecord } from './inbox.js';
import type { Json } from './json.js';
import type { NodeInfo, Status } from './link.js';
import type { AckedWrite } from './outbox.js';
import type { WriteResult } from './queue.js';
import type { PathOf, Snapshot, ValueAt } from './typed.js';

/** What {@link Client.on} tells. */
export interface ClientEvents {
  status: Status;
  /** How many writes wait to be acknowledged. */
  pending: number;
  /** Another device's write has come. */
  received: ReceivedRecord;
  /** A write of this client was acknowledged. */
  acked: AckedWrite;
  /** A write of this client came too late: something newer had won at one of its paths. */
  stale: AckedWrite;
  /** A write was refused and has left the queue, or something else went wrong. */
  error: SyncError;
}

export interface Client<State = Json> {
  /** This tab's name among all writers: `tab-` and eight hex digits. */
  readonly tabId: string;
  readonly status: Status;
  /** How many writes wait to be acknowledged. */
  readonly pending: number;
  /** The node this client is connected to. */
  readonly node: NodeInfo | undefined;

  /** The whole state. It is frozen; equal parts stay the same objects from one to the next. */
  get(): Snapshot<State, ''>;
  /** What stands at a path. Writes of this client show at once. */
  get<P extends PathOf<State> | ''>(path: P): Snapshot<State, P>;

  /**
   * Writes a value at a path. It shows at once, is sent with the other writes of a short while, and
   * kept until a node has it, offline and across reloads.
   *
   * @returns what became of it, once a node has it; rejects when the node refuses it
   * @throws SyncError when path or value can be no write
   */
  set<P extends PathOf<State>>(path: P, value: ValueAt<State, P>): Promise<WriteResult>;
  /** Removes what stands at a path and below it. */
  delete(path: PathOf<State>): Promise<WriteResult>;
  /** Writes several paths as one: every device sees all of them or none. */
  batch(changes: readonly Change<PathOf<State>>[]): Promise<WriteResult>;

  /** Calls back whenever the value at a path (or anything, for `''`) has changed. Returns the way out. */
  subscribe<P extends PathOf<State> | ''>(
    path: P,
    listener: (value: Snapshot<State, P>, before: Snapshot<State, P>) => void,
  ): () => void;
  /** Hears of events. Returns the way out. */
  on<E extends keyof ClientEvents>(event: E, listener: (detail: ClientEvents[E]) => void): () => void;

  /** Sends what is gathered; resolves when everything written so far is acknowledged or refused. */
  flush(): Promise<void>;
  connect(): void;
  /** Goes offline; writes are kept. */
  disconnect(): void;
  /** Ends the client. What was not sent is kept in the store, and sent by the user's next client. */
  close(): void;
}
