// Real nodes under steady writes, while everything around them fails. FAULT_SEED runs the same faults
// again, FAULT_SECONDS lets them go on for longer, FAULT_WRITES has each device write more a second,
// FAULT_LOSSES=1 also takes disks with writes that no other node has.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { makePlan } from './faults/plan.js';
import { patienceMs } from './faults/storm.js';
import { underLoad } from './faults/under_load.js';
import { skewMissing, SkewedClock } from './lib/clock.js';
import { scenario } from './lib/scenario.js';
import { SmallDisk, smallDiskMissing } from './lib/small_disk.js';
import { eventually } from './lib/wait.js';

const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const seconds = Number(process.env.FAULT_SECONDS ?? 180);
const asked = ['FAULT_WRITES', 'FAULT_LOSSES'].filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]}`).join(' ');
const hasLosses = process.env.FAULT_LOSSES === '1';
const names = ['a', 'b', 'c', 'd', 'e'].slice(0, 3 + (seed % 3));

const common = {
  links: true,
  doors: true,
  keepsFiles: true,
  limits: { state_paths: 1_000_000, state_bytes: 1 << 28 },
  timeoutMs: 8 * patienceMs,
};
const three = { ...common, names: ['a', 'b', 'c'], acks: 1 };

/** What the machine does not offer is left out, and named. */
function prepare(cluster, t) {
  for (const missing of [skewMissing, smallDiskMissing()]) if (missing) t.diagnostic(`not tried: ${missing}`);
  if (!skewMissing) for (const node of cluster.nodes) node.clock = new SkewedClock(join(node.folder, 'clock'));
  if (smallDiskMissing()) return null;
  const node = cluster.nodes.at(-1);
  const small = new SmallDisk(join(node.folder, 'disk'));
  node.dataDir = join(small.folder, 'data');
  cluster.writeFiles(node);
  return { node, small };
}

/** The small disk goes with the test, so what is on it is copied where a failure is looked into. */
async function removeDisk({ node, small }, hasFailed) {
  await node.stop(patienceMs);
  if (hasFailed) cpSync(node.dataDir, join(node.folder, 'data'), { recursive: true });
  small.remove();
}

const stormOptions = { ...common, names, keys: seed % 2 === 1, start: false, timeoutMs: common.timeoutMs + seconds * 1000 };

scenario(`no acked write is lost in a storm of faults, and ${names.length} nodes end up equal`, stormOptions, async (cluster, t) => {
  const again = `again with: ${asked}${asked && ' '}FAULT_SEED=${seed} FAULT_SECONDS=${seconds} node --test faults.test.js`;
  console.log(again);
  const disk = prepare(cluster, t);
  let hasFailed = true;
  try {
    await cluster.start();
    const plan = makePlan(seed, { seconds, names, diskOf: disk?.node.name, hasClocks: !skewMissing, hasLosses });
    await underLoad({ cluster, seed, disk }, (storm) => storm.run(plan));
    hasFailed = false;
  } catch (error) {
    error.message += `\n${again}`;
    throw error;
  } finally {
    if (disk) await removeDisk(disk, hasFailed);
  }
});

/** Cuts a node off from the others and sends all devices there, until it has what nobody else has. */
async function gatherAt(node, others, storm) {
  for (const other of others) {
    storm.cluster.between(node, other, 'cut');
    storm.cluster.door(other).cut();
  }
  await eventually(`${node.name} has written what nobody else has`, async () => {
    const { version_vector: own, replica_id: origin } = await node.status();
    return (await storm.vectors(others)).every((vector) => own[origin] > (vector[origin] ?? 0) + 50);
  }, patienceMs);
}

/** Takes a node's disk with what nobody else has, and lets all go on. */
async function loseTail(node, storm, load, changeDisk) {
  await eventually('writes are copied', () => load.ledger.replicatedCount > 50, patienceMs);
  const others = storm.cluster.nodes.filter((other) => other !== node);
  await gatherAt(node, others, storm);
  assert.ok((await storm.loseTailOf(node, changeDisk)) >= 50);
  for (const other of others) {
    storm.cluster.between(node, other, 'heal');
    storm.cluster.door(other).heal();
  }
  const before = load.ledger.count;
  await eventually('the devices go on', () => load.ledger.count > before + 300, patienceMs);
}

scenario('a disk that is lost with the newest writes costs these alone, and none that was acked as replicated', three, (cluster) =>
  underLoad({ cluster, seed }, (storm, load) => loseTail(cluster.b, storm, load, () => cluster.b.loseData())));

scenario('a copy that is put back costs only what no other node had', three, (cluster) =>
  underLoad({ cluster, seed }, async (storm, load) => {
    const { b } = cluster;
    await eventually('there is something to copy', () => load.ledger.count > 100, patienceMs);
    await b.kill();
    b.copyDataTo(storm.backupOf(b));
    await storm.bringUp(b);
    await cluster.connected(cluster.nodes, patienceMs);
    await loseTail(b, storm, load, () => b.takeDataFrom(storm.backupOf(b)));
  }));

scenario('connections that the network has forgotten are made anew', { ...three, names: ['a', 'b'] }, async (cluster, t) => {
  const { a, b } = cluster;
  const [writer, far] = [await a.connect('alice'), await b.connect('alice')];
  for (let round = 0; round < 2; round++) {
    cluster.between(a, b, 'forget');
    const write = writer.write([{ path: `round${round}`, value: round }]);
    t.diagnostic(`heard after ${((await far.arrival(write.stamp, patienceMs)) - write.sentAt).toFixed(0)} ms`);
    await cluster.connected(cluster.nodes, patienceMs);
  }
  cluster.between(a, b, 'heal');
  await cluster.connected(cluster.nodes, patienceMs);
  await cluster.converged(cluster.nodes, patienceMs);
});

scenario('what came of a disk before it was lost reaches all nodes', three, async (cluster) => {
  const { a, b, c } = cluster;
  const writes = 60;
  for (const other of [a, c]) cluster.between(b, other, 'cut');
  const device = await b.connect('alice');
  for (let n = 0; n < writes; n++) await device.set(`big.k${n}`, `${n}`.padEnd(50_000, '.'));
  await device.close();
  const recordsAtA = async () => (await a.status()).state.records;
  cluster.between(a, b, 'slow', { latencyMs: 5, bytesPerSecond: 200_000 });
  await eventually('a part has come', async () => (await recordsAtA()) > 0, patienceMs);
  await b.kill();
  b.loseData();
  for (const other of [a, c]) cluster.between(b, other, 'heal');
  await b.start();
  await cluster.connected(cluster.nodes, patienceMs);
  await cluster.converged(cluster.nodes, patienceMs);
  assert.ok((await recordsAtA()) < writes, 'all of it came: the test is too tame');
  await cluster.stateEverywhere('alice');
});
