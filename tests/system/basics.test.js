// What a node does for its devices, and what an operator sees of its process.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runBinary } from './lib/binary.js';
import { Refusal } from './lib/device.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const two = { names: ['a', 'b'] };
const one = { names: ['a'] };

scenario('a write goes from a device to its node, its disk, its peers and their devices', two, async (cluster) => {
  const { a, b } = cluster;
  const [writer, neighbour, far] = await Promise.all([a.connect('alice'), a.connect('alice'), b.connect('alice')]);
  const value = { type: 'chart', series: [1, 2.5, null], 'a.b': { deep: true } };
  const { stamp, ack } = writer.write([{ path: 'widgets.w1', value }]);
  const acked = await ack;
  assert.equal(acked.applied, true);
  assert.equal(acked.durability, 'local');
  assert.match(acked.dot, /^[^:]+:\d+$/);
  for (const device of [neighbour, far]) {
    await device.arrival(stamp);
    const told = await device.told('widgets.w1');
    assert.deepEqual(told.value, value);
    assert.equal(told.dot, acked.dot);
    assert.equal(told.sourceTabId, writer.tab);
  }
  await Promise.all([a.kill(), b.kill()]);
  await Promise.all([a.start(), b.start()]);
  await cluster.stateEverywhere('alice', { widgets: { w1: value } });
});

scenario('a batch arrives whole, in path order, under one stamp', two, async ({ a, b }) => {
  const [writer, far] = [await a.connect('alice'), await b.connect('alice')];
  const { stamp, ack } = writer.write([
    { path: 'list.10', value: 'ten' },
    { path: 'list.2', value: 'two' },
    { path: 'list', value: {} },
    { path: 'gone', delete: true },
  ]);
  await ack;
  await far.arrival(stamp);
  const told = await far.told('list');
  assert.deepEqual(told.updates.map(({ path }) => path), ['gone', 'list', 'list.2', 'list.10']);
  assert.deepEqual(await b.stateOf('alice'), { list: { 2: 'two', 10: 'ten' } });
});

scenario('a device never hears its own writes', two, async ({ a, b }) => {
  const [writer, other] = [await a.connect('alice'), await b.connect('alice')];
  for (let n = 0; n < 20; n++) await writer.set(`own.k${n}`, n);
  await other.told('own.k19');
  await other.set('theirs', 1);
  await writer.told('theirs');
  assert.deepEqual(writer.syncedPaths(), ['theirs']);
});

scenario('users see nothing of each other', two, async ({ a, b }) => {
  const names = ['alice', 'alice2', 'Alice', 'alic', 'alice.x', 'bob'];
  const devices = await Promise.all(names.map((name, at) => [a, b][at % 2].connect(name)));
  const twins = await Promise.all(names.map((name, at) => [b, a][at % 2].connect(name)));
  await Promise.all(devices.map((device, at) => device.set('who', names[at])));
  for (const [at, twin] of twins.entries()) {
    assert.equal((await twin.told('who')).value, names[at]);
    assert.deepEqual(twin.syncedPaths(), ['who']);
    assert.deepEqual(devices[at].syncedPaths(), []);
    assert.deepEqual(await b.stateOf(names[at]), { who: names[at] });
  }
});

scenario('a device resumes at another node with its cursor and gets exactly what it missed', two, async (cluster) => {
  const { a, b } = cluster;
  const [roaming, writer] = [await a.connect('alice'), await a.connect('alice')];
  await writer.set('old', 1);
  await roaming.told('old');
  await roaming.requestFull();
  await writer.set('seen', 2);
  await roaming.told('seen');
  const { cursor, seen } = roaming;
  roaming.drop();
  await writer.set('missed', 3);
  await writer.delete('old');
  await cluster.converged();
  const back = await b.connect('alice');
  const delta = await back.requestDelta({ cursor, seen });
  assert.equal(delta.behind, false);
  assert.equal(delta.complete, false);
  assert.deepEqual(delta.changes.map(({ path, value, delete: gone }) => [path, gone ?? value]), [['missed', 3], ['old', true]]);
});

scenario('what is wrong is refused with a code, stores nothing and leaves the connection open', one, async ({ a }) => {
  const device = await a.connect('alice');
  const refused = async (changes) => {
    const error = await device.write(changes).ack.then(() => null, (reason) => reason);
    assert.ok(error instanceof Refusal, `accepted: ${JSON.stringify(changes)}`);
    return error.code;
  };
  assert.equal(await refused([{ path: 'a..b', value: 1 }]), 'invalid_path');
  assert.equal(await refused([{ path: '__proto__.x', value: 1 }]), 'invalid_path');
  assert.equal(await refused([{ path: 'x' }]), 'invalid_payload');
  assert.equal(await refused([{ path: 'x', value: 1 }, { path: 'x', value: 2 }]), 'invalid_payload');
  const errorTo = async (text) => {
    const answer = device.next('an error', ({ event }) => event === 'dashboard.state.error');
    device.sendText(text);
    return (await answer).payload.code;
  };
  assert.equal(await errorTo('{'), 'invalid_json');
  assert.equal(await errorTo('{"event":"dance","payload":{}}'), 'unknown_event');
  assert.equal(await errorTo(JSON.stringify({ event: 'dashboard.state.update', payload: { path: 'x', value: 'x'.repeat(65_536) } })), 'payload_too_large');
  assert.deepEqual((await device.requestFull()).state, {});
  await device.set('x', 1);
});

scenario('without a good token nothing is told and nothing is stored', one, async ({ a }) => {
  const stranger = await a.connect('alice', { token: null });
  const error = stranger.next('an error', ({ event }) => event === 'dashboard.state.error');
  stranger.send('dashboard.state.update', { path: 'x', value: 1 });
  assert.equal((await error).payload.code, 'unauthenticated');
  stranger.send('auth', { token: 'no.such.token' });
  assert.equal((await stranger.end).code, 4401);
  assert.deepEqual(await a.stateOf('alice'), {});
});

scenario('a node that was told to stop ends with 0 and finds its data again', one, async ({ a }) => {
  const device = await a.connect('alice');
  await device.set('kept', { n: 1 });
  await device.set('gone', 1);
  await device.delete('gone');
  const before = await a.status();
  assert.deepEqual(await a.stop(), { code: 0, signal: null });
  await device.end;
  await a.start();
  const after = await a.status();
  assert.deepEqual(await a.stateOf('alice'), { kept: { n: 1 } });
  assert.equal(after.replica_id, before.replica_id);
  assert.deepEqual(after.state, before.state);
  assert.deepEqual(after.version_vector, before.version_vector);
});

scenario('a second process on the same data says so and ends with 1, and the first goes on', one, async (cluster) => {
  const { a } = cluster;
  const second = await cluster.makeOther('a', 'second');
  second.dataDir = a.dataDir;
  second.writeFiles(cluster.fileFor(a));
  second.launch();
  assert.equal((await second.untilEnded()).code, 1, second.log());
  assert.ok(second.log().includes(a.dataDir), `it does not name the directory: ${second.log()}`);
  const device = await a.connect('alice');
  await device.set('still', 'here');
});

scenario('a port that is taken is named, and the process ends with 1', one, async (cluster) => {
  const { a } = cluster;
  const second = await cluster.makeOther('a', 'second');
  second.ports.clients = a.ports.clients;
  second.writeFiles(cluster.fileFor(a));
  second.launch();
  assert.equal((await second.untilEnded()).code, 1, second.log());
  assert.ok(second.log().includes(String(a.ports.clients)), `it does not name the port: ${second.log()}`);
});

scenario('settings that make no sense are named by file, line and key, with 2', { ...one, start: false }, async (cluster) => {
  const file = join(cluster.folder, 'bad.toml');
  writeFileSync(file, 'name = "a"\ndata_dir = "data"\ncluster_file = "a/cluster.toml"\nunknown_key = 1\n');
  for (const command of ['serve', 'check']) {
    const { code, stdout, stderr } = await runBinary([command, '--config', file]);
    assert.equal(code, 2, stderr);
    assert.match(stdout + stderr, /bad\.toml:4\b.*unknown_key/);
  }
  assert.equal((await runBinary(['serve', '--config', `${file}.missing`])).code, 2);
  assert.equal((await runBinary(['dance'])).code, 2);
  assert.equal((await runBinary(['check', '--config', cluster.a.configFile])).code, 0);
});

scenario('health and readiness are told over HTTP, and the members that take clients', two, async ({ a, b }) => {
  assert.equal((await a.http('/healthz')).status, 200);
  assert.equal((await a.http('/readyz')).status, 200);
  await eventually('both members are listed as ready', async () => {
    const listed = JSON.parse((await a.http('/v1/nodes')).body);
    return listed.length === 2 && listed.every(({ ready }) => ready);
  });
  const listed = JSON.parse((await a.http('/v1/nodes')).body);
  assert.deepEqual(listed.map(({ name, url }) => [name, url]).sort(), [a, b].map(({ name, ports }) => [name, `ws://127.0.0.1:${ports.clients}/v1/sync`]));
});
