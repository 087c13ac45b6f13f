// The frame of each test with faults: devices write all the time, and at the end all must be well.

import { Load } from './load.js';
import { patienceMs, Storm } from './storm.js';
import { Timeline } from './timeline.js';

/** Of each of the twelve devices; more of them on request. */
const writesPerSecond = Number(process.env.FAULT_WRITES ?? 4);

/** What no node may say, whatever happens to it; a copy that is put back is known by its marker. */
const complaint = /Z error |dropped a message from|than this disk does/;

/** The nodes' own complaints, but for those of a disk that was full. */
function complaints(cluster, disk) {
  const isExpected = (node, line) => node === disk?.node && /commit failed|disk refuses writes|RocksDB: /.test(line);
  const isComplaint = (node, line) => complaint.test(line) && !isExpected(node, line);
  return cluster.nodes.flatMap((node) => {
    const lines = node.log().split('\n').filter((line) => isComplaint(node, line));
    return lines.slice(0, 5).map((line) => `${node.name} complains: ${line}`);
  });
}

function report({ cluster, timeline, load, convergedMs }) {
  const faults = timeline.summary('fault: ');
  if (faults) timeline.say('', `faults: ${faults}`);
  const longestWait = (timeline.get('longest ack wait') / 1000).toFixed(1);
  timeline.say('', `${load.ledger.count} writes acked by ${cluster.nodes.length} nodes; longest wait for an ack ${longestWait} s`);
  timeline.say('', `${timeline.get('connections')} connections resumed, ${timeline.get('failed connections')} failed`);
  timeline.say('', `equal ${(convergedMs / 1000).toFixed(1)} s after the last ack`);
}

/** Waits until all nodes hear each other and are equal, and looks for what is not as it must be. */
async function conclude({ cluster, timeline, load, disk }) {
  timeline.say('', 'all is healed');
  await load.settle();
  const settled = performance.now();
  await cluster.connected(cluster.nodes, patienceMs);
  for (const node of cluster.nodes) await node.untilReady(patienceMs);
  await cluster.converged(cluster.nodes, patienceMs);
  report({ cluster, timeline, load, convergedMs: performance.now() - settled });
  if (load.ledger.hasExcuses) await load.startOver();
  const problems = [...(await load.judge()), ...complaints(cluster, disk)];
  if (load.ledger.hasExcuses) timeline.say('', `${timeline.get('gone')} acked changes were on the lost disk alone`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** `body(storm, load)` does the damage, and heals it. */
export async function underLoad({ cluster, seed, disk = null }, body) {
  const timeline = new Timeline();
  const load = new Load({ cluster, timeline, seed, everyMs: 1000 / writesPerSecond });
  const storm = new Storm({ cluster, timeline, disk, ledger: load.ledger });
  load.start();
  try {
    await body(storm, load);
    await conclude({ cluster, timeline, load, disk });
  } finally {
    await load.finish();
  }
}
