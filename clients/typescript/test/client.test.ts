import { describe, expect, it, vi } from 'vitest';

import { answer, change, delta, FakeSocket } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

useFakes();

describe('connecting', () => {
  it('authenticates, asks for records, and is synced', async () => {
    const client = makeClient();
    expect(client.status).toBe('connecting');
    await settle();
    expect(FakeSocket.last.url).toBe('ws://node.test/v1/sync');
    expect(FakeSocket.last.protocol).toBe('anabranch.v1.json');
    const socket = await answer({}, { changes: [change('a.b', 1)], version: 1 });
    expect(socket.sent.map(({ event }) => event)).toEqual(['auth', 'dashboard.state.request']);
    expect(socket.of('dashboard.state.request')).toEqual([{ want: 'delta' }]);
    expect(client.status).toBe('synced');
    expect(client.node).toEqual({ url: 'ws://node.test/v1/sync', name: 'eu', region: 'eu-west' });
    expect(client.get()).toEqual({ a: { b: 1 } });
  });

  it('takes several envelopes in one frame', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    const frame = [1, 2].map((version) => ({ event: 'dashboard.state.sync', payload: change(`p${version}`, version, version) }));
    socket.sayText(JSON.stringify(frame));
    expect(client.get()).toEqual({ p1: 1, p2: 2 });
  });

  it('resumes with the cursor and what it has seen since, of its own writes too', async () => {
    const client = makeClient();
    await settle();
    const first = await answer({}, { cursor: 'c7' });
    first.say('dashboard.state.sync', change('a', 1, 1, { dot: '0b:5' }));
    first.say('dashboard.state.sync', change('b', 1, 2, { dot: '0b:7' }));
    first.say('dashboard.state.sync', change('c', 1, 3, { dot: undefined }));
    void client.set('d', 1);
    await settle(100);
    first.ack(first.writes[0] as never, { dot: '0c:9' });
    first.drop();
    expect(client.status).toBe('offline');
    await settle(600);
    const second = await answer({}, { complete: false, cursor: 'c8', changes: [change('e', 1, 4)] });
    expect(second.of('dashboard.state.request')).toEqual([{ want: 'delta', cursor: 'c7', seen: ['0b:7', '0c:9'] }]);
    expect(client.get()).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
    second.drop();
    await settle(600);
    expect(FakeSocket.last.of('auth')).toHaveLength(1);
    await answer({}, { complete: false, cursor: 'c9' });
    expect(FakeSocket.last.of('dashboard.state.request')).toEqual([{ want: 'delta', cursor: 'c8', seen: [] }]);
  });

  it('does not count as seen what comes before its own answer', async () => {
    const client = makeClient();
    await settle();
    (await answer({}, { cursor: 'c7' })).drop();
    await answer({}, {}, (socket) => {
      const { onmessage } = socket;
      socket.onmessage = (event) => {
        if (!event.data.includes('delta')) return onmessage?.(event);
        socket.onmessage = onmessage;
        socket.say('dashboard.state.sync', change('a', 1, 1, { dot: '0b:5' }));
        socket.drop();
      };
    });
    const third = await answer();
    expect(third.of('dashboard.state.request')).toEqual([{ want: 'delta', cursor: 'c7', seen: [] }]);
    // It is shown all the same, and only another node may know it.
    expect(client.get('a')).toBe(1);
  });

  it('keeps what it knows when the node is behind', async () => {
    const client = makeClient();
    await settle();
    const first = await answer({}, { changes: [change('a', 2, 2)], version: 2 });
    first.say('dashboard.state.sync', change('b', 1, 3));
    first.drop();
    await settle(600);
    const second = await answer({}, { complete: true, behind: true, cursor: 'c0', changes: [change('a', 1, 1)], version: 1 });
    expect(client.get()).toEqual({ a: 2, b: 1 });
    second.drop();
    await settle(600);
    await answer({}, { complete: false });
    expect(FakeSocket.last.of('dashboard.state.request')).toEqual([{ want: 'delta', cursor: 'c1', seen: ['0b:3'] }]);
  });

  it('lets go of what a complete answer does not name, but for what only another node may know', async () => {
    const client = makeClient();
    await settle();
    const first = await answer({}, { changes: [change('gone', 1), change('kept', 1)] });
    first.say('dashboard.state.sync', change('undotted', 1, 5, { dot: undefined }));
    first.drop();
    await settle(600);
    const listener = vi.fn();
    client.subscribe('kept', listener);
    await answer({}, { changes: [change('kept', 1)] });
    expect(client.get()).toEqual({ kept: 1, undotted: 1 });
    expect(listener).not.toHaveBeenCalled();
  });

  it('never lets an older stamp replace a newer one', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({}, { changes: [change('a', 'new', 9)], version: 9 });
    socket.say('dashboard.state.sync', change('a', 'old', 8));
    socket.say('dashboard.state.sync', change('a.b', 'old', 8));
    expect(client.get()).toEqual({ a: 'new' });
  });
});

describe('writing', () => {
  it('shows at once, and sends what a window gathers as one', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({}, { version: 41 });
    void client.set('a', 1);
    void client.set('b', { c: 2 });
    void client.delete('d');
    void client.set('a', 3);
    expect(client.get()).toEqual({ a: 3, b: { c: 2 } });
    expect(client.pending).toBe(1);
    expect(socket.writes).toEqual([]);
    await settle(100);
    const { id, timestamp, ...write } = socket.writes[0] as Record<string, unknown>;
    expect(write).toEqual({
      updates: [{ path: 'b', value: { c: 2 } }, { path: 'd', delete: true }, { path: 'a', value: 3 }],
      version: 42,
      sourceTabId: client.tabId,
    });
    expect(socket.writes).toHaveLength(1);
    expect(typeof id).toBe('string');
    expect(typeof timestamp).toBe('string');
  });

  it('resolves when acknowledged, and tells', async () => {
    const client = makeClient();
    const acked = vi.fn();
    client.on('acked', acked);
    await settle();
    const socket = await answer({}, { version: 41 });
    const result = client.set('a', 1);
    await settle(100);
    socket.ack(socket.writes[0] as never);
    await expect(result).resolves.toMatchObject({ applied: true, version: 42, durability: 'local' });
    expect(acked).toHaveBeenCalledWith(expect.objectContaining({ paths: ['a'], version: 42 }));
    expect(client.pending).toBe(0);
    expect(client.get('a')).toBe(1);
  });

  it('tells of a write that came too late, and shows the winner', async () => {
    const client = makeClient();
    const stale = vi.fn();
    client.on('stale', stale);
    await settle();
    const socket = await answer();
    const result = client.set('a', 'mine');
    await settle(100);
    socket.ack(socket.writes[0] as never, { applied: false, dot: undefined });
    socket.say('dashboard.state.sync', change('a', 'theirs', 7));
    await expect(result).resolves.toMatchObject({ applied: false });
    expect(stale).toHaveBeenCalledWith(expect.objectContaining({ paths: ['a'] }));
    expect(client.get('a')).toBe('theirs');
  });

  it('takes back what the node refuses, shows what was there, and reports it', async () => {
    const client = makeClient();
    const error = vi.fn();
    client.on('error', error);
    await settle();
    const socket = await answer({}, { changes: [change('a', { b: 'old' })] });
    const result = client.set('a', 'big');
    expect(client.get('a')).toBe('big');
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'state_limit');
    await expect(result).rejects.toMatchObject({ code: 'state_limit', paths: ['a'] });
    expect(error).toHaveBeenCalledTimes(1);
    expect(client.get('a')).toEqual({ b: 'old' });
    expect(client.pending).toBe(0);
  });

  it('sends the good ones of a refused update by themselves', async () => {
    const client = makeClient();
    client.on('error', () => {});
    await settle();
    const socket = await answer();
    const results = [client.set('good', 1), client.set('bad', 2)];
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'state_limit');
    await settle();
    const [, good, bad] = socket.writes as never[];
    expect(good).toMatchObject({ path: 'good', value: 1, timestamp: (socket.writes[0] as { timestamp: string }).timestamp });
    socket.ack(good as never);
    socket.refuse(bad as never, 'state_limit');
    await expect(results[0]).resolves.toMatchObject({ applied: true });
    await expect(results[1]).rejects.toMatchObject({ code: 'state_limit' });
  });

  it('sends a batch as one, by itself, and refuses one that is too large', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    void client.set('before', 1);
    void client.batch([{ path: 'a', value: 1 }, { path: 'b', delete: true }, { path: 'a', value: 2 }]);
    await settle(100);
    expect(socket.writes).toMatchObject([{ path: 'before' }, { updates: [{ path: 'a', value: 2 }, { path: 'b', delete: true }] }]);
    const large = 'x'.repeat(40_000);
    expect(() => client.batch([{ path: 'a', value: large }, { path: 'b', value: large }])).toThrow(/80\d+ bytes in one/);
    expect(client.get('a')).toBe(2);
  });

  it('has nothing to do for an empty batch', async () => {
    const client = makeClient();
    await expect(client.batch([])).resolves.toMatchObject({ applied: true });
    expect(client.pending).toBe(0);
  });

  it('begins a new window when it learns of a newer write', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    void client.set('a', 1);
    socket.say('dashboard.state.sync', change('z', 1, 10));
    void client.set('b', 1);
    await settle(100);
    expect(socket.writes).toMatchObject([{ path: 'a', version: 1 }, { path: 'b', version: 11 }]);
  });

  it('refuses at once what can be no write', async () => {
    const client = makeClient();
    expect(() => client.set('a..b', 1)).toThrow('an empty segment');
    expect(() => client.set('a', Number.NaN)).toThrow('NaN is no JSON');
    expect(() => client.set('a', new Map() as never)).toThrow('Map');
    expect(() => client.set('a', undefined as never)).toThrow('undefined is no JSON');
    expect(() => client.set('a', '\ud800')).toThrow('surrogate');
    expect(client.get()).toEqual({});
  });

  it('asks, and tries again later, where the node does not know the user\'s version yet', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    const result = client.set('a', 1);
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'version_ahead');
    expect(socket.of('dashboard.state.request')).toHaveLength(2);
    await settle(1100);
    expect(socket.writes[1]).toEqual(socket.writes[0]);
    socket.ack(socket.writes[1] as never);
    await expect(result).resolves.toMatchObject({ applied: true });
  });

  it('waits for the second ack where copies are wanted', async () => {
    const client = makeClient({ durability: 'replicated' });
    await settle();
    const socket = await answer();
    const result = client.set('a', 1);
    await settle(100);
    socket.ack(socket.writes[0] as never);
    expect(client.pending).toBe(1);
    socket.ack(socket.writes[0] as never, { durability: 'replicated' });
    await expect(result).resolves.toMatchObject({ durability: 'replicated' });
    expect(client.pending).toBe(0);
  });
});

describe('a lost connection', () => {
  it('keeps writes and sends them again with their first stamps', async () => {
    const client = makeClient();
    await settle();
    const first = await answer({}, { version: 5 });
    void client.set('a', 1);
    await settle(100);
    first.drop();
    void client.set('b', 2);
    await settle(600);
    const second = await answer({}, { changes: [change('z', 1, 99)], version: 99, complete: false });
    await settle();
    expect(second.writes[0]).toEqual(first.writes[0]);
    expect(second.writes[1]).toMatchObject({ path: 'b', version: 6 });
    expect(client.get()).toEqual({ a: 1, b: 2, z: 1 });
  });

  it('is noticed when the node does not answer', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    await settle(29_000);
    expect(socket.of('dashboard.state.request')).toHaveLength(1);
    await settle(2000);
    expect(socket.of('dashboard.state.request')).toHaveLength(2);
    socket.say('dashboard.state.delta', delta({ complete: false }));
    await settle(29_000);
    expect(client.status).toBe('synced');
    await settle(12_000);
    expect(client.status).not.toBe('synced');
    expect(socket.isClosed).toBe(true);
  });

  it('is tried again with growing pauses', async () => {
    FakeSocket.reachable = false;
    makeClient({ environment: { random: () => 0.999 } });
    const counts = [];
    for (const seconds of [1, 2, 4, 8, 16, 31, 31]) {
      const before = FakeSocket.all.length;
      await settle(seconds * 1000);
      counts.push(FakeSocket.all.length - before);
    }
    expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(2);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(1);
  });
});

describe('snapshots', () => {
  it('are frozen and share what did not change', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({}, { changes: [change('w', { a: { x: 1 }, b: { y: 2 } }), change('v', [1, { z: 1 }])] });
    const before = client.get() as Record<string, Record<string, unknown>>;
    socket.say('dashboard.state.sync', change('w.a.x', 5, 2));
    const after = client.get() as Record<string, Record<string, unknown>>;
    expect(after.w).toEqual({ a: { x: 5 }, b: { y: 2 } });
    expect(after.w?.b).toBe(before.w?.b);
    expect(after.v).toBe(before.v);
    expect(before.w).toEqual({ a: { x: 1 }, b: { y: 2 } });
    expect(Object.isFrozen(after.w?.a)).toBe(true);
    socket.say('dashboard.state.sync', change('w', { a: { x: 5 }, b: { y: 3 } }, 3));
    expect((client.get('w') as Record<string, unknown>).a).toBe(after.w?.a);
  });

  it('call a listener once for what it listens to', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    const [inside, outside] = [vi.fn(), vi.fn()];
    client.subscribe('w.a', inside);
    const stop = client.subscribe('v', outside);
    void client.set('w', { a: 1 });
    expect(inside).toHaveBeenCalledExactlyOnceWith(1, undefined);
    void client.set('w.b', 1);
    await settle(100);
    socket.ack(socket.writes[0] as never);
    expect(inside).toHaveBeenCalledTimes(1);
    expect(outside).not.toHaveBeenCalled();
    stop();
    void client.set('v', 1);
    expect(outside).not.toHaveBeenCalled();
  });
});
