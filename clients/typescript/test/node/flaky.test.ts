/** Clients and real nodes, over networks that break. Without ANABRANCH, the node's program, skipped. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createClient, path, type Change, type Client, type Json } from '../../src/index.js';
import { parsePath } from '../../src/path.js';
import { FakeStorage } from '../support/browser.js';
import { keptStore } from '../support/client.js';
import { FlakyNetwork } from '../support/flaky_socket.js';
import { stateOf, type Write } from '../support/naive.js';
import { NodeProcess, eventually, program } from '../support/node_process.js';

if (!program) console.warn('skipped: clients against real nodes. Set ANABRANCH to the node\'s program to run them.');

type Step =
  | { do: 'set'; who: number; path: string; value: unknown }
  | { do: 'delete'; who: number; path: string }
  | { do: 'batch'; who: number; changes: { path: string; value: unknown }[] }
  | { do: 'break' | 'deafen' | 'down' | 'up'; who: number }
  | { do: 'wait' | 'reload'; who: number };

const segment = fc.constantFrom('a', 'b', 'c', '0', '1', 'x.y');
const anyPath = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.map((one) => one.replace('.', '\\.')).join('.'));
const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.dictionary(fc.constantFrom('a', 'b', '0', 'x.y'), fc.integer(), { maxKeys: 3 }),
  fc.array(fc.integer(), { maxLength: 3 }),
);
const who = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), who, path: anyPath, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), who, path: anyPath }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      who,
      changes: fc.array(fc.record({ path: anyPath, value }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('break' as const, 'deafen' as const, 'down' as const, 'up' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'reload' as const), who }) },
);

interface Device {
  client: Client;
  readonly network: FlakyNetwork;
  writes: Promise<unknown>[];
  /** Every change that the application asked for, in its order. */
  readonly made: Change[];
  readonly errors: unknown[];
  /** As a page that is loaded again: what is kept, and nothing else, is still there. */
  reload(): void;
}

function makeDevice(url: string | string[], token: string, options = {}): Device {
  const network = new FlakyNetwork();
  const kept = new Map<string, string>();
  const errors: unknown[] = [];
  const load = (): Client => {
    const client = createClient({
      url,
      token,
      debounceMs: 5,
      discover: false,
      storage: () => keptStore(kept),
      environment: { WebSocket: network.Socket, fetch: undefined, sessionStorage, random: () => Math.random() * 0.1 },
      ...options,
    });
    client.on('error', (error) => errors.push(error));
    return client;
  };
  const sessionStorage = new FakeStorage() as unknown as Storage;
  const device: Device = {
    client: load(),
    network,
    errors,
    writes: [],
    made: [],
    reload() {
      device.client.close();
      device.writes = [];
      device.client = load();
    },
  };
  return device;
}

async function perform(device: Device, action: Step): Promise<void> {
  const { client, network, writes, made } = device;
  if (action.do === 'set') {
    made.push({ path: action.path, value: action.value });
    writes.push(client.set(action.path, action.value as never));
  } else if (action.do === 'delete') {
    made.push({ path: action.path, delete: true });
    writes.push(client.delete(action.path));
  } else if (action.do === 'batch') {
    made.push(...new Map(action.changes.map((one) => [one.path, one])).values());
    writes.push(client.batch(action.changes));
  }
  if (action.do === 'reload') device.reload();
  else if (action.do === 'break') network.break();
  else if (action.do === 'deafen') network.deafen();
  else if (action.do === 'up') network.isUp = true;
  else if (action.do === 'down') {
    network.isUp = false;
    network.break();
  } else await new Promise((wake) => setTimeout(wake, 10));
}

/** The writes that a device has sent, once or several times. */
function writesOf({ network }: Device): Write[] {
  return network.sent.flatMap((text) => {
    const { event, payload } = JSON.parse(text) as { event: string; payload: SentWrite };
    if (!/update|batch/.test(event)) return [];
    const { version, timestamp, sourceTabId: tab, updates = [payload] } = payload;
    return updates.map(({ path: at, value: written }) => ({
      segments: parsePath(at),
      record: { version, time: Date.parse(timestamp), tab, value: written },
    }));
  });
}

interface SentWrite {
  version: number;
  timestamp: string;
  sourceTabId: string;
  path: string;
  value: Json | undefined;
  updates?: { path: string; value: Json | undefined }[];
}

/** Changes that were neither sent nor hidden by a later one: there must be none. */
function lost(device: Device): Change[] {
  const sent = writesOf(device).map(({ segments, record }) => `${path(...segments)} ${JSON.stringify(record.value)}`);
  return device.made.filter((one, at) => {
    const isHidden = device.made.slice(at + 1).some((later) => one.path === later.path || one.path.startsWith(`${later.path}.`));
    return !isHidden && !sent.includes(`${one.path} ${JSON.stringify(one.value)}`);
  });
}

/** Both get everything; they and the nodes have what all the writes that were sent come to. */
async function heal(devices: Device[], nodes: NodeProcess[], user: string): Promise<void> {
  for (const { network } of devices) {
    network.isUp = true;
    network.break();
  }
  for (const { client, writes } of devices) {
    await client.flush();
    await Promise.all(writes);
  }
  for (const device of devices) {
    // What a page left when it was loaded again is read first, and sent then.
    await eventually('every write is sent', () => {
      expect(lost(device)).toEqual([]);
      return device.client.pending === 0;
    });
  }
  const states = () => devices.map(({ client }) => client.get());
  await eventually('devices and nodes agree', async () => {
    const wanted = stateOf(devices.flatMap(writesOf));
    for (const node of nodes) expect(await node.stateOf(user)).toEqual(wanted);
    for (const state of states()) expect(state).toEqual(wanted);
    return true;
  });
}

describe.skipIf(!program)('two devices on flaky networks', () => {
  let nodes: NodeProcess[];
  let users = 0;

  beforeAll(async () => {
    nodes = await NodeProcess.cluster(['eu', 'us']);
  });
  afterAll(() => NodeProcess.destroy(nodes));

  const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {};

  it.each([['one node', [0, 0]], ['two nodes', [0, 1]]])('end equal and lose nothing, at %s', async (_, at) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const user = `flaky-${users++}`;
        const devices = at.map((index) => {
          const node = nodes[index] as NodeProcess;
          return makeDevice(node.url, node.token(user));
        });
        try {
          for (const action of steps) await perform(devices[action.who] as Device, action);
          await heal(devices, nodes, user);
          // A later write at the path shows that every device's latest knowledge wins.
          await (devices[0] as Device).client.set('last', user);
          await eventually('the last write arrives', () => (devices[1] as Device).client.get('last') === user);
          for (const { errors } of devices) expect(errors).toEqual([]);
        } finally {
          for (const { client } of devices) client.close();
        }
      }),
      { numRuns: 30, endOnFailure: true, ...seed },
    );
  });

  it('keep what was written offline, in its order', async () => {
    const user = `offline-${users++}`;
    const node = nodes[0] as NodeProcess;
    const device = makeDevice(node.url, node.token(user));
    device.network.isUp = false;
    for (let i = 0; i < 300; i++) void device.client.set(`n.k${i % 150}`, i);
    device.network.isUp = true;
    await device.client.flush();
    expect(device.client.get('n.k149')).toBe(299);
    expect(await node.stateOf(user)).toEqual(device.client.get());
    device.client.close();
  });

  it('move on when their node is killed, and lose nothing', async () => {
    const [first, second] = await NodeProcess.cluster(['ap', 'sa']);
    const cluster = [first, second] as NodeProcess[];
    const user = 'mover';
    const device = makeDevice(cluster.map(({ url }) => url), cluster[0]?.token(user) as string);
    try {
      await device.client.set('before', 1);
      await eventually('replicated', async () => JSON.stringify(await cluster[1]?.stateOf(user)) === '{"before":1}');
      expect(device.client.node?.name).toBe('ap');
      void device.client.set('during', 2);
      await cluster[0]?.kill();
      void device.client.set('after', 3);
      await device.client.flush();
      expect(device.client.node?.name).toBe('sa');
      expect(await cluster[1]?.stateOf(user)).toEqual({ before: 1, during: 2, after: 3 });
      await cluster[0]?.start();
      await eventually('the first node catches up', async () => {
        expect(await cluster[0]?.stateOf(user)).toEqual({ before: 1, during: 2, after: 3 });
        return true;
      });
    } finally {
      device.client.close();
      await NodeProcess.destroy(cluster);
    }
  });
});

it.skipIf(!program)('a write that has to be on other nodes too waits until it is, and is sent again until then', async () => {
  const nodes = await NodeProcess.cluster(['eu', 'us'], {}, 1);
  const [eu, us] = nodes as [NodeProcess, NodeProcess];
  const device = makeDevice(eu.url, eu.token('careful'), { durability: 'replicated' });
  try {
    await expect(device.client.set('a', 1)).resolves.toMatchObject({ durability: 'replicated' });
    await us.kill();
    let isDone = false;
    const write = device.client.set('b', 2).then((result) => {
      isDone = true;
      return result;
    });
    await eventually('one node has it', async () => ((await eu.stateOf('careful')) as { b?: number }).b === 2);
    expect([isDone, device.client.pending]).toEqual([false, 1]);
    device.network.break();
    await us.start();
    await expect(write).resolves.toMatchObject({ applied: true, durability: 'replicated' });
    expect(await us.stateOf('careful')).toEqual({ a: 1, b: 2 });
  } finally {
    device.client.close();
    await NodeProcess.destroy(nodes);
  }
});

describe.skipIf(!program)('what was written before deletes were forgotten', () => {
  let nodes: NodeProcess[];

  beforeAll(async () => {
    nodes = await NodeProcess.cluster(['eu'], {}, 0, '300ms');
  });
  afterAll(() => NodeProcess.destroy(nodes));

  it.each([['by the promise', false], ['by an event, after a reload', true]])('is taken where it can be judged, else reported %s', async (_, reloads) => {
    const node = nodes[0] as NodeProcess;
    const user = `away-${reloads}`;
    const [away, home] = [makeDevice(node.url, node.token(user)), makeDevice(node.url, node.token(user))];
    try {
      await away.client.set('own', 1);
      await eventually('the other knows of it', () => home.client.get('own') === 1);
      away.network.isUp = false;
      away.network.break();
      const made = [away.client.set('note', 'written away'), away.client.set('own', 2)];
      const { floors } = await node.deletes();
      await home.client.set('gone', 1);
      await home.client.delete('gone');
      await eventually('the delete is forgotten', async () => {
        const now = await node.deletes();
        return now.kept === 0 && now.floors > floors;
      });
      if (reloads) away.reload();
      away.network.isUp = true;
      await eventually('nothing waits any more', () => away.client.status === 'synced' && away.client.pending === 0);
      expect(away.errors).toMatchObject([{ code: 'too_old', paths: ['note'] }]);
      if (!reloads) await expect(made[0]).rejects.toMatchObject({ code: 'too_old', paths: ['note'] });
      if (!reloads) await expect(made[1]).resolves.toMatchObject({ applied: true });
      expect(away.client.get()).toEqual({ own: 2 });

      await expect(away.client.set('note', 'written away')).resolves.toMatchObject({ applied: true });
      const wanted = { own: 2, note: 'written away' };
      expect(await node.stateOf(user)).toEqual(wanted);
      await eventually('the other has it', () => home.client.get('note') === 'written away');
      expect(home.client.get()).toEqual(wanted);
    } finally {
      away.client.close();
      home.client.close();
    }
  });
});

describe.skipIf(!program)('a node that allows few writes', () => {
  let nodes: NodeProcess[];

  beforeAll(async () => {
    nodes = await NodeProcess.cluster(['eu'], { updates_per_minute: 1200, update_burst: 20 });
  });
  afterAll(() => NodeProcess.destroy(nodes));

  it('gets a long drag and a thousand writes without refusing one, and the last values', async () => {
    const node = nodes[0] as NodeProcess;
    const said: string[] = [];
    const device = makeDevice(node.url, node.token('dragger'), { debounceMs: 1, log: (event: string) => said.push(event) });
    for (let i = 0; i <= 200; i++) {
      void device.client.set('widget.x', i);
      void device.client.set(`many.p${i % 5}.q${i}`, i);
      await new Promise((wake) => setTimeout(wake));
    }
    await device.client.flush();
    expect(said).not.toContain('dashboard.state.error');
    expect(device.client.get('widget.x')).toBe(200);
    expect(await node.stateOf('dragger')).toEqual(device.client.get());
    device.client.close();
  });

  it('gets a large value in parts', async () => {
    const node = nodes[0] as NodeProcess;
    const device = makeDevice(node.url, node.token('large'));
    const value = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k.${i}`, { text: 'x'.repeat(300), list: [i, [i]] }]));
    const list = Array.from({ length: 300 }, (_, i) => `${i}-${'y'.repeat(400)}`);
    await Promise.all([device.client.set('big', value), device.client.set('list', list)]);
    expect(device.client.get()).toEqual({ big: value, list });
    expect(await node.stateOf('large')).toEqual({ big: value, list });
    expect(() => device.client.set('text', 'z'.repeat(70_000))).toThrow('70');
    device.client.close();
  });
});
