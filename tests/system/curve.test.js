// Encrypted links: those with a member's key are let in, all others hear and say nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { makeKey } from './lib/cluster.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const encrypted = { names: ['a', 'b', 'c'], keys: true };

scenario('nodes with keys converge', encrypted, async (cluster) => {
  const devices = await Promise.all(cluster.nodes.map((node) => node.connect('alice')));
  const written = devices.map((device, at) => device.write([{ path: `from.${at}`, value: at }]));
  for (const device of devices) {
    for (const { stamp } of written) {
      if (!stamp.endsWith(device.tab)) await device.arrival(stamp);
    }
  }
  await cluster.converged();
  await cluster.stateEverywhere('alice', { from: { 0: 0, 1: 1, 2: 2 } });
});

scenario('a node with a foreign key gets nothing and is heard by nobody', encrypted, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  await device.set('secret', 42);
  await cluster.converged();
  await c.stop();

  const impostor = await cluster.makeOther('c', 'impostor');
  impostor.ports = c.ports;
  impostor.keyFile = join(impostor.folder, 'c.key');
  const key = await makeKey(impostor.keyFile);
  const file = cluster.fileFor(c);
  file.member.find(({ name }) => name === 'c').public_key = key;
  impostor.writeFiles(file);
  await impostor.start();
  const fromImpostor = await impostor.connect('alice');
  await fromImpostor.set('forged', 1);
  await device.set('secret', 43);
  await cluster.converged([a, b]);

  const seen = await impostor.status();
  assert.deepEqual(seen.peers.map(({ connected }) => connected), [false, false]);
  assert.deepEqual(await impostor.stateOf('alice'), { forged: 1 });
  for (const node of [a, b]) {
    const hears = async () => (await node.status()).peers.find(({ name }) => name === 'c').connected;
    await eventually(`${node.name} no longer hears c`, async () => !(await hears()));
    assert.ok(!(seen.replica_id in (await node.status()).version_vector), `${node.name} has its writes`);
  }
  await cluster.stateEverywhere('alice', { secret: 43 }, [a, b]);

  await impostor.stop();
  await c.start();
  await cluster.connected();
  await cluster.converged();
  await cluster.stateEverywhere('alice', { secret: 43 });
});
