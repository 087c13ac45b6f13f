import { describe, expect, it } from 'vitest';

import { createQueue } from '../src/queue.js';
import { FakeSocket, answer } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

useFakes();

const slow = { limits: { updatesPerMinute: 60, burst: 5, maxUpdateBytes: 65_536 } };

/** A node's own bucket: refuses what comes too fast, and counts. It may take a while to look. */
function limited(
  socket: FakeSocket,
  { perMinute = 60, burst = 5, delay = (): number => 0 } = {},
): { refused: number; taken: Record<string, unknown>[] } {
  const seen = { refused: 0, taken: [] as Record<string, unknown>[] };
  let [tokens, filledAt] = [burst, Date.now()];
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    send(text);
    const write = socket.sent.at(-1);
    if (!write || !/update|batch/.test(write.event)) return;
    setTimeout(() => judge(write.payload), delay());
  };
  const judge = (write: Record<string, unknown>): void => {
    tokens = Math.min(burst, tokens + ((Date.now() - filledAt) * perMinute) / 60_000);
    filledAt = Date.now();
    if (tokens >= 1) {
      tokens--;
      seen.taken.push(write);
      socket.ack(write);
    } else {
      seen.refused++;
      socket.refuse(write, 'rate_limited', { retryAfterMs: 1000 });
    }
  };
  return seen;
}

describe('the pace', () => {
  it('keeps a long drag below the limit, and ends with the last value', async () => {
    const client = makeClient();
    await settle();
    const node = limited(await answer(slow));
    for (let x = 0; x <= 600; x++) {
      void client.set('widget.x', x);
      await settle(16);
    }
    await settle(5000);
    expect(node.refused).toBe(0);
    expect(node.taken.at(-1)).toMatchObject({ path: 'widget.x', value: 600 });
    expect(client.pending).toBe(0);
  });

  it('keeps a replay of a thousand writes below the limit, and sends them in their order', async () => {
    FakeSocket.reachable = false;
    const client = makeClient({ debounceMs: 0 });
    for (let i = 0; i < 1000; i++) {
      void client.set(`p${i}`, i);
      await settle(1);
    }
    FakeSocket.reachable = true;
    let node: ReturnType<typeof limited> | undefined;
    const limits = { updatesPerMinute: 6000, burst: 50, maxUpdateBytes: 65_536 };
    await answer({ limits }, {}, (socket) => (node = limited(socket, { perMinute: 6000, burst: 50 })));
    for (let i = 0; i < 100 && client.pending; i++) await settle(500);
    expect(client.pending).toBe(0);
    expect(node?.refused).toBe(0);
    expect(node?.taken.map(({ path }) => path)).toEqual(Array.from({ length: 1000 }, (_, i) => `p${i}`));
  });

  it('is right also where the node stands still now and then', async () => {
    const client = makeClient({ debounceMs: 1 });
    await settle();
    let now = 0;
    const limits = { updatesPerMinute: 1200, burst: 20, maxUpdateBytes: 65_536 };
    // What comes in each second is looked at together, at its end.
    const delay = () => 1000 - (Date.now() % 1000);
    const node = limited(await answer({ limits }), { perMinute: 1200, burst: 20, delay });
    for (; now < 300; now++) {
      void client.set(`p${now}`, now);
      await settle(20);
    }
    for (let i = 0; i < 100 && client.pending; i++) await settle(500);
    expect([client.pending, node.refused, node.taken.length]).toEqual([0, 0, 300]);
  });

  it('waits as long as the node says, when others of the user have used it up', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    const result = client.set('a', 1);
    await settle(100);
    socket.refuse(socket.writes[0] as never, 'rate_limited', { retryAfterMs: 3000 });
    await settle(2900);
    expect(socket.writes).toHaveLength(1);
    await settle(200);
    expect(socket.writes[1]).toEqual(socket.writes[0]);
    socket.ack(socket.writes[1] as never);
    await expect(result).resolves.toMatchObject({ applied: true });
  });

  it('tries a node that cannot store again, less and less often', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    void client.set('a', 1);
    await settle(100);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      times.push(Date.now());
      const before = socket.writes.length;
      socket.refuse(socket.writes.at(-1) as never, 'unavailable');
      while (socket.writes.length === before) await settle(100);
    }
    const pauses = times.slice(1).map((time, at) => time - (times[at] as number));
    expect(pauses.map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4, 8]);
    expect(client.status).toBe('synced');
  });

  it('does not send more at once than the node answers', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer();
    for (let i = 0; i < 100; i++) void client.batch([{ path: `p${i}`, value: i }]);
    await settle(100);
    expect(socket.writes).toHaveLength(32);
    socket.ack(socket.writes[0] as never);
    expect(socket.writes).toHaveLength(33);
  });

  it('drops what a later write hides, and settles both', async () => {
    FakeSocket.reachable = false;
    const client = makeClient();
    const first = client.set('w.a', 1);
    await settle(200);
    const batch = client.batch([{ path: 'w.b', value: 1 }, { path: 'v', value: 1 }]);
    const last = client.set('w', {});
    await settle(200);
    expect(client.pending).toBe(2);
    FakeSocket.reachable = true;
    const socket = await answer();
    expect(socket.writes).toMatchObject([{ updates: [{ path: 'w.b' }, { path: 'v' }] }, { path: 'w', value: {} }]);
    for (const write of socket.writes) socket.ack(write);
    await expect(Promise.all([first, batch, last])).resolves.toHaveLength(3);
    expect(client.get()).toEqual({ w: {}, v: 1 });
  });

  it('has an end: a queue that is full says so', () => {
    const ignore = (): void => {};
    let time = 0;
    const stamp = () => ({ version: 1, time: time++, tab: 'tab' });
    const queue = createQueue({ debounceMs: 0, room: () => 65_536, stamp, show: ignore, hide: ignore, keep: ignore, forget: ignore, ready: ignore });
    for (let i = 0; i < 10_000; i++) void queue.batch([{ path: `p${i}`, value: i }]);
    expect(() => queue.batch([{ path: 'one.more', value: 1 }])).toThrow('10000 writes wait');
    expect(queue.writes.size).toBe(10_000);
  });
});
