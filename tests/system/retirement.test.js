// Replica ids whose disks are gone are in cursors no longer than anything of theirs stands.

import assert from 'node:assert/strict';

import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const pair = { names: ['a', 'b'], timeoutMs: 90_000 };

/** Each start reads the whole log, as every day does. */
async function restartAll(cluster) {
  for (const node of cluster.nodes) {
    await node.stop();
    await node.start();
    await cluster.connected();
  }
}

const retiredAt = async (node) => (await node.status()).origins_retired;

async function cursorOf(device) {
  await device.requestRecords();
  return device.cursor;
}

scenario('a disk that is gone leaves the cursors with the last of its writes', pair, async (cluster) => {
  const { a, b } = cluster;
  await (await b.connect('alice')).write([{ path: 'one', value: 1 }, { path: 'two', value: 2 }]).ack;
  await cluster.converged();
  const { replica_id: gone } = await b.status();
  const away = await a.connect('alice');
  await cursorOf(away);
  away.drop();

  await b.kill();
  b.loseData();
  await b.start();
  await cluster.connected();
  await eventually('b has taken the state again', async () => (await b.status()).admitted);
  await cluster.converged();
  const home = await a.connect('alice');
  await home.set('one', 'new');
  await restartAll(cluster);
  assert.deepEqual([await retiredAt(a), await retiredAt(b)], [0, 0], 'a record names it');

  const again = await b.connect('alice');
  await again.set('two', 'new');
  await cluster.converged();
  const long = await cursorOf(again);
  await restartAll(cluster);
  for (const node of [a, b]) {
    await eventually(`${node.name} retires it`, async () => (await retiredAt(node)) === 1);
    assert.ok(gone in (await node.status()).version_vector, 'between nodes it stays');
    assert.match(await node.admin('/metrics'), /^anabranch_origins_retired 1$/m);
    const device = await node.connect('alice');
    const short = await cursorOf(device);
    assert.ok(short.length < long.length, `${short.length} characters, not ${long.length}`);
  }

  const back = await a.connect('alice', { memory: away.memory });
  const { complete, behind, changes } = await back.requestDelta();
  assert.deepEqual([complete, behind], [false, false], 'a cursor from before is as good as ever');
  assert.deepEqual(changes.map(({ path, value }) => [path, value]), [['one', 'new'], ['two', 'new']]);
});
