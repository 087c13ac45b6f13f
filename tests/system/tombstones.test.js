// Deletes are forgotten once nobody needs them, and stay deletes.

import assert from 'node:assert/strict';

import { Document } from './lib/document.js';
import { Memory } from './lib/memory.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'], retention: '2s', timeoutMs: 90_000 };
const hasty = { ...three, retention: '500ms' };

const runningNodes = (cluster) => cluster.nodes.filter(({ isRunning }) => isRunning);
const statusesOf = (nodes) => Promise.all(nodes.map((node) => node.status()));

/** Until no node has a tombstone, and all are equal. */
async function collected(cluster, nodes = runningNodes(cluster)) {
  await eventually('no tombstones are left', async () => {
    const left = (await statusesOf(nodes)).map(({ name, state, collection }) => `${name} ${state.tombstones} ${collection.held_back_by}`);
    if (left.every((one) => / 0 /.test(one))) return true;
    throw new Error(left.join(', '));
  }, 30_000);
  await cluster.converged(nodes);
}

/** A device that is going to be away: what it knows is kept in `memory`. */
async function leave(device) {
  const memory = device.memory;
  await device.close();
  return memory;
}

const newMemory = () => new Memory(new Document());

async function refusedAs(code, write) {
  await assert.rejects(write, (error) => error.code === code || assert.fail(`${error.code}: ${error.message}`));
}

scenario('deletes are collected on all nodes, and what stands stays as it is', three, async (cluster) => {
  const { a, b, c } = cluster;
  const devices = await Promise.all([a, b, c].map((node) => node.connect('alice')));
  const [atA, atB] = devices;
  for (const device of devices) await device.requestRecords();
  await atA.write([{ path: 'kept', value: { x: 1, y: 2 } }, { path: 'gone', value: { deep: 1 } }, { path: 'list', value: [1, 2, 3] }]).ack;
  await atB.told('kept');
  await atB.delete('gone');
  await atB.write([{ path: 'list.2', delete: true }, { path: 'never.was', delete: true }, { path: 'kept.y', delete: true }]).ack;
  await cluster.converged();
  const before = await cluster.stateEverywhere('alice', { kept: { x: 1 }, list: [1, 2] });

  // Those whose key a value above still holds are needed to hide it.
  await eventually('the others are gone', async () => (await statusesOf(cluster.nodes)).every(({ state }) => state.tombstones === 2), 30_000);
  await cluster.converged();
  await cluster.stateEverywhere('alice', before);
  for (const { name, collection, counters } of await statusesOf(cluster.nodes)) {
    assert.equal(collection.held_back_by, null, name);
    assert.ok(counters.tombstones_collected >= 2, name);
  }

  await atA.write([{ path: 'kept', delete: true }, { path: 'list', delete: true }]).ack;
  await collected(cluster);
  await cluster.stateEverywhere('alice', {});
  assert.equal((await a.status()).state.records, 0);
});

scenario('an old edit of a device that was away is judged where it can be, and refused where it cannot', hasty, async (cluster) => {
  const { a, b } = cluster;
  const away = await b.connect('alice');
  await away.write([{ path: 'own', value: 1 }, { path: 'mine', value: 1 }, { path: 'newer', value: 1 }, { path: 'shape', value: 1 }]).ack;
  const repeated = { stamp: away.memory.nextStamp(away.tab) };
  await away.write([{ path: 'twice', value: 'same' }], repeated).ack;
  const old = () => ({ stamp: away.memory.nextStamp(away.tab) });
  const tab = away.tab;
  const memory = await leave(away);

  const home = await a.connect('alice');
  await home.requestRecords();
  await home.set('gone', 1);
  await home.set('newer', 'from home');
  await home.delete('gone');
  await collected(cluster);
  const before = await cluster.stateEverywhere('alice');
  assert.ok((await statusesOf(cluster.nodes)).some(({ counters }) => counters.floors_raised > 0));

  const back = await b.connect('alice', { tab, memory });
  const events = home.events.length;
  const refused = old();
  for (const changes of [
    [{ path: 'gone', value: 'again' }],
    [{ path: 'note', value: 'made offline' }],
    [{ path: 'note.deep', delete: true }],
    [{ path: 'shape', value: { a: 1 } }],
    [{ path: 'own', value: 5 }, { path: 'note', value: 'made offline' }],
  ]) {
    await refusedAs('too_old', back.write(changes, refused).ack);
  }
  assert.deepEqual(await b.stateOf('alice'), before, 'nothing of it was stored');
  assert.equal(home.events.length, events, 'nobody was told of it');

  assert.equal((await back.write([{ path: 'twice', value: 'same' }], repeated).ack).applied, true, 'it stands already');
  assert.equal((await back.write([{ path: 'newer', value: 'too late' }], old()).ack).applied, false, 'a newer one has won');
  assert.equal((await back.write([{ path: 'own', value: 2 }], old()).ack).applied, true, 'its path has a record');
  assert.equal((await back.write([{ path: 'mine', delete: true }], old()).ack).applied, true, 'a delete where there is a record');

  await back.requestFull();
  assert.equal((await back.set('note', 'made offline')).applied, true, 'with the knowledge that it has now');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { own: 2, newer: 'from home', shape: 1, twice: 'same', note: 'made offline' });
});

scenario('a cursor from before a collection gets all records, a later one what it misses', hasty, async (cluster) => {
  const { a, b, c } = cluster;
  const writer = await a.connect('alice');
  await writer.write([{ path: 'kept', value: 1 }, { path: 'gone', value: 1 }]).ack;
  await cluster.converged();
  const away = await c.connect('alice', { memory: newMemory() });
  await away.requestRecords();
  const memory = await leave(away);
  assert.deepEqual({ ...memory.known.state() }, { kept: 1, gone: 1 });
  await writer.delete('gone');
  await collected(cluster);

  const back = await b.connect('alice', { memory });
  const answer = await back.requestDelta();
  assert.deepEqual([answer.complete, answer.behind], [true, false]);
  assert.deepEqual(answer.changes.map(({ path }) => path), ['kept']);
  assert.deepEqual({ ...memory.known.state() }, { kept: 1 });
  await leave(back);
  await writer.set('new', 2);
  await cluster.converged();
  for (const node of [c, a, b]) {
    const again = await node.connect('alice', { memory });
    const delta = await again.requestDelta();
    assert.equal(delta.complete, false, node.name);
    assert.deepEqual(delta.changes.map(({ path }) => path), node === c ? ['new'] : [], node.name);
    await leave(again);
  }
  assert.deepEqual({ ...memory.known.state() }, { kept: 1, new: 2 });
});

async function reloadAll(cluster, epoch) {
  cluster.epoch = epoch;
  for (const node of runningNodes(cluster)) {
    const { code, stderr } = await cluster.reload(node);
    assert.equal(code, 0, stderr);
  }
}

/** Lets a floor rise at every node, twice, by deletes of a user of its own. */
async function letPassesGoBy(nodes) {
  const device = await nodes[0].connect('somebody');
  for (let n = 0; n < 2; n++) {
    const counts = new Map();
    for (const node of nodes) counts.set(node, (await node.status()).counters.floors_raised);
    await device.delete(`path${n}`);
    await eventually('a floor has risen', async () => {
      const now = await statusesOf(nodes);
      return now.some(({ counters }, at) => counters.floors_raised > counts.get(nodes[at]));
    });
  }
  await device.close();
}

scenario('a member that is down holds collection back, until it is no member', hasty, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  await device.write([{ path: 'kept', value: 1 }, { path: 'gone', value: 1 }]).ack;
  await cluster.converged();
  await c.kill();
  await device.delete('gone');
  await letPassesGoBy([a, b]);
  await eventually('the status names it', async () =>
    (await statusesOf([a, b])).every(({ collection }) => collection.held_back_by === 'c is silent'));
  for (const { name, state } of await statusesOf([a, b])) assert.equal(state.tombstones, 3, name);
  const { stdout } = await a.command('status');
  assert.match(stdout, /3 tombstones, kept because c is silent/);
  assert.match(await a.admin('/metrics'), /^anabranch_collection_held_back 1$/m);

  cluster.remove(c);
  await reloadAll(cluster, 2);
  await collected(cluster);
  await cluster.stateEverywhere('alice', { kept: 1 });
  assert.match(await a.admin('/metrics'), /^anabranch_collection_held_back 0$/m);

  // Another node that is restarted has not heard from anybody yet, and collects again all the same.
  await b.stop();
  await b.start();
  await device.delete('kept');
  await collected(cluster);
});

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

/** Writes and deletes steadily at a node until stopped; then says what was acked last. */
function writeSteadily(device, folder) {
  let count = 0;
  let isStopped = false;
  const acked = {};
  const done = (async () => {
    for (; !isStopped; count++) {
      const path = `w${count % 50}`;
      if (count % 7 === 3) {
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
