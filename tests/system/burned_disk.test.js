// With replicated acks not even the loss of a whole disk costs a write that its device was told of.

import assert from 'node:assert/strict';

import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'], links: true, timeoutMs: 90_000 };
const users = ['alice', 'bob', 'carol', 'dave'];

/** A device that writes steadily, three writes at a time, and notes what was acked as replicated. */
async function startWriter(node, user) {
  const replicated = new Set();
  const paths = new Map();
  const observe = ({ event, payload }) => {
    if (event === 'dashboard.state.ack' && payload.durability === 'replicated') replicated.add(paths.get(payload.id));
  };
  const device = await node.connect(user, { observe });
  let count = 0;
  const lane = async () => {
    try {
      for (;;) {
        const n = ++count;
        paths.set(`${user}-${n}`, `w${n}`);
        await device.write([{ path: `w${n}`, value: n }], { id: `${user}-${n}` }).ack;
      }
    } catch {
      // The node has burned.
    }
  };
  const done = Promise.all([lane(), lane(), lane()]);
  return { user, replicated, done };
}

/** The replicated writes that the node does not have. */
async function missingAt(node, { user, replicated }) {
  const state = await node.stateOf(user);
  return [...replicated].filter((path) => state[path] !== Number(path.slice(1)));
}

/** Cuts one node too many off for acks that need so many, and lets a write what cannot be safe. */
async function writeWhatIsNotSafe(cluster, acks) {
  const { a, b, c } = cluster;
  const away = acks === 1 ? [b, c] : [c];
  for (const node of away) for (const other of acks === 1 ? [a] : [a, b]) cluster.between(node, other, 'cut');
  await eventually('a has written what others lack', async () => {
    const { version_vector: own, replica_id: origin } = await a.status();
    const others = await Promise.all(away.map((node) => node.status()));
    return others.every(({ version_vector: theirs }) => own[origin] > (theirs[origin] ?? 0) + 50);
  });
}

for (const acks of [1, 2]) {
  scenario(`a disk burns under load, acks = ${acks}: every write acked as replicated is elsewhere`, { ...three, acks }, async (cluster) => {
    const { a, b, c } = cluster;
    const writers = await Promise.all(users.map((user) => startWriter(a, user)));
    const told = () => writers.reduce((sum, { replicated }) => sum + replicated.size, 0);
    await eventually('writes are acked as replicated', () => told() > 200);
    await writeWhatIsNotSafe(cluster, acks);
    const { acks: waiting } = await a.status();
    assert.equal(waiting.required, acks);
    assert.ok(waiting.waiting >= 50, `${waiting.waiting} acks wait`);
    await a.kill();
    a.loseData();
    await Promise.all(writers.map(({ done }) => done));

    if (acks === 1) await cluster.converged([b, c]);
    for (const writer of writers) {
      for (const node of [b, c]) assert.deepEqual(await missingAt(node, writer), [], `${node.name} lacks writes of ${writer.user}`);
    }

    for (const [left, right] of [[a, b], [a, c], [b, c]]) cluster.between(left, right, 'heal');
    await a.start();
    await cluster.connected();
    for (const writer of writers) {
      await eventually('the new disk has them too', async () => (await missingAt(a, writer)).length === 0);
    }
  });
}
