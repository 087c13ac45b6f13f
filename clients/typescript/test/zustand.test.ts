import { describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';

import { synced } from '../src/zustand.js';
import { answer, change } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

interface Board {
  widgets: Record<string, { title: string; x: number }>;
  ui: { theme: string; open: boolean };
  move(id: string, x: number): void;
}

useFakes();

const initial = { widgets: {}, ui: { theme: 'light', open: false } };

function makeStore(client = makeClient()) {
  const store = createStore<Board>()(
    synced(
      (set, get) => ({
        ...initial,
        move: (id, x) => set({ widgets: { ...get().widgets, [id]: { title: '', ...get().widgets[id], x } } }),
      }),
      { client, paths: ['widgets', 'ui.theme'] },
    ),
  );
  return { client, store };
}

describe('synced', () => {
  it('writes what an action has changed, path by path, and no more', async () => {
    const { client, store } = makeStore();
    await settle();
    const socket = await answer();
    store.getState().move('a', 1);
    store.setState({ ui: { theme: 'light', open: true } });
    await settle(100);
    expect(socket.writes).toMatchObject([{ path: 'widgets.a', value: { title: '', x: 1 } }]);
    store.getState().move('a', 2);
    store.setState({ ui: { theme: 'dark', open: true } });
    await settle(100);
    expect(socket.writes[1]).toMatchObject({ updates: [{ path: 'widgets.a.x', value: 2 }, { path: 'ui.theme', value: 'dark' }] });
    expect(client.get()).toEqual({ widgets: { a: { title: '', x: 2 } }, ui: { theme: 'dark' } });
  });

  it('takes in what others write, leaves the rest as it is, and does not send it back', async () => {
    const { store } = makeStore();
    await settle();
    const socket = await answer({}, { changes: [change('widgets', { a: { title: 'A', x: 1 }, b: { title: 'B', x: 2 } })] });
    const { widgets, move } = store.getState();
    expect(widgets).toEqual({ a: { title: 'A', x: 1 }, b: { title: 'B', x: 2 } });
    const listener = vi.fn();
    store.subscribe(listener);
    socket.say('dashboard.state.batch', {
      ...change('x', 1, 2),
      updates: [{ path: 'ui.theme', value: 'dark' }, { path: 'widgets.a.x', value: 9 }],
    });
    expect(listener).toHaveBeenCalledTimes(1);
    const after = store.getState();
    expect(after.ui).toEqual({ theme: 'dark', open: false });
    expect(after.widgets.a?.x).toBe(9);
    expect(after.widgets.b).toBe(widgets.b);
    expect(after.move).toBe(move);
    await settle(200);
    expect(socket.writes).toEqual([]);
  });

  it('goes back to its first value when a shared path is deleted, or a write refused', async () => {
    const { client, store } = makeStore();
    client.on('error', () => {});
    await settle();
    const socket = await answer();
    store.setState({ ui: { theme: 'dark', open: true } });
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'state_limit');
    expect(store.getState().ui).toEqual({ theme: 'light', open: true });
    socket.say('dashboard.state.sync', change('ui.theme', 'blue', 2));
    expect(store.getState().ui.theme).toBe('blue');
    socket.say('dashboard.state.sync', change('ui.theme', undefined, 3));
    expect(store.getState().ui.theme).toBe('light');
  });

  it('begins with what the client has', async () => {
    const client = makeClient();
    void client.set('widgets.a', { title: 'A', x: 1 });
    expect(makeStore(client).store.getState().widgets).toEqual({ a: { title: 'A', x: 1 } });
  });

  it('does not tell its own listeners twice of its own writes', () => {
    const { store } = makeStore();
    const listener = vi.fn();
    store.subscribe(listener);
    store.getState().move('a', 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
