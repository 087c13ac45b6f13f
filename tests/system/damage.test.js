// Records that rot on one node's disk, and are mended from another's.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

/** RocksDB's own tool, on the records of a node that is stopped. */
function ldb(node, ...args) {
  return execFileSync('ldb', [`--db=${join(node.dataDir, 'db')}`, '--column_family=records', '--hex', ...args], { encoding: 'utf8' });
}

const hex = (text) => Buffer.from(text).toString('hex').toUpperCase();

/** {key, value} of the record whose value ends in `text`, in hex. */
function findRecord(node, text) {
  const line = ldb(node, 'scan').split('\n').find((one) => one.trim().endsWith(hex(text)));
  assert.ok(line, `no record holds ${text}`);
  const [key, value] = line.split(/\s+:\s+|\s+==>\s+/).map((part) => part.trim());
  return { key, value };
}

const missing = spawnSync('ldb', ['--version']).error ? 'needs ldb, of the package rocksdb-tools' : false;
const options = { names: ['a', 'b'], skip: missing, timeoutMs: 90_000 };

/** Both nodes hold some of alice's records; then `damage` is done to a's, and a is started again. */
async function withDamage(cluster, damage) {
  const { a, b } = cluster;
  const device = await b.connect('alice');
  for (const [path, value] of [['kept', 'as it was'], ['hurt', 'the right one'], ['gone', 'still here']]) await device.set(path, value);
  await device.set('old', 1);
  await device.delete('old');
  await cluster.converged();
  const state = await b.stateOf('alice');
  await a.stop();
  damage(a);
  await a.start();
  return { device, state };
}

async function mended(cluster, state) {
  const { a, b } = cluster;
  await eventually('the damage is mended', async () => {
    const { counters } = await a.status();
    return counters.divergences_found >= 1 && counters.divergences_repaired >= 1;
  }, 30_000);
  await cluster.converged();
  await eventually('the digests are equal', async () => (await a.status()).peers[0].digest_equal === true);
  assert.deepEqual(await a.stateOf('alice'), state);
  assert.deepEqual(await b.stateOf('alice'), state, 'what was right has stayed');
  const [ofA, ofB] = await Promise.all([a.status(), b.status()]);
  assert.deepEqual(ofA.state, ofB.state);
  assert.equal(ofB.counters.divergences_found, 0, 'it is known on whose disk the damage is');
}

scenario('a record that has changed on the disk is mended from another node', options, async (cluster) => {
  const { state } = await withDamage(cluster, (a) => {
    const { key, value } = findRecord(a, '"the right one"');
    // Of equal stamps the greater content wins: a merge would spread the damage.
    ldb(a, 'put', key, value.slice(0, -2 * '"the right one"'.length) + hex('"~~ rotten ~~"'));
  });
  await mended(cluster, state);
});

scenario('a record that has gone from the disk comes back from another node', options, async (cluster) => {
  const { state } = await withDamage(cluster, (a) => ldb(a, 'delete', findRecord(a, '"still here"').key));
  await mended(cluster, state);
});

scenario('what is written after a repair stands on both nodes', options, async (cluster) => {
  const { state } = await withDamage(cluster, (a) => {
    const { key, value } = findRecord(a, '"the right one"');
    ldb(a, 'put', key, value.slice(0, -2 * '"the right one"'.length) + hex('"~~ rotten ~~"'));
  });
  await mended(cluster, state);
  const device = await cluster.a.connect('alice');
  assert.deepEqual((await device.requestFull()).state, state);
  await device.set('hurt', 'written anew');
  await cluster.converged();
  assert.equal((await cluster.stateEverywhere('alice')).hurt, 'written anew');
});
