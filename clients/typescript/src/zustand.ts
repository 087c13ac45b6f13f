/**
 * A zustand middleware: parts of a store are shared by all of the user's tabs and devices.
 *
 * @module
 */

import type { StateCreator, StoreMutatorIdentifier } from 'zustand/vanilla';

import type { Client } from './api.js';
import { diff } from './diff.js';
import { isArray, isObject, share, type Json } from './json.js';
import { memberOf } from './layout.js';
import { parsePath } from './path.js';

export interface SyncedOptions {
  // A client of any state: what is shared is typed by the store.
  readonly client: Pick<Client, 'get' | 'set' | 'delete' | 'subscribe'>;
  /** The paths of the store's state that are shared, with what is below them. */
  readonly paths: readonly string[];
  /** Ends the sharing. */
  readonly signal?: AbortSignal;
}

type Synced = <
  State extends object,
  Before extends [StoreMutatorIdentifier, unknown][] = [],
  After extends [StoreMutatorIdentifier, unknown][] = [],
>(
  initializer: StateCreator<State, Before, After>,
  options: SyncedOptions,
) => StateCreator<State, Before, After>;

type Plain = <State extends object>(initializer: StateCreator<State>, options: SyncedOptions) => StateCreator<State>;

/** A copy of a tree with another value at a path. */
function putAt(tree: unknown, [segment, ...rest]: readonly string[], value: unknown): unknown {
  if (segment === undefined) return value;
  const member = putAt(memberOf(tree, segment), rest, value);
  if (isArray(tree)) return Object.assign([...tree], { [segment]: member });
  return { ...(isObject(tree) && tree), [segment]: member };
}

const plain: Plain = (initializer, { client, paths, signal }) => (set, get, api) => {
  const shared = paths.map((path) => ({ path, segments: parsePath(path) }));
  const { setState } = api;
  let isComing = false;

  /** Writes what an action of this store has changed. */
  const publish = (before: object, after: object): void => {
    if (isComing || signal?.aborted) return;
    for (const change of diff(before, after, { only: paths })) {
      if (change.delete) void client.delete(change.path);
      else void client.set(change.path, change.value as Json);
    }
  };

  const publishing = <Arguments extends unknown[]>(act: (...args: Arguments) => void) => (...args: Arguments): void => {
    const before = get();
    act(...args);
    publish(before, get());
  };

  api.setState = publishing(setState as (...args: never) => void) as typeof setState;
  const initial = initializer(publishing(set as (...args: never) => void) as typeof set, get, api);

  /** The store's state with what the client has; what it has nothing for is as it was at first. */
  const received = <State extends object>(state: State): State =>
    shared.reduce<State>((next, { path, segments }) => {
      const before = segments.reduce<unknown>(memberOf, next);
      const value = share(before, client.get(path) ?? segments.reduce<unknown>(memberOf, initial));
      return value === before ? next : (putAt(next, segments, value) as State);
    }, state);

  const take = (): void => {
    const next = received(get());
    if (next === get()) return;
    isComing = true;
    try {
      setState(next, true);
    } finally {
      isComing = false;
    }
  };

  const stop = client.subscribe('', take);
  signal?.addEventListener('abort', stop);
  return received(initial);
};

/**
 * Shares parts of a store:
 *
 * ```ts
 * const useBoard = create<Board>()(
 *   synced((set) => ({ widgets: {}, add: (id) => set(…) }), { client, paths: ['widgets'] }),
 * );
 * ```
 *
 * What an action changes there is written path by path; what other tabs and devices write comes in by
 * itself. Everything else in the store, functions above all, stays its own.
 */
export const synced = plain as unknown as Synced;
