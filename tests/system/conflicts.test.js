// Devices that write over one another, at nodes that do not always reach each other.

import assert from 'node:assert/strict';

import { describeDifference } from './lib/json_diff.js';
import { chance } from './lib/random.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/**
 * Few names, so that writes meet at a path, above it and below it, as objects and as arrays; and the
 * shorter a path the rarer, so that what stands below it is not hidden again at once.
 */
function randomPath(pick) {
  const names = ['a', 'b', 'c', 'd', '0', '1', '2'];
  const length = [1, 2, 2, 2, 3, 3, 3, 3, 3, 3][pick(10)];
  return Array.from({ length }, () => names[pick(names.length)]).join('.');
}

function randomValue(pick, n) {
  const values = [n, `text ${n}`, null, {}, { a: n, b: { a: n } }, [n, [n], { a: n }], [], { 0: n, 1: [] }];
  return values[pick(values.length)];
}

function randomWrite(pick, n) {
  const paths = new Set(Array.from({ length: pick(3) === 0 ? 3 : 1 }, () => randomPath(pick)));
  return [...paths].map((path) => (pick(4) === 0 ? { path, delete: true } : { path, value: randomValue(pick, n) }));
}

async function writeAtRandom(device, pick, count) {
  const acks = [];
  for (let n = 0; n < count; n++) {
    acks.push(device.write(randomWrite(pick, n)).ack);
    if (acks.length > 3) await acks.at(-4);
  }
  return (await Promise.all(acks)).filter(({ applied }) => !applied).length;
}

scenario('devices that keep what they are told have their node\'s state, through all conflicts', { names: ['a', 'b', 'c'], links: true }, async (cluster, t) => {
  t.diagnostic(`SEED=${seed}`);
  const devices = [];
  for (const node of cluster.nodes) devices.push(await node.connect('alice'), await node.connect('alice'));
  for (const device of devices) await device.requestRecords();
  const picks = devices.map((_, at) => chance(seed * 31 + at));
  let lost = 0;
  for (let round = 0; round < 6; round++) {
    const [left, right] = [cluster.nodes[round % 3], cluster.nodes[(round + 1) % 3]];
    const apart = round % 2 === 0 ? [[left, right]] : cluster.nodes.filter((node) => node !== left).map((node) => [left, node]);
    for (const [one, other] of apart) cluster.between(one, other, 'cut');
    const counts = await Promise.all(devices.map((device, at) => writeAtRandom(device, picks[at], 60)));
    lost += counts.reduce((sum, count) => sum + count, 0);
    for (const [one, other] of apart) cluster.between(one, other, 'heal');
    await cluster.connected();
    await cluster.converged();
    const state = await cluster.stateEverywhere('alice');
    for (const device of devices) {
      await eventually(`SEED=${seed}: round ${round}: ${device.label} has its node's state`, () => {
        const difference = describeDifference(device.mirror.state(), state);
        if (difference) throw new Error(difference);
        return true;
      });
    }
  }
  assert.ok(lost > 0, 'no write lost a conflict: the test is too tame');
  t.diagnostic(`${lost} writes lost their conflict at their own node`);
});
