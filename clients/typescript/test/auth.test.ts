import { describe, expect, it, vi } from 'vitest';

import { FakeSocket, answer, authOk, iso, tokenOf } from './support/fake_socket.js';
import { keptStore, makeClient, settle, useFakes } from './support/client.js';

useFakes();

describe('a token', () => {
  it('comes from a function, when it is needed', async () => {
    const token = vi.fn(async () => tokenOf('alice'));
    const client = makeClient({ token });
    await settle();
    const socket = await answer();
    expect(socket.of('auth')).toEqual([{ token: tokenOf('alice') }]);
    expect(client.status).toBe('synced');
    socket.drop();
    await settle(600);
    expect(FakeSocket.last.of('auth')).toHaveLength(1);
    expect(token).toHaveBeenCalledTimes(1);
  });

  it('is renewed before it expires, without a new connection', async () => {
    let tokens = 0;
    const client = makeClient({ token: () => `${tokenOf('alice')}${++tokens}` });
    await settle();
    const socket = await answer({ expiresAt: iso(Date.now() + 20_000) });
    await settle(15_000);
    expect(socket.of('auth')).toHaveLength(1);
    await settle(2000);
    expect(socket.of('auth')).toEqual([{ token: `${tokenOf('alice')}1` }, { token: `${tokenOf('alice')}2` }]);
    socket.say('auth.ok', authOk({ expiresAt: iso(Date.now() + 20_000) }));
    await settle(17_000);
    expect(socket.of('auth')).toHaveLength(3);
    expect(socket.of('dashboard.state.request')).toHaveLength(1);
    expect(client.status).toBe('synced');
  });

  it('that comes when the connection is gone does no harm', async () => {
    let give = (_: string): void => {};
    const tokens = [Promise.resolve(tokenOf('alice')), new Promise<string>((resolve) => (give = resolve))];
    const client = makeClient({ token: () => tokens.shift() ?? tokenOf('alice') });
    await settle();
    const socket = await answer({ expiresAt: iso(Date.now() + 20_000) });
    await settle(16_500);
    FakeSocket.openingMs = 5000;
    socket.drop();
    await settle(1000);
    expect(FakeSocket.all).toHaveLength(2);
    give(`${tokenOf('alice')}2`);
    const next = await answer();
    expect(next.of('auth')).toHaveLength(1);
    expect(client.status).toBe('synced');
  });

  it('that is refused is told, and another one is asked for', async () => {
    const error = vi.fn();
    let tokens = 0;
    const client = makeClient({ token: () => `${tokenOf('alice')}${++tokens}` });
    client.on('error', error);
    await settle();
    FakeSocket.last.say('dashboard.state.error', { code: 'unauthenticated', message: 'expired' });
    FakeSocket.last.drop(4401);
    expect(client.status).toBe('unauthorized');
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'unauthenticated' }));
    await settle(1100);
    expect(FakeSocket.last.of('auth')).toEqual([{ token: `${tokenOf('alice')}2` }]);
    await answer();
    expect(client.status).toBe('synced');
  });

  it('that ends is replaced', async () => {
    let tokens = 0;
    makeClient({ token: () => `${tokenOf('alice')}${++tokens}` });
    await settle();
    (await answer()).drop(4401, 'expired');
    await settle(600);
    expect(FakeSocket.last.of('auth')).toEqual([{ token: `${tokenOf('alice')}2` }]);
  });

  it('that cannot be had is asked for again', async () => {
    const error = vi.fn();
    let isThere = false;
    const client = makeClient({
      user: 'alice',
      token: () => (isThere ? tokenOf('alice') : Promise.reject(new Error('no network'))),
    });
    client.on('error', error);
    void client.set('a', 1);
    await settle(100);
    expect(client.status).toBe('offline');
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'token', message: expect.stringContaining('no network') }));
    isThere = true;
    const socket = await answer();
    await settle(200);
    expect(socket.writes).toMatchObject([{ path: 'a' }]);
  });

  it('that says nothing of its user is told of, and writes are kept once one does', async () => {
    const error = vi.fn();
    const kept = new Map<string, string>();
    const tokens = ['nonsense', tokenOf('alice')];
    const client = makeClient({ token: () => tokens.shift() ?? tokenOf('alice'), storage: () => keptStore(kept) });
    client.on('error', error);
    void client.set('a', 1);
    await settle();
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('no JWT') }));
    FakeSocket.last.say('dashboard.state.error', { code: 'unauthenticated', message: 'no token' });
    FakeSocket.last.drop(4401);
    await settle(2000);
    expect([...kept.values()].join()).toContain('"path":"a"');
  });

  it('may be one text, which is not renewed', async () => {
    makeClient();
    await settle();
    const socket = await answer({ expiresAt: iso(Date.now() + 20_000) });
    await settle(25_000);
    expect(socket.of('auth')).toHaveLength(1);
  });
});

describe('stamps', () => {
  it("are made by the node's clock, and always rise", async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({ time: iso(Date.now() + 3_600_000), expiresAt: iso(Date.now() + 7_200_000) });
    const start = Date.now();
    for (let i = 0; i < 5; i++) void client.batch([{ path: `p${i}`, value: i }]);
    const times = socket.writes.map(({ timestamp }) => Date.parse(timestamp as string) - start);
    expect(times[0]).toBeGreaterThan(3_599_000);
    expect(times).toEqual([0, 1, 2, 3, 4].map((i) => (times[0] as number) + i));
    vi.setSystemTime(start - 60_000);
    void client.batch([{ path: 'later', value: 1 }]);
    expect(Date.parse(socket.writes.at(-1)?.timestamp as string)).toBe(start + (times[4] as number) + 1);
  });

  it('count what was received, not what was made', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({}, { version: 7 });
    for (let i = 0; i < 3; i++) void client.batch([{ path: `p${i}`, value: i }]);
    expect(socket.writes.map(({ version }) => version)).toEqual([8, 8, 8]);
    socket.ack(socket.writes[0] as never);
    void client.batch([{ path: 'p', value: 1 }]);
    expect(socket.writes.at(-1)?.version).toBe(9);
  });

  it('of a node that has corrected them are taken as they were stored', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    const result = client.set('a', 1);
    await settle(100);
    socket.ack(socket.writes[0] as never, { version: 12, timestamp: iso(5) });
    await expect(result).resolves.toMatchObject({ version: 12, time: 5 });
    void client.batch([{ path: 'b', value: 1 }]);
    expect(socket.writes.at(-1)?.version).toBe(13);
  });
});

describe('closing', () => {
  it('settles what waits, and keeps it', async () => {
    FakeSocket.reachable = false;
    const client = makeClient();
    const result = client.set('a', 1);
    await settle(200);
    client.close();
    await expect(result).rejects.toMatchObject({ code: 'closed' });
    expect(client.status).toBe('closed');
    expect(() => client.set('a', 2)).toThrow('closed');
    client.connect();
    await settle(60_000);
    expect(client.status).toBe('closed');
  });

  it('leaves no timer behind', async () => {
    const client = makeClient();
    await settle();
    await answer();
    void client.set('a', 1);
    client.close();
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });
});
