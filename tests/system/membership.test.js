// Members come, go, move and are replaced while the nodes run and their devices write.

import assert from 'node:assert/strict';

import { scenario } from './lib/scenario.js';

const two = { names: ['a', 'b'] };
const twoWithKeys = { ...two, keys: true };

async function reloadAll(cluster, nodes = cluster.nodes) {
  for (const node of nodes) {
    const { code, stderr } = await cluster.reload(node);
    assert.equal(code, 0, stderr);
  }
}

/** Writes values steadily until stopped; then says what was acked. */
function writeSteadily(device, path) {
  const state = { count: 0, isStopped: false };
  const done = (async () => {
    while (!state.isStopped) await device.set(`${path}.w${state.count++}`, state.count);
  })();
  return {
    async stop() {
      state.isStopped = true;
      await done;
      return state.count;
    },
  };
}

const limitsOf = (device) => device.events.find(({ event }) => event === 'auth.ok').payload.limits;
const epochOf = async (node) => (await node.status()).cluster.epoch;

for (const options of [two, twoWithKeys]) {
  const how = options.keys ? 'with keys' : 'in plain text';
  scenario(`a node joins under load, ${how}, and no device is dropped`, options, async (cluster) => {
    const { a, b } = cluster;
    const [device, listener] = [await a.connect('alice'), await b.connect('alice')];
    await listener.requestFull();
    const load = writeSteadily(device, 'before');
    const c = await cluster.add('c');
    cluster.epoch = 2;
    await reloadAll(cluster, [a, b]);
    cluster.writeFiles(c);
    await c.start();
    await cluster.connected();
    const there = await c.connect('alice');
    await there.set('from.c', true);
    const count = await load.stop();
    await cluster.converged();
    const state = await cluster.stateEverywhere('alice');
    assert.equal(Object.keys(state.before).length, count);
    assert.equal(state.from.c, true);
    assert.deepEqual([device.closed, listener.closed], [null, null], 'the devices of before are still connected');
    assert.equal(await epochOf(a), 2);
  });
}

scenario('a node that is removed is heard no more, and comes back when it is added again', { names: ['a', 'b', 'c'], keys: true }, async (cluster) => {
  const { a, b, c } = cluster;
  const [atA, atC] = [await a.connect('alice'), await c.connect('alice')];
  await atC.set('before', 1);
  await cluster.converged();
  cluster.epoch = 2;
  cluster.remove(c);
  await reloadAll(cluster);
  await atC.set('alone', 'c');
  await atA.set('without', 'c');
  await cluster.converged([a, b]);
  assert.equal((await a.status()).peers.length, 1);
  assert.equal((await a.stateOf('alice')).alone, undefined);

  cluster.others = [];
  cluster.nodes.push(c);
  cluster.epoch = 3;
  await reloadAll(cluster);
  await cluster.connected();
  await cluster.converged();
  const state = await cluster.stateEverywhere('alice');
  assert.deepEqual([state.before, state.alone, state.without], [1, 'c', 'c']);
});

scenario('a dead node is replaced by one of its name, with another key and an empty directory', { names: ['a', 'b', 'c'], keys: true }, async (cluster) => {
  const { a, b, c } = cluster;
  await (await a.connect('alice')).set('kept', 1);
  await cluster.converged();
  await c.kill();
  cluster.remove(c);
  const fresh = await cluster.add('c', 'c-replaced');
  cluster.epoch = 2;
  await reloadAll(cluster, [a, b]);
  cluster.writeFiles(fresh);
  await fresh.start();
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', { kept: 1 });
});

scenario('addresses alone may change under the same epoch', { names: ['a', 'b'], links: true }, async (cluster) => {
  const { a, b } = cluster;
  const direct = (node, other) => {
    const file = cluster.fileFor(node);
    Object.assign(file.member.find(({ name }) => name === other.name), {
      publish: `tcp://127.0.0.1:${other.ports.publish}`,
      sync: `tcp://127.0.0.1:${other.ports.sync}`,
    });
    return file;
  };
  cluster.between(a, b, 'cut');
  for (const [node, other] of [[a, b], [b, a]]) {
    const { code, stdout } = await cluster.reload(node, direct(node, other));
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`member ${other.name}: sync is`));
  }
  await (await a.connect('alice')).set('over', 'the new way');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { over: 'the new way' });
});

scenario('nodes that go by different epochs keep replicating, and say so', two, async (cluster) => {
  const { a, b } = cluster;
  cluster.epoch = 5;
  await reloadAll(cluster, [a]);
  await (await b.connect('alice')).set('from', 'b');
  await cluster.converged();
  const [{ epoch }] = (await a.status()).peers;
  assert.deepEqual([await epochOf(a), await epochOf(b), epoch], [5, 1, 1]);
});

scenario('a file that cannot be used changes nothing, and the reason is told', { names: ['a', 'b'], keys: true }, async (cluster) => {
  const { a, b } = cluster;
  cluster.epoch = 7;
  await reloadAll(cluster);
  const good = cluster.fileFor(a);
  const changed = (changes) => ({ ...structuredClone(good), ...changes });
  const [first, second] = good.member;
  const refused = [
    ['a lower epoch', changed({ epoch: 6 }), 1, /older/],
    ['another cluster', changed({ name: 'other', epoch: 8 }), 1, /other/],
    ['other members, same epoch', changed({ member: [first] }), 1, /member b is removed/],
    ['other settings, same epoch', changed({ replication: { acks: 1 } }), 1, /acks/],
    ['another key, same epoch', changed({ member: [first, { ...second, public_key: 'k'.repeat(40) }] }), 1, /another key/],
    ['a name twice', changed({ epoch: 8, member: [first, { ...second, name: 'a' }] }), 2, /name/],
    ['a key twice', changed({ epoch: 8, member: [first, { ...second, public_key: first.public_key }] }), 2, /public_key/],
    ['a key that is none', changed({ epoch: 8, member: [first, { ...second, public_key: 'short' }] }), 2, /public_key/],
    ['without this node', changed({ epoch: 8, member: [second] }), 2, /"a"/],
    ['an unknown key', changed({ epoch: 8, colour: 'red' }), 2, /colour/],
  ];
  for (const [what, file, code, reason] of refused) {
    const outcome = await cluster.reload(a, file);
    assert.equal(outcome.code, code, `${what}: ${outcome.stdout}${outcome.stderr}`);
    assert.match(outcome.stderr, reason, what);
    assert.equal(await epochOf(a), 7, what);
  }
  await (await b.connect('alice')).set('still', 'together');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { still: 'together' });
});

scenario('SIGHUP reloads the limits too', { names: ['a'], limits: { updates_per_minute: 600, update_burst: 50 } }, async (cluster) => {
  const { a } = cluster;
  const before = await a.connect('alice');
  assert.equal(limitsOf(before).updatesPerMinute, 600);
  a.settings.limits = { updates_per_minute: 1200, update_burst: 50 };
  const { code } = await cluster.reload(a);
  assert.equal(code, 0);
  const after = await a.connect('alice');
  assert.equal(limitsOf(after).updatesPerMinute, 1200);
});
