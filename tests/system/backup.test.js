// Backups of nodes that go on, and nodes that come back from them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runBinary } from './lib/binary.js';
import { httpGet } from './lib/http.js';
import { scenario } from './lib/scenario.js';
import { SmallDisk, smallDiskMissing } from './lib/small_disk.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'] };
const replicaOf = async (node) => (await node.status()).replica_id;
const restore = (from, to, ...more) => runBinary(['restore', '--from', from, '--data-dir', to, ...more]);

async function backUp(node, directory, ...more) {
  const { code, stdout, stderr } = await node.command('backup', '--to', directory, ...more);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function restoreOver(node, directory, ...more) {
  const { code, stdout, stderr } = await restore(directory, node.dataDir, ...more);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Writes values steadily until stopped; then says how many were acked. */
function writeSteadily(device, path) {
  const state = { count: 0, isStopped: false };
  const done = (async () => {
    while (!state.isStopped) await device.set(`${path}.w${state.count++}`, state.count);
  })();
  done.catch(() => {});
  return {
    past: (count) => eventually(`${path} has ${count} writes`, () => state.count > count),
    count: () => state.count,
    async stop() {
      state.isStopped = true;
      await done;
      return state.count;
    },
  };
}

scenario('a node is backed up under writes, loses its disk, and comes back from the backup', { ...three, timeoutMs: 90_000 }, async (cluster) => {
  const { a, b, c } = cluster;
  const loads = [];
  for (const node of [a, b, c]) loads.push(writeSteadily(await node.connect('alice'), node.name));
  for (const load of loads) await load.past(50);
  const directory = join(cluster.folder, 'backups');
  const before = loads[1].count();
  assert.match(await backUp(b, directory), /^backup 1 in .*\/backups: .* found whole; 1 backup is kept there\n$/);
  await loads[1].past(before + 20);
  assert.match(await backUp(b, directory), /^backup 2 .*; 2 backups are kept there\n$/);
  for (const load of loads) await load.past(load.count() + 20);
  const counts = [];
  for (const load of loads) counts.push(await load.stop());
  await cluster.converged();
  const replica = await replicaOf(b);

  await b.kill();
  b.loseData();
  await (await a.connect('alice')).set('while', 'away');
  const said = await restoreOver(b, directory);
  assert.match(said, /restored backup 2 of node b \(cluster system-test\)/);
  await b.start();
  assert.notEqual(await replicaOf(b), replica);
  assert.ok(said.includes(await replicaOf(b)), 'the id is the one that the restore has minted');
  await (await b.connect('alice')).set('from', 'b');
  await cluster.connected();
  await cluster.converged();
  const state = await cluster.stateEverywhere('alice');
  for (const [at, name] of ['a', 'b', 'c'].entries()) assert.equal(Object.keys(state[name]).length, counts[at], name);
  assert.deepEqual([state.while, state.from], ['away', 'b']);
  for (const node of [a, b, c]) {
    for (const { name, digest_equal: equal } of (await node.status()).peers) assert.notEqual(equal, false, `${node.name} and ${name}`);
  }
});

scenario('a restored node that is cut off serves under a new id, and nothing is lost', { ...three, links: true }, async (cluster) => {
  const { a, b, c } = cluster;
  const directory = join(cluster.folder, 'backups');
  const device = await c.connect('alice');
  await device.set('before', 1);
  await backUp(c, directory);
  for (let n = 0; n < 5; n++) await device.set(`after.w${n}`, n);
  await cluster.converged();
  const replica = await replicaOf(c);
  await c.kill();
  c.loseData();
  await restoreOver(c, directory);
  for (const other of [a, b]) cluster.between(c, other, 'cut');
  await c.start();
  assert.notEqual(await replicaOf(c), replica);
  assert.deepEqual(await c.stateOf('alice'), { before: 1 });
  const alone = await c.connect('alice');
  for (let n = 0; n < 5; n++) await alone.set(`alone.w${n}`, n);
  for (const other of [a, b]) cluster.between(c, other, 'heal');
  await cluster.connected();
  await cluster.converged();
  const five = { w0: 0, w1: 1, w2: 2, w3: 3, w4: 4 };
  await cluster.stateEverywhere('alice', { before: 1, after: five, alone: five });
});

scenario('a cluster of one comes back from a backup, the newest or another', { names: ['a'] }, async (cluster) => {
  const { a } = cluster;
  const directory = join(cluster.folder, 'backups');
  const device = await a.connect('alice');
  for (let n = 1; n <= 4; n++) {
    await device.set('n', n);
    await backUp(a, directory, '--keep', '3');
  }
  await device.set('n', 'lost');
  await a.stop();
  a.loseData();
  assert.equal((await restore(directory, a.dataDir, '--backup', '1')).code, 2, 'it was not kept');
  await restoreOver(a, directory, '--backup', '2');
  await a.start();
  assert.deepEqual(await a.stateOf('alice'), { n: 2 });
  await a.stop();
  a.loseData();
  await restoreOver(a, directory);
  await a.start();
  assert.deepEqual(await a.stateOf('alice'), { n: 4 });
});

/** Modes of a folder and of all that lies in it, as one sees them. */
function modesBelow(folder) {
  const names = readdirSync(folder, { withFileTypes: true });
  const below = names.flatMap((entry) => (entry.isDirectory() ? modesBelow(join(folder, entry.name)) : [statSync(join(folder, entry.name)).mode & 0o777]));
  return [statSync(folder).mode & 0o777, ...below];
}

scenario('backups and data are for their owner, and go where they may', { names: ['a'] }, async (cluster) => {
  const { a } = cluster;
  await (await a.connect('alice')).set('x', 1);
  // As the caller sees the path, not as the node does.
  const { code, stderr } = await runBinary(['backup', '--to', 'of-a', '--admin', `127.0.0.1:${a.ports.admin}`], { cwd: cluster.folder });
  assert.equal(code, 0, stderr);
  const directory = join(cluster.folder, 'of-a');
  const to = join(cluster.folder, 'restored');
  assert.equal((await restore(directory, to)).code, 0);
  for (const folder of [directory, to, a.dataDir]) {
    assert.deepEqual([...new Set(modesBelow(folder))].sort(), [0o600, 0o700], folder);
  }

  const full = join(cluster.folder, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'letter'), 'dear');
  const inTheWay = join(cluster.folder, 'file');
  writeFileSync(inTheWay, '');
  for (const [place, reason] of [
    [full, /is not empty and holds no backups/],
    [join(a.dataDir, 'backups'), /lies in the data directory/],
    [inTheWay, /is not a directory/],
    [join(inTheWay, 'below'), /cannot make|is not a directory/],
    ['/proc/backups', /cannot make/],
  ]) {
    const refused = await a.command('backup', '--to', place);
    assert.equal(refused.code, 1, place);
    assert.match(refused.stderr, reason);
  }
  for (const [from, target, exit, reason] of [
    [directory, full, 1, /is not empty/],
    [directory, a.dataDir, 1, /is not empty/],
    [full, join(cluster.folder, 'new'), 1, /holds no backups of a node/],
    [join(cluster.folder, 'nowhere'), join(cluster.folder, 'new'), 2, /does not exist/],
  ]) {
    const refused = await restore(from, target);
    assert.equal(refused.code, exit, from);
    assert.match(refused.stderr, reason);
  }
  assert.equal(existsSync(join(cluster.folder, 'new')), false);
  assert.deepEqual(await a.stateOf('alice'), { x: 1 });
});

scenario('a damaged backup is not restored, and is told of', { names: ['a'] }, async (cluster) => {
  const { a } = cluster;
  const directory = join(cluster.folder, 'backups');
  await (await a.connect('alice')).set('x', 'y'.repeat(10_000));
  await backUp(a, directory);
  await backUp(a, directory);
  const folder = join(directory, 'private', '2');
  const log = join(folder, readdirSync(folder).find((name) => name.endsWith('.log')));
  const bytes = readFileSync(log);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(log, bytes);
  const to = join(cluster.folder, 'restored');
  const refused = await restore(directory, to);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /backup 2 is damaged .*Give --backup for another one: there are 1/);
  assert.equal(existsSync(to), false);
  assert.equal((await restore(directory, to, '--backup', '1')).code, 0);
});

/** Some 60 MB that do not compress: copying them takes a while. */
async function writeMuch(node) {
  await Promise.all(Array.from({ length: 15 }, async (_, n) => {
    const device = await node.connect(`user-${n}`);
    for (let k = 0; k < 80; k++) await device.set(`k${k}`, randomBytes(36_000).toString('base64'));
    await device.close();
  }));
}

for (const [how, end] of [['is killed', 'kill'], ['is told to stop', 'stop']]) {
  scenario(`a node that ${how} in the midst of a backup leaves none that looks whole`, { names: ['a'] }, async (cluster) => {
    const { a } = cluster;
    const directory = join(cluster.folder, 'backups');
    const to = join(cluster.folder, 'restored');
    await writeMuch(a);
    const backup = a.command('backup', '--to', directory);
    await eventually('it copies', async () => JSON.parse((await httpGet(a.ports.admin, '/v1/backup')).body).copied_bytes > 0);
    const second = await fetch(`http://127.0.0.1:${a.ports.admin}/v1/backup?to=/anywhere`, { method: 'POST' });
    assert.equal(second.status, 409, 'one at a time');
    const ended = await a[end]();
    if (end === 'stop') assert.deepEqual(ended, { code: 0, signal: null });
    assert.equal((await backup).code, 1);
    const refused = await restore(directory, to);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /holds no whole backup/);

    await a.start();
    await backUp(a, directory);
    assert.equal((await restore(directory, to)).code, 0);
  });
}

scenario('a disk without space for a backup does not hurt the node', { names: ['a'], skip: smallDiskMissing() }, async (cluster) => {
  const { a } = cluster;
  const disk = new SmallDisk(join(cluster.folder, 'disk'));
  try {
    const device = await a.connect('alice');
    await device.set('x', 'y'.repeat(50_000));
    disk.fill();
    const refused = await a.command('backup', '--to', join(disk.folder, 'backups'));
    assert.equal(refused.code, 1);
    await device.set('x', 'still');
    assert.equal((await a.status()).storage_ok, true);
    disk.free();
    await backUp(a, join(disk.folder, 'backups'));
  } finally {
    disk.remove();
  }
});
