// Deletes are forgotten once nobody needs them, and stay deletes.

import assert from 'node:assert/strict';

import { collected, reloadAll, statusesOf } from './lib/collection.js';
import { Document } from './lib/document.js';
import { Memory } from './lib/memory.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'], retention: '2s', timeoutMs: 90_000 };
const hasty = { ...three, retention: '500ms' };

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

/** Lets floors rise, one after the other, by deletes of users of their own. */
async function letPassesGoBy(nodes) {
  for (let n = 0; n < 2; n++) {
    const counts = new Map();
    for (const node of nodes) counts.set(node, (await node.status()).counters.floors_raised);
    const device = await nodes[0].connect(`user${n}`);
    await device.delete('path');
    await device.close();
    await eventually('a floor has risen', async () => {
      const now = await statusesOf(nodes);
      return now.some(({ counters }, at) => counters.floors_raised > counts.get(nodes[at]));
    });
  }
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
