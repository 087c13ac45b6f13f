// Nodes whose disk may not know of deletes that the others have forgotten take their state first.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { runBinary } from './lib/binary.js';
import { collected, reloadAll, statusesOf } from './lib/collection.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'], retention: '2s', timeoutMs: 90_000 };
const hasty = { ...three, retention: '500ms' };

/** Of its last start: until it has the others' state, what was deleted may still be there. */
function admittedBeforeReady(node) {
  const log = node.log();
  const lines = log.slice(log.lastIndexOf(' starting ')).split('\n');
  const [admitted, ready] = [' admitted by ', ' ready: '].map((words) => lines.findIndex((line) => line.includes(words)));
  assert.ok(admitted > 0, 'it was admitted');
  assert.ok(admitted < ready, 'and was ready only then');
}

scenario('a member that was removed comes back with what it alone has, and nothing that was deleted', { ...hasty, links: true }, async (cluster) => {
  const { a, b, c } = cluster;
  const [home, alone] = [await a.connect('alice'), await c.connect('alice')];
  await home.write([{ path: 'kept', value: 1 }, { path: 'gone', value: { deep: 1 } }, { path: 'fought', value: 0 }, { path: 'tree', value: { x: 1 } }]).ack;
  await cluster.converged();
  const { replica_id: former } = await c.status();
  for (const other of [a, b]) cluster.between(c, other, 'cut');
  await alone.set('alone.here', 'mine');
  await alone.set('fought', 'c');
  await alone.set('gone.more', 'below what was deleted');
  await (await c.connect('carol')).set('only', 'at c');
  await c.kill();
  await home.set('fought', 'a');
  await home.set('fought', 'a again');
  await home.delete('gone');
  await home.delete('tree');
  cluster.remove(c);
  await reloadAll(cluster, 2);
  await collected(cluster);

  for (const other of [a, b]) cluster.between(c, other, 'heal');
  cluster.others = [];
  cluster.nodes.push(c);
  await reloadAll(cluster, 3);
  cluster.writeFiles(c);
  await c.start();
  await cluster.connected();
  await eventually('all are admitted', async () =>
    (await statusesOf(cluster.nodes)).every(({ admitted, peers }) => admitted && peers.every((peer) => peer.admitted)));
  await cluster.converged();
  await cluster.stateEverywhere('carol', { only: 'at c' });
  const state = await cluster.stateEverywhere('alice');
  assert.deepEqual([state.kept, state.alone, state.fought, state.tree], [1, { here: 'mine' }, 'a again', undefined]);
  assert.equal(state.gone?.deep, undefined, 'what was deleted and collected stays deleted');
  assert.notEqual((await c.status()).replica_id, former, 'it is another replica');
  admittedBeforeReady(c);
  const again = await c.connect('alice');
  await again.requestRecords();
  await again.delete('alone');
  await collected(cluster);
  assert.equal((await cluster.stateEverywhere('alice')).alone, undefined);
});

scenario('a directory from before a collection is not served before it is mended', { ...hasty, names: ['a', 'b'] }, async (cluster) => {
  const { a, b } = cluster;
  const device = await a.connect('alice');
  await device.write([{ path: 'kept', value: 1 }, { path: 'gone', value: 1 }]).ack;
  await cluster.converged();
  await b.kill();
  cluster.remove(b);
  await reloadAll(cluster, 2);
  await device.delete('gone');
  await collected(cluster);
  cluster.others = [];
  cluster.nodes.push(b);
  await reloadAll(cluster, 3);
  cluster.writeFiles(b);
  await b.start();
  admittedBeforeReady(b);
  assert.deepEqual(await b.stateOf('alice'), { kept: 1 });
  await cluster.converged();
});

/** Takes the node out of the cluster file, lets `meanwhile` be collected, and adds it again. */
async function forgetAndAdd(cluster, node, meanwhile) {
  cluster.remove(node);
  await reloadAll(cluster, cluster.epoch + 1);
  await meanwhile();
  await collected(cluster);
  cluster.others = [];
  cluster.nodes.push(node);
  cluster.epoch++;
}

scenario('a node that runs all the time while it is no member is admitted, and its devices see it', hasty, async (cluster) => {
  const { a, b, c } = cluster;
  const [home, alone] = [await a.connect('alice'), await c.connect('alice')];
  for (const device of [home, alone]) await device.requestRecords();
  await home.write([{ path: 'kept', value: 1 }, { path: 'gone', value: { deep: 1 } }, { path: 'late', value: 1 }]).ack;
  await alone.told('late');
  await cluster.converged();
  await forgetAndAdd(cluster, c, async () => {
    await home.delete('gone');
    await home.delete('late');
    await home.set('kept', 2);
  });
  await alone.set('alone', 'mine');
  await reloadAll(cluster, cluster.epoch);
  await cluster.connected();
  await eventually('all are admitted', async () =>
    (await statusesOf(cluster.nodes)).every(({ admitted, peers }) => admitted && peers.every((peer) => peer.admitted)));
  await cluster.converged();
  await cluster.stateEverywhere('alice', { kept: 2, alone: 'mine' });
  assert.equal(alone.closed, null, 'its device is still connected');
  const delta = await alone.requestDelta();
  assert.deepEqual({ ...alone.mirror.state() }, { kept: 2, alone: 'mine' }, `after ${JSON.stringify(delta)}`);
  await alone.set('gone', 'anew');
  await collected(cluster);
  await cluster.stateEverywhere('alice', { kept: 2, alone: 'mine', gone: 'anew' });
});

scenario('a backup from before a collection brings nothing back', hasty, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  await device.write([{ path: 'kept', value: 1 }, { path: 'gone', value: 1 }]).ack;
  await cluster.converged();
  const backups = join(cluster.folder, 'backups');
  assert.equal((await c.command('backup', '--to', backups)).code, 0);
  await device.delete('gone');
  await collected(cluster);
  await c.kill();
  c.loseData();
  const { code, stderr } = await runBinary(['restore', '--from', backups, '--data-dir', c.dataDir]);
  assert.equal(code, 0, stderr);
  await device.set('kept', 2);
  await c.start();
  admittedBeforeReady(c);
  assert.deepEqual(await c.stateOf('alice'), { kept: 2 });
  await cluster.converged();
  await collected(cluster);
  assert.ok((await statusesOf([a, b, c])).every(({ admitted }) => admitted));
});

scenario('a whole cluster that is restarted goes on where it was', hasty, async (cluster) => {
  const device = await cluster.a.connect('alice');
  await device.write([{ path: 'kept', value: 1 }, { path: 'gone', value: 1 }]).ack;
  await device.delete('gone');
  await collected(cluster);
  await device.set('late', 1);
  await device.delete('late');
  const before = (await statusesOf(cluster.nodes)).map(({ replica_id: id }) => id);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await cluster.start();
  await collected(cluster);
  await cluster.stateEverywhere('alice', { kept: 1 });
  const after = await statusesOf(cluster.nodes);
  assert.deepEqual(after.map(({ replica_id: id }) => id), before);
  assert.ok(after.every(({ admitted }) => admitted));
});

/** Writes steadily at a node, and deletes some of it again, until stopped; then says what was acked. */
function writeSteadily(device, folder) {
  let count = 0;
  let isStopped = false;
  const acked = {};
  const done = (async () => {
    for (; !isStopped; count++) {
      const path = count % 7 < 3 ? `passing${Math.floor(count / 7)}` : `w${count % 50}`;
      if (count % 7 === 2) {
        await device.delete(`${folder}.${path}`);
        delete acked[path];
      } else {
        await device.set(`${folder}.${path}`, count);
        acked[path] = count;
      }
    }
  })();
  done.catch(() => {});
  return {
    past: (least) => eventually(`${folder} has ${least} writes`, () => count > least),
    async stop() {
      isStopped = true;
      await done;
      return acked;
    },
  };
}

/** Starts a node and asks it until it says that it is ready; how often it said no. */
async function startAndWatch(node) {
  let refusals = 0;
  node.launch();
  await node.untilAlive();
  await eventually(`${node.name} is ready`, async () => {
    const { status } = await node.http('/readyz');
    if (status === 503) refusals++;
    return status === 200;
  }, 40_000);
  return refusals;
}

for (const [how, prepare] of [
  ['an empty directory', (node) => node.loseData()],
  ['an old copy of its directory', (node) => node.takeDataFrom(`${node.dataDir}.copy`)],
]) {
  scenario(`a node that comes with ${how} joins under load, and is ready when it has caught up`, { ...three, links: true }, async (cluster) => {
    const { a, b, c } = cluster;
    const big = await a.connect('big');
    await big.write([{ path: 'gone', value: 'old' }, { path: 'kept', value: 'old' }]).ack;
    await cluster.converged();
    const { replica_id: former } = await c.status();
    await c.stop();
    c.copyDataTo(`${c.dataDir}.copy`);
    await c.start();
    await cluster.connected();
    await big.delete('gone');
    await collected(cluster);
    await c.stop();
    prepare(c);

    for (let n = 0; n < 40; n++) await big.set(`part${n}`, `${n}`.padEnd(50_000, 'x'));
    await cluster.converged([a, b]);
    const expected = await a.stateOf('big');
    const load = [writeSteadily(await a.connect('alice'), 'a'), writeSteadily(await b.connect('alice'), 'b')];
    for (const other of [a, b]) cluster.between(c, other, 'slow', { latencyMs: 5, bytesPerSecond: 1_000_000 });
    const refusals = await startAndWatch(c);
    assert.deepEqual(await c.stateOf('big'), expected, 'it is ready when it has what was there at its start');
    assert.ok(refusals > 0, 'and not before');
    assert.equal((await c.status()).admitted, true);
    admittedBeforeReady(c);
    for (const other of [a, b]) cluster.between(c, other, 'heal');
    const last = [];
    for (const one of load) last.push(await one.stop());
    await cluster.connected();
    await cluster.converged();
    await cluster.stateEverywhere('big', expected);
    const state = await cluster.stateEverywhere('alice');
    assert.deepEqual([state.a, state.b], last);
    assert.notEqual((await c.status()).replica_id, former, 'it is another replica');
    await collected(cluster);
    await cluster.stateEverywhere('alice', state);
  });
}

scenario('deletes are collected between times in which links break and nodes die, and no write is lost', { ...three, retention: '200ms', links: true, timeoutMs: 180_000 }, async (cluster) => {
  const { a, b, c } = cluster;
  const expected = { a: {}, b: {}, c: {} };
  for (let round = 0; round < 6; round++) {
    const load = [];
    for (const node of [a, b, c]) {
      const device = await node.connect('alice');
      await device.requestRecords();
      load.push([node.name, writeSteadily(device, `${node.name}.r${round}`)]);
    }
    const [cut, other] = [cluster.nodes[round % 3], cluster.nodes[(round + 1) % 3]];
    cluster.between(cut, other, 'cut');
    await Promise.all(load.map(([, one]) => one.past(150)));
    cluster.between(cut, other, 'heal');
    for (const [name, one] of load) expected[name][`r${round}`] = await one.stop();
    if (round % 2 === 0) {
      await collected(cluster);
      continue;
    }
    await cut.kill();
    const device = await other.connect('alice');
    await device.requestRecords();
    await device.set(`${other.name}.while`, round);
    expected[other.name].while = round;
    await cut.start();
    await cluster.connected();
  }
  await cluster.converged();
  await cluster.stateEverywhere('alice', expected);
  await collected(cluster);
  await cluster.stateEverywhere('alice', expected);
});
