/**
 * React hooks.
 *
 * @module
 */

import { createContext, createElement, useCallback, useContext, useSyncExternalStore, type ReactElement, type ReactNode } from 'react';

import type { Client } from './api.js';
import type { Json } from './json.js';
import type { Status } from './link.js';
import type { WriteResult } from './queue.js';
import type { PathOf, Snapshot, ValueAt } from './typed.js';

/** A value to write, or how to make it of the one that stands. */
export type Update<State, P extends string> = ValueAt<State, P> | ((before: Snapshot<State, P>) => ValueAt<State, P>);

export interface Hooks<State> {
  /** Gives the components below it their client; not needed where `createHooks` got one. */
  SyncProvider(props: { client: Client<State>; children?: ReactNode }): ReactElement;
  useClient(): Client<State>;
  /**
   * What stands at a path, and how to write it. Rendered again when it changes, and only then; while
   * rendering on a server, and at first in the browser, it is undefined.
   */
  useSyncedState<P extends PathOf<State>>(path: P): [Snapshot<State, P>, (update: Update<State, P>) => Promise<WriteResult>];
  /** The value alone, also of the whole state (`''`). */
  useSyncedValue<P extends PathOf<State> | ''>(path: P): Snapshot<State, P>;
  useStatus(): Status;
  /** How many writes wait to be acknowledged. */
  usePending(): number;
}

/**
 * Makes hooks that know the type of an application's state:
 *
 * ```ts
 * export const { useSyncedState } = createHooks(client);
 * const [title, setTitle] = useSyncedState('widgets.w1.title');
 * ```
 */
export function createHooks<State = Json>(defaultClient?: Client<State>): Hooks<State> {
  const Context = createContext(defaultClient);

  const useClient = (): Client<State> => {
    const client = useContext(Context);
    if (!client) throw new Error('no client: give one to createHooks, or put a SyncProvider around this component');
    return client;
  };

  const useEvent = <T>(event: 'status' | 'pending', read: (client: Client<State>) => T, atFirst: T): T => {
    const client = useClient();
    const subscribe = useCallback((changed: () => void) => client.on(event, changed), [client, event]);
    return useSyncExternalStore(
      subscribe,
      () => read(client),
      () => atFirst,
    );
  };

  const useSyncedValue: Hooks<State>['useSyncedValue'] = (path) => {
    const client = useClient();
    const subscribe = useCallback((changed: () => void) => client.subscribe(path, changed), [client, path]);
    return useSyncExternalStore(
      subscribe,
      () => client.get(path),
      () => undefined,
    );
  };

  return {
    useClient,
    useSyncedValue,
    SyncProvider: ({ client, children }) => createElement(Context.Provider, { value: client }, children),
    useSyncedState(path) {
      const client = useClient();
      const write = useCallback(
        (update: Update<State, typeof path>) => {
          const value = typeof update === 'function' ? (update as (before: unknown) => unknown)(client.get(path)) : update;
          return client.set(path, value as ValueAt<State, typeof path>);
        },
        [client, path],
      );
      return [useSyncedValue(path), write];
    },
    useStatus: () => useEvent('status', ({ status }) => status, 'connecting'),
    usePending: () => useEvent('pending', ({ pending }) => pending, 0),
  };
}
