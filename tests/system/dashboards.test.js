// The edit histories of real dashboards, replayed as the writes of three devices at three nodes.

import assert from 'node:assert/strict';

import { historiesMissing, loadHistories } from './lib/histories.js';
import { describeDifference, diff, inBatches } from './lib/json_diff.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const options = {
  names: ['eu', 'us', 'ap'],
  skip: historiesMissing,
  timeoutMs: 120_000,
  limits: { state_paths: 100_000, state_bytes: 64 << 20 },
};

const maxDeliveryMs = 500;

/** The writes that turn each revision into the next: a list of batches for each revision. */
const writesOf = (revisions, path) => revisions.map((state, at) => inBatches(diff(revisions[at - 1], state, [path])));

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** How long writes were on their way from one node's device to another's. */
class DeliveryTimes {
  #times = [];

  add({ stamp, sentAt }, device) {
    const at = device.arrivals.get(stamp);
    if (at !== undefined) this.#times.push(at - sentAt);
  }

  report(t, name) {
    const sorted = this.#times.sort((a, b) => a - b);
    const [median, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
    t.diagnostic(`${name}: ${sorted.length} deliveries, median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms`);
    assert.ok(p99 < maxDeliveryMs, `${name}: p99 of the delivery times is ${p99.toFixed(0)} ms`);
  }
}

async function connectEverywhere(cluster, user) {
  const devices = await Promise.all(cluster.nodes.map((node) => node.connect(user)));
  for (const device of devices) await device.requestRecords();
  return devices;
}

/** Each device has laid out of what it was told the very state that its node has. */
async function mirrorsAgree(cluster, devices, user) {
  for (const [at, device] of devices.entries()) {
    const want = await cluster.nodes[at].stateOf(user);
    await eventually(`${device.label} has its node's state`, () => {
      const difference = describeDifference(device.mirror.state(), want);
      if (difference) throw new Error(difference);
      return true;
    });
  }
}

scenario('dashboards edited in turns at three nodes are the same everywhere, revision by revision', options, async (cluster, t) => {
  const devices = await connectEverywhere(cluster, 'editor');
  const times = new DeliveryTimes();
  const histories = loadHistories();
  for (const [name, revisions] of Object.entries(histories)) {
    for (const [at, batches] of writesOf(revisions, name).entries()) {
      const writer = devices[at % 3];
      const readers = devices.filter((device) => device !== writer);
      const writes = [];
      for (const changes of batches) {
        writes.push(writer.write(changes));
        assert.equal((await writes.at(-1).ack).applied, true, `${name}, revision ${at}`);
      }
      for (const write of writes) {
        for (const reader of readers) {
          await reader.arrival(write.stamp);
          times.add(write, reader);
        }
      }
    }
  }
  await cluster.converged();
  const last = Object.fromEntries(Object.entries(histories).map(([name, revisions]) => [name, revisions.at(-1)]));
  await cluster.stateEverywhere('editor', last);
  await mirrorsAgree(cluster, devices, 'editor');
  times.report(t, 'in turns');
});

/** Sends batches as fast as the node acks them, with two on their way at a time. */
async function replay(device, batches) {
  const writes = [];
  for (const changes of batches) {
    writes.push(device.write(changes));
    if (writes.length > 1) await writes.at(-2).ack;
  }
  for (const { ack } of writes) await ack;
  return writes;
}

scenario('dashboards edited at three nodes all at once converge', options, async (cluster, t) => {
  const devices = await connectEverywhere(cluster, 'crowd');
  const histories = loadHistories();
  const names = Object.keys(histories);
  const times = new DeliveryTimes();
  const measure = (writesByDevice) =>
    writesByDevice.forEach((writes, by) => {
      for (const write of writes) devices.forEach((device, at) => at !== by && times.add(write, device));
    });

  const own = names.map((name) => writesOf(histories[name], name).flat());
  const apart = await Promise.all(devices.map((device, at) => replay(device, own[at])));
  await cluster.converged();
  const last = Object.fromEntries(names.map((name) => [name, histories[name].at(-1)]));
  await cluster.stateEverywhere('crowd', last);
  await mirrorsAgree(cluster, devices, 'crowd');
  measure(apart);

  const contest = writesOf(histories.node, 'contested').flat();
  const together = await Promise.all(devices.map((device) => replay(device, contest)));
  await cluster.converged();
  const { contested, ...rest } = await cluster.stateEverywhere('crowd');
  assert.equal(describeDifference(rest, last), '', 'the others are as they were');
  assert.ok(Object.keys(contested).length > 0, 'somebody won');
  await mirrorsAgree(cluster, devices, 'crowd');
  measure(together);
  times.report(t, 'all at once');
});
