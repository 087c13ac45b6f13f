// What tests of forgotten deletes share.

import assert from 'node:assert/strict';

import { eventually } from './wait.js';

const runningNodes = (cluster) => cluster.nodes.filter(({ isRunning }) => isRunning);
export const statusesOf = (nodes) => Promise.all(nodes.map((node) => node.status()));

/** Until no node has a tombstone, and all are equal. */
export async function collected(cluster, nodes = runningNodes(cluster)) {
  await eventually('no tombstones are left', async () => {
    const left = (await statusesOf(nodes)).map(({ name, state, collection }) => `${name} ${state.tombstones} ${collection.held_back_by}`);
    if (left.every((one) => / 0 /.test(one))) return true;
    throw new Error(left.join(', '));
  }, 30_000);
  await cluster.converged(nodes);
}

/** Lets all nodes read the cluster file anew, under another epoch. */
export async function reloadAll(cluster, epoch) {
  cluster.epoch = epoch;
  for (const node of runningNodes(cluster)) {
    const { code, stderr } = await cluster.reload(node);
    assert.equal(code, 0, stderr);
  }
}
