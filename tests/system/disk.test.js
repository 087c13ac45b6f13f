// A disk that fills up, and has space again.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { Refusal } from './lib/device.js';
import { scenario } from './lib/scenario.js';
import { SmallDisk, smallDiskMissing } from './lib/small_disk.js';
import { eventually } from './lib/wait.js';

/** Writes until one is refused: {state: what was acked, path: of the refused one, code}. */
async function writeUntilRefused(device, state) {
  for (let n = 0; n < 5_000; n++) {
    const key = `k${n % 16}`;
    const value = `${n} ${'x'.repeat(20_000)}`;
    const refusal = await device.set(`fill.${key}`, value).then(() => null, (error) => error);
    if (refusal instanceof Refusal) return refusal.code;
    if (refusal) throw refusal;
    state.fill[key] = value;
  }
  throw new Error('a full disk takes everything');
}

async function fillAndFree(a, disk) {
  const device = await a.connect('alice');
  await device.write([{ path: 'before', value: 'the disk was full' }, { path: 'fill', value: {} }]).ack;
  const expected = { before: 'the disk was full', fill: {} };

  disk.fill();
  assert.equal(await writeUntilRefused(device, expected), 'unavailable');
  await eventually('the node is not ready', async () => (await a.http('/readyz')).status === 503);
  assert.equal((await a.http('/healthz')).status, 200);
  assert.deepEqual((await device.requestFull()).state, expected, 'reads go on');
  assert.deepEqual(await a.stateOf('alice'), expected, 'for new devices too');

  disk.free();
  await eventually('the node takes writes again', () => device.set('after', 1).then(() => true), 30_000);
  await eventually('the node is ready again', async () => (await a.http('/readyz')).status === 200);
  assert.deepEqual(await a.stateOf('alice'), { ...expected, after: 1 });
  await a.stop();
  await a.start();
  assert.deepEqual(await a.stateOf('alice'), { ...expected, after: 1 }, 'and all of it is on disk');
}

/** Runs `body(a, disk)` with the first node's data on a small disk. */
async function onSmallDisk(cluster, body) {
  const { a } = cluster;
  const disk = new SmallDisk(join(a.folder, 'disk'));
  try {
    a.dataDir = join(disk.folder, 'data');
    cluster.writeFiles(a);
    await a.start();
    await body(a, disk);
  } finally {
    await a.stop();
    disk.remove();
  }
}

const options = { names: ['a'], start: false, skip: smallDiskMissing(), timeoutMs: 90_000 };

scenario('a full disk refuses writes, not reads, and is taken back into use', options, (cluster) => onSmallDisk(cluster, fillAndFree));

scenario('a node that was killed on a full disk says so at its start, and has all when there is space', options, (cluster) =>
  onSmallDisk(cluster, async (a, disk) => {
    const device = await a.connect('alice');
    const expected = { fill: {} };
    await device.write([{ path: 'fill', value: {} }]).ack;
    disk.fill();
    await writeUntilRefused(device, expected);
    await a.kill();
    a.launch();
    assert.equal((await a.untilEnded(60_000)).code, 1);
    assert.match(a.logTail(1), /disk is full/);
    disk.free();
    await a.start();
    assert.deepEqual(await a.stateOf('alice'), expected);
  }));
