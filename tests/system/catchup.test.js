// Nodes that were away, cut off or killed get everything in the end.

import assert from 'node:assert/strict';

import { scenario } from './lib/scenario.js';

const three = { names: ['a', 'b', 'c'] };
const linked = { ...three, links: true };

/** Some of everything: values, deletes, batches, a parent over its children and the reverse. */
async function writeSomeOfEverything(device) {
  await device.set('kept', { n: 1 });
  await device.set('list', [1, 2, 3]);
  await device.set('list.1', 'two');
  await device.set('old.child', 1);
  await device.set('old', { fresh: true });
  await device.delete('gone.deep');
  await device.write([{ path: 'batch.x', value: 1 }, { path: 'batch.y', value: [true] }, { path: 'doomed', delete: true }]).ack;
}
const someOfEverything = { kept: { n: 1 }, list: [1, 'two', 3], old: { fresh: true }, gone: {}, batch: { x: 1, y: [true] } };

scenario('a node that was away catches up, with deletes and batches', three, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  await device.write([{ path: 'gone', value: { deep: 1 } }, { path: 'doomed', value: 1 }]).ack;
  await cluster.converged();
  await c.stop();
  await writeSomeOfEverything(device);
  const elsewhere = await b.connect('bob');
  await elsewhere.set('from', 'b');
  await cluster.converged([a, b]);
  await c.start();
  await cluster.converged();
  await cluster.stateEverywhere('alice', someOfEverything);
  await cluster.stateEverywhere('bob', { from: 'b' });
});

scenario('a node that comes back with an empty directory gets everything', three, async (cluster) => {
  const { a, c } = cluster;
  const [device, atC] = [await a.connect('alice'), await c.connect('alice')];
  await device.write([{ path: 'gone', value: { deep: 1 } }, { path: 'doomed', value: 1 }]).ack;
  await writeSomeOfEverything(device);
  await atC.set('from', 'c');
  await cluster.converged();
  const before = await c.status();
  await c.stop();
  c.loseData();
  await c.start();
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', { ...someOfEverything, from: 'c' });
  assert.notEqual((await c.status()).replica_id, before.replica_id, 'a new directory is a new origin');
  const again = await c.connect('alice');
  await again.requestFull();
  await again.set('from', 'c again');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { ...someOfEverything, from: 'c again' });
});

scenario('many users and large states reach an empty node', three, async (cluster) => {
  const { a, b, c } = cluster;
  await c.stop();
  c.loseData();
  await Promise.all(Array.from({ length: 40 }, async (_, n) => {
    const device = await [a, b][n % 2].connect(`user-${n}`);
    for (let k = 0; k < 5; k++) await device.write([{ path: `big.k${k}`, value: `${n}`.repeat(12_000) }, { path: `at.k${k}`, value: k }]).ack;
    await device.close();
  }));
  await cluster.converged([a, b]);
  await c.start();
  await cluster.converged();
  for (const user of ['user-0', 'user-17', 'user-39']) await cluster.stateEverywhere(user);
});

scenario('two nodes that cannot reach each other converge through a third', linked, async (cluster) => {
  const { a, b, c } = cluster;
  cluster.between(a, b, 'cut');
  const [atA, atB] = [await a.connect('alice'), await b.connect('alice')];
  const fromA = atA.write([{ path: 'a', value: 1 }]);
  const fromB = atB.write([{ path: 'b', value: 2 }]);
  await atB.arrival(fromA.stamp);
  await atA.arrival(fromB.stamp);
  await cluster.converged([a, b, c]);
  await cluster.stateEverywhere('alice', { a: 1, b: 2 });
  cluster.between(a, b, 'heal');
  await cluster.connected();
});

scenario('publications that are lost on the way are fetched', linked, async (cluster) => {
  const { a, b } = cluster;
  const [writer, far] = [await a.connect('alice'), await b.connect('alice')];
  const { publish } = cluster.link(b, a);
  const writes = [];
  const write = async (path) => {
    const written = writer.write([{ path, value: writes.length }]);
    writes.push(written);
    await written.ack;
  };
  for (let round = 0; round < 6; round++) {
    await write(`before.k${round}`);
    publish.cut();
    await write(`lost.k${round}`);
    await write(`lost.again.k${round}`);
    publish.heal();
    await write(`after.k${round}`);
  }
  publish.cut();
  await write('tail');
  publish.heal();
  for (const { stamp } of writes) await far.arrival(stamp);
  await cluster.converged();
  await cluster.stateEverywhere('alice');
});

scenario('a way that has gone silent without ending is replaced', linked, async (cluster) => {
  const { a, b } = cluster;
  const [writer, far] = [await a.connect('alice'), await b.connect('alice')];
  cluster.link(b, a).publish.stall();
  const one = writer.write([{ path: 'one', value: 1 }]);
  await far.arrival(one.stamp);
  cluster.between(a, b, 'stall');
  const two = writer.write([{ path: 'two', value: 2 }]);
  await far.arrival(two.stamp);
  cluster.between(a, b, 'heal');
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', { one: 1, two: 2 });
});

scenario('a node that is cut off from all serves its devices, and heals', linked, async (cluster) => {
  const { a, b, c } = cluster;
  for (const other of [a, b]) cluster.between(c, other, 'cut');
  const [alone, together] = [await c.connect('alice'), await a.connect('alice')];
  await alone.set('alone', 1);
  await together.set('together', 1);
  await together.set('together', 2);
  await alone.set('both', 'c');
  await together.set('both', 'a');
  assert.deepEqual((await alone.requestFull()).state, { alone: 1, both: 'c' });
  for (const other of [a, b]) cluster.between(c, other, 'heal');
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', { alone: 1, together: 2, both: 'a' });
});

/** Keeps some writes on the way until the connection ends; `onAck(count)` after each ack. */
async function writeUntilCut(device, folder, onAck) {
  const acked = [];
  const pending = [];
  const settle = async () => {
    const [n, ack] = pending.shift();
    await ack;
    acked.push(n);
    onAck(acked.length);
  };
  try {
    for (let n = 0; ; n++) {
      pending.push([n, device.write([{ path: `${folder}.k${n}`, value: n }, { path: `${folder}.last`, value: n }]).ack]);
      if (pending.length > 16) await settle();
    }
  } catch {
    const rest = await Promise.allSettled(pending.map(([, ack]) => ack));
    acked.push(...pending.filter((_, at) => rest[at].status === 'fulfilled').map(([n]) => n));
    return acked;
  }
}

/** Kills the first node in the midst of writes, again and again, and looks for what was acked. */
async function killAndLook(cluster, t) {
  const { a } = cluster;
  let total = 0;
  for (let round = 0; round < 4; round++) {
    const device = await a.connect('alice');
    const acked = await writeUntilCut(device, `round${round}`, (count) => {
      if (count === 150 + 37 * round) a.kill();
    });
    await a.end;
    await a.start();
    await cluster.connected();
    await cluster.converged();
    const written = (await cluster.stateEverywhere('alice'))[`round${round}`];
    for (const n of acked) assert.equal(written[`k${n}`], n, `write ${n} of round ${round} was acked`);
    assert.ok(written.last >= Math.max(...acked));
    assert.equal(written[`k${written.last}`], written.last, 'batches are whole');
    total += acked.length;
  }
  t.diagnostic(`${total} acked writes survived 4 kills`);
}

scenario('kill -9 loses no acked write', { ...three, timeoutMs: 90_000 }, killAndLook);

scenario('kill -9 loses no acked write of a node that is alone', { names: ['a'], timeoutMs: 90_000 }, killAndLook);
