// Data directories with a past that is not the whole past get a replica id of their own, and nothing that was
// acked is lost by it. (Restored ones: backup.test.js.)

import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { ImageDisk, imageDiskMissing } from './lib/image_disk.js';
import { scenario } from './lib/scenario.js';

const three = { names: ['a', 'b', 'c'] };
const replicaOf = async (node) => (await node.status()).replica_id;

/** Writes `path`s one by one at the node, each with its own name as value. */
async function write(node, ...paths) {
  const device = await node.connect('alice');
  for (const path of paths) await device.set(path, path);
  await device.close();
}

const allOf = (...paths) => Object.fromEntries(paths.map((path) => [path, path]));

scenario('an old copy of a directory that is put back comes up under a new id', three, async (cluster) => {
  const { c } = cluster;
  await write(c, 'before');
  await cluster.converged();
  const replica = await replicaOf(c);
  await c.stop();
  c.copyDataTo(join(c.folder, 'copy'));
  await c.start();
  assert.equal(await replicaOf(c), replica, 'a restart alone changes nothing');
  await write(c, 'after', 'later');
  await cluster.converged();
  await c.stop();
  c.takeDataFrom(join(c.folder, 'copy'));
  await c.start();
  assert.notEqual(await replicaOf(c), replica);
  assert.match(c.log(), /the data directory is a copy/);
  await write(c, 'again');
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', allOf('before', 'after', 'later', 'again'));
});

scenario('two nodes that start from copies of one directory are two replicas', three, async (cluster) => {
  const { b, c } = cluster;
  await write(c, 'before');
  await cluster.converged();
  const replica = await replicaOf(c);
  for (const node of [b, c]) await node.stop();
  c.copyDataTo(b.dataDir);
  for (const node of [b, c]) await node.start();
  await cluster.connected();
  await Promise.all([write(b, 'from-b'), write(c, 'from-c')]);
  await cluster.converged();
  assert.equal(await replicaOf(c), replica, 'the original is what it was');
  assert.notEqual(await replicaOf(b), replica);
  await cluster.stateEverywhere('alice', allOf('before', 'from-b', 'from-c'));
});

scenario("a directory that is started under another node's name gets a new id", three, async (cluster) => {
  const { b, c } = cluster;
  await write(b, 'at-b');
  await write(c, 'at-c');
  await cluster.converged();
  const replica = await replicaOf(b);
  for (const node of [b, c]) await node.stop();
  c.loseData();
  renameSync(b.dataDir, c.dataDir);
  for (const node of [b, c]) await node.start();
  assert.notEqual(await replicaOf(c), replica);
  assert.match(c.log(), /belonged to a node of another name/);
  await Promise.all([write(b, 'from-b'), write(c, 'from-c')]);
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', allOf('at-b', 'at-c', 'from-b', 'from-c'));
});

// As when a snapshot of a virtual machine is put back: every file, and the marker too, is what it was.
const onDiskPutBack = { ...three, links: true, start: false, timeoutMs: 90_000, skip: imageDiskMissing() };
scenario('a disk that went back unseen is not written under its old id while the node is cut off', onDiskPutBack, async (cluster) => {
  const { a, b, c } = cluster;
  const disk = new ImageDisk(join(c.folder, 'image'));
  try {
    c.dataDir = join(disk.folder, 'data');
    cluster.writeFiles(c);
    await cluster.start();
    await write(c, 'before');
    await cluster.converged();
    await c.stop();
    disk.save();
    await c.start();
    await cluster.connected();
    await write(c, 'after', 'later');
    await cluster.converged();
    const replica = await replicaOf(c);
    await c.stop();
    disk.putBack();

    for (const other of [a, b]) cluster.between(c, other, 'cut');
    await c.start();
    assert.equal(await replicaOf(c), replica, 'nothing on the disk shows what happened');
    await write(c, 'cut-off');
    assert.notEqual(await replicaOf(c), replica);
    assert.match(c.log(), /not every member has been heard since the start/);
    for (const other of [a, b]) cluster.between(c, other, 'heal');
    await cluster.connected();
    await cluster.converged();
    await cluster.stateEverywhere('alice', allOf('before', 'after', 'later', 'cut-off'));

    // Where the others can be asked, they tell.
    const second = await replicaOf(c);
    await c.stop();
    disk.putBack();
    await c.start();
    await cluster.connected();
    await write(c, 'together');
    await cluster.converged();
    assert.equal([replica, second].includes(await replicaOf(c)), false);
    await cluster.stateEverywhere('alice', allOf('before', 'after', 'later', 'cut-off', 'together'));
    await c.stop();
  } finally {
    disk.remove();
  }
});
