// @vitest-environment jsdom
import { act, StrictMode, useState, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createHooks } from '../src/react.js';
import { answer, change, type FakeSocket } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

interface State {
  count: number;
  widgets: Record<string, { title: string }>;
}

useFakes();

let root: ReturnType<typeof createRoot>;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  page = document.createElement('main');
  root = createRoot(page);
});
afterEach(() => act(async () => root.unmount()));

const show = (element: ReactElement): Promise<void> => act(async () => root.render(<StrictMode>{element}</StrictMode>));

async function synced(): Promise<FakeSocket> {
  let socket: FakeSocket | undefined;
  await act(async () => {
    await settle();
    socket = await answer();
  });
  return socket as FakeSocket;
}

describe('useSyncedState', () => {
  it('shows the value, writes it, and hears of others', async () => {
    const client = makeClient<State>();
    const { useSyncedState } = createHooks(client);
    function Counter(): ReactElement {
      const [count, setCount] = useSyncedState('count');
      return <button onClick={() => setCount((before = 0) => before + 1)}>{count ?? 'none'}</button>;
    }
    await show(<Counter />);
    expect(page.textContent).toBe('none');
    await act(async () => page.querySelector('button')?.click());
    expect(page.textContent).toBe('1');
    const socket = await synced();
    await act(async () => socket.say('dashboard.state.sync', change('count', 7, 5)));
    expect(page.textContent).toBe('7');
  });

  it('renders again for its own path alone', async () => {
    const client = makeClient<State>();
    const { useSyncedValue } = createHooks(client);
    const renders = vi.fn();
    function Title({ id }: { id: string }): ReactElement {
      const title = useSyncedValue(`widgets.${id}.title`);
      renders(id);
      return <p>{title}</p>;
    }
    await act(async () => root.render(<Title id="a" />));
    const before = renders.mock.calls.length;
    await act(async () => void client.set('widgets.b.title', 'other'));
    expect(renders.mock.calls.length).toBe(before);
    await act(async () => void client.set('widgets.a.title', 'own'));
    expect(page.textContent).toBe('own');
  });

  it('shows one state in all components, also while one writes', async () => {
    const client = makeClient<State>();
    const { useSyncedValue } = createHooks(client);
    const seen: string[] = [];
    const Value = (): ReactElement => <i>{useSyncedValue('count') ?? 0}</i>;
    function Pair(): ReactElement {
      const [, again] = useState(0);
      return (
        <div ref={() => void seen.push(page.textContent ?? '')} onClick={() => again((n) => n + 1)}>
          <Value />
          <Value />
        </div>
      );
    }
    await show(<Pair />);
    for (let i = 1; i <= 5; i++) await act(async () => void client.set('count', i));
    expect(page.textContent).toBe('55');
    for (const text of seen) expect(text[0]).toBe(text[1]);
  });

  it('takes its client from a provider, and says when there is none', async () => {
    const client = makeClient<State>();
    const { SyncProvider, useStatus, usePending } = createHooks<State>();
    const Status = (): ReactElement => <p>{`${useStatus()} ${usePending()}`}</p>;
    await show(
      <SyncProvider client={client}>
        <Status />
      </SyncProvider>,
    );
    expect(page.textContent).toBe('connecting 0');
    const socket = await synced();
    await act(async () => void client.set('count', 1));
    expect(page.textContent).toBe('synced 1');
    await act(async () => {
      await settle(100);
      socket.ack(socket.writes[0] as never);
    });
    expect(page.textContent).toBe('synced 0');
    expect(() => renderToString(<Status />)).toThrow('SyncProvider');
  });

  it('renders on a server without a value', () => {
    const client = makeClient<State>({ connect: false });
    const { useSyncedValue, useStatus } = createHooks(client);
    void client.set('count', 3);
    const Value = (): ReactElement => <p>{`${useSyncedValue('count')} ${useStatus()}`}</p>;
    expect(renderToString(<Value />)).toContain('undefined connecting');
  });
});
