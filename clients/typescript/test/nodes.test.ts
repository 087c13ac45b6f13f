import { describe, expect, it, vi } from 'vitest';

import { FakeStorage } from './support/browser.js';
import { FakeSocket, answer, delta } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

useFakes();

/** HTTP of several nodes: how long each takes to answer, or null while it is gone. */
function network(delays: Record<string, number | null>, members: object[] = []) {
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    const { host, pathname } = new URL(url);
    asked.push(`${host}${pathname}`);
    const delay = delays[host];
    if (delay === null || delay === undefined) throw new TypeError('unreachable');
    await new Promise((done) => setTimeout(done, delay));
    return new Response(pathname === '/v1/nodes' ? JSON.stringify(members) : 'ok');
  };
  return { fetch, asked, delays };
}

const urls = ['ws://eu', 'ws://us', 'ws://ap'];
const hostOf = (socket: FakeSocket): string => new URL(socket.url).host;

/** Answers, where the client wants to know whether the node is there. */
function stayAwake(socket: FakeSocket): void {
  if (socket.sent.at(-1)?.event === 'dashboard.state.request') socket.say('dashboard.state.delta', delta({ complete: false }));
}

describe('nodes', () => {
  it('are chosen by a race', async () => {
    const { fetch } = network({ eu: 80, us: 20, ap: 200 });
    makeClient({ url: urls, environment: { fetch } });
    await settle(30);
    expect(FakeSocket.all.map(hostOf)).toEqual(['us']);
    expect(FakeSocket.last.url).toBe('ws://us/v1/sync');
  });

  it('are remembered: the next visit does not wait for a race', async () => {
    const localStorage = new FakeStorage() as unknown as Storage;
    const { fetch } = network({ eu: 80, us: 20, ap: 200 });
    const first = makeClient({ url: urls, environment: { fetch, localStorage } });
    await settle(300);
    first.close();
    FakeSocket.all = [];
    makeClient({ url: urls, environment: { fetch, localStorage } });
    await settle(5);
    expect(FakeSocket.all.map(hostOf)).toEqual(['us']);
  });

  it('follow each other when they fail, and the nearest is tried first again', async () => {
    const { fetch } = network({ eu: 10, us: 20, ap: 30 });
    makeClient({ url: urls, environment: { fetch } });
    await answer();
    await settle(100);
    FakeSocket.reachable = false;
    FakeSocket.last.drop();
    await settle(4000);
    expect(FakeSocket.all.map(hostOf).slice(0, 5)).toEqual(['eu', 'eu', 'us', 'ap', 'eu']);
  });

  it('that go are left at once', async () => {
    const { fetch } = network({ eu: 10, us: 20, ap: 30 });
    const client = makeClient({ url: urls, environment: { fetch } });
    await answer();
    await settle(100);
    FakeSocket.last.drop(1012, 'going down');
    await settle(600);
    expect(FakeSocket.all.map(hostOf)).toEqual(['eu', 'us']);
    await answer();
    expect(client.status).toBe('synced');
  });

  it('are learned from one', async () => {
    const members = [
      { name: 'eu', region: 'eu', url: 'ws://eu/v1/sync', ready: true },
      { name: 'us', region: 'us', url: 'ws://us/v1/sync', ready: true },
    ];
    const { fetch, asked } = network({ eu: 100, us: 90 }, members);
    makeClient({ url: 'ws://eu', environment: { fetch } });
    const socket = await answer();
    await settle(500);
    expect(asked).toEqual(['eu/v1/nodes', 'eu/healthz', 'us/healthz']);
    expect(FakeSocket.all).toHaveLength(1);
    FakeSocket.reachable = false;
    socket.drop();
    await settle(3000);
    expect(FakeSocket.all.map(hostOf)).toContain('us');
  });

  it('are not asked for others where that is not wanted', async () => {
    const { fetch, asked } = network({ eu: 1 });
    makeClient({ url: 'ws://eu', discover: false, environment: { fetch } });
    await answer();
    await settle(60_000);
    expect(asked).toEqual([]);
  });

  it('that are well again and much nearer are returned to, with what waits', async () => {
    const { fetch, delays } = network({ eu: null, us: 100 });
    const client = makeClient({ url: ['ws://eu', 'ws://us'], environment: { fetch } });
    await settle(200);
    const far = await answer();
    expect(hostOf(far)).toBe('us');
    await settle(5000);
    delays.eu = 5;
    void client.set('a', 1);
    await settle(100);
    for (let i = 0; i < 100 && FakeSocket.last === far; i++) {
      await settle(1000);
      stayAwake(far);
      for (const write of far.writes) if (client.pending) far.ack(write);
    }
    expect(hostOf(FakeSocket.last)).toBe('eu');
    await answer();
    expect(client.status).toBe('synced');
  });

  it('that answer but take no clients are not returned to at once, again and again', async () => {
    const { fetch } = network({ eu: 1, us: 100 });
    makeClient({ url: ['ws://eu', 'ws://us'], discover: false, environment: { fetch } });
    await answer();
    FakeSocket.last.drop(1012);
    const far = await answer();
    expect(hostOf(far)).toBe('us');
    await settle(10_000);
    expect(FakeSocket.last).toBe(far);
  });

  it('that are about as near do not take turns', async () => {
    const { fetch, delays } = network({ eu: 20, us: 25 });
    makeClient({ url: ['ws://eu', 'ws://us'], environment: { fetch } });
    const socket = await answer();
    delays.eu = 30;
    for (let i = 0; i < 60; i++) {
      await settle(20_000);
      stayAwake(socket);
    }
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('that are not ready are not moved to', async () => {
    const members = [{ url: 'ws://eu/v1/sync' }, { url: 'ws://us/v1/sync', ready: false }];
    const { fetch } = network({ eu: 300, us: 1 }, members);
    makeClient({ url: 'ws://eu', environment: { fetch } });
    await answer();
    await settle(5000);
    expect(FakeSocket.all.map(hostOf)).toEqual(['eu']);
  });

  it('that cannot store are left when there are others', async () => {
    const { fetch } = network({ eu: 10, us: 20 });
    const client = makeClient({ url: ['ws://eu', 'ws://us'], environment: { fetch } });
    const socket = await answer();
    void client.set('a', 1);
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'unavailable');
    const next = await answer();
    expect(hostOf(next)).toBe('us');
    expect(next.writes).toEqual(socket.writes);
  });
});

describe('waking', () => {
  it.each(['online', 'pageshow', 'visibilitychange'])('on %s connects at once', async (name) => {
    const events = new EventTarget();
    FakeSocket.reachable = false;
    makeClient({ environment: { events, random: () => 0.99 } });
    await settle(40_000);
    FakeSocket.reachable = true;
    const before = FakeSocket.all.length;
    events.dispatchEvent(new Event(name));
    await settle(5);
    expect(FakeSocket.all.length).toBe(before + 1);
  });

  it('asks a node that may be gone', async () => {
    const events = new EventTarget();
    const client = makeClient({ environment: { events } });
    await settle();
    const socket = await answer();
    events.dispatchEvent(new Event('offline'));
    expect(socket.of('dashboard.state.request')).toHaveLength(2);
    await settle(11_000);
    expect(client.status).not.toBe('synced');
  });
});

it('never sends while disconnected by hand, and all of it after', async () => {
  const client = makeClient();
  await settle();
  await answer();
  client.disconnect();
  expect(client.status).toBe('offline');
  void client.set('a', 1);
  await settle(120_000);
  expect(FakeSocket.all).toHaveLength(1);
  client.connect();
  const socket = await answer();
  expect(socket.writes).toMatchObject([{ path: 'a' }]);
});

it('says so where there is no WebSocket, and harms nobody', async () => {
  const error = vi.fn();
  const client = makeClient({ environment: { WebSocket: undefined } });
  client.on('error', error);
  await settle();
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('no WebSocket') }));
  void client.set('a', 1);
  expect(client.get('a')).toBe(1);
});
