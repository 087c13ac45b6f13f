// What docs/operations/from-nothing.md tells an operator to do, done on three machines. They share
// loopback: 10.0.N.10 is 127.0.N.10 here, and each listens for clients there too.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { repositoryRoot } from '../system/lib/binary.js';
import { Device } from '../system/lib/device.js';
import { freePort } from '../system/lib/ports.js';
import { eventually } from '../system/lib/wait.js';
import { packages, Root, rootsMissing } from './lib/root.js';

const skip = rootsMissing();
const steps = readFileSync(join(repositoryRoot, 'docs/operations/from-nothing.md'), 'utf8').split(/^## /m);
const machines = ['eu', 'us', 'ap'].map((name, at) => ({ name, address: `127.0.${at + 1}.10`, root: new Root(name) }));
const [eu, , ap] = machines;
const ports = {};

/** The blocks of one language in a step, with this place's addresses and ports. */
function blocksOf(step, language) {
  const text = steps.find((one) => one.startsWith(`${step}. `)) ?? assert.fail(`there is no step ${step}`);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => moved(block));
}

function moved(text) {
  const withPorts = Object.entries(ports).reduce((all, [port, free]) => all.replaceAll(`:${port}`, `:${free}`), text);
  return withPorts.replaceAll('10.0.', '127.0.').replaceAll('anabranch_0.1.0_amd64.deb', packages[0]);
}

/** A step's commands without those to systemd, which is not there. */
const commandsOf = (step, at = 0) => blocksOf(step, 'sh')[at].split('\n').filter((line) => !line.startsWith('systemctl ')).join('\n');

const does = ({ root }, script) => root.run('bash', '-euc', `cd /tmp\n${script}`);

before(async () => {
  if (skip) return;
  for (const port of [8080, 7101, 7201, 9101]) ports[port] = await freePort();
  for (const { root } of machines) root.make();
});

after(() => {
  for (const { root } of machines) {
    root.killService();
    root.remove();
  }
});

test('1, 2: installed, with keys and secrets that the service alone can read', { skip }, () => {
  for (const machine of machines) {
    does(machine, `${commandsOf(1)}`.replace('apt-get install', 'apt-get install --yes --no-install-recommends'));
    machine.publicKey = does(machine, commandsOf(2, 0)).trim();
    does(machine, commandsOf(2, 1));
    for (const file of ['node.key', 'admin.token', 'jwt.secret']) {
      assert.equal(does(machine, `stat -c '%U:%G %a' /etc/anabranch/${file}`).trim(), 'root:anabranch 640', file);
    }
    writeFileSync(machine.root.path('etc/anabranch/jwt.secret'), eu.root.read('etc/anabranch/jwt.secret'));
  }
});

test('3, 4, 6: the settings pass the check, and the nodes start', { skip }, () => {
  const [cluster] = blocksOf(3, 'toml');
  const [settings] = blocksOf(4, 'toml');
  const filled = machines.reduce((text, { name, publicKey }) => text.replace(`PUBLIC KEY OF ${name.toUpperCase()}`, () => publicKey), cluster);
  for (const { name, address, root } of machines) {
    writeFileSync(root.path('etc/anabranch/cluster.toml'), filled);
    writeFileSync(root.path('etc/anabranch/node.toml'), settings.replace('"eu"', `"${name}"`).replaceAll(eu.address, address).replace('127.0.0.1', address));
    assert.equal(does({ root }, commandsOf(6)), `valid: node ${name} of cluster main (3 members, epoch 1)\n`);
    root.startService();
  }
});

test('7: all see each other, and a write at one comes out at another', { skip }, async () => {
  for (const machine of machines) {
    await eventually(`${machine.name} sees the others`, () => {
      assert.ok(machine.root.isRunning, machine.root.log);
      const table = does(machine, commandsOf(7, 0).replaceAll(eu.address, machine.address));
      return table.match(/^\w+ +[\w-]+ +yes .* equal /gm)?.length === 2;
    }, 30_000);
  }
  const [, write, read] = blocksOf(7, 'sh');
  const [, frame] = /-x '(.*)'/.exec(write);
  const token = does(eu, `${write.split('\n')[0]}\necho "$TOKEN"`).trim();
  const device = await Device.connect(`ws://${eu.address}:${ports[8080]}/v1/sync`, { token });
  const acked = device.next('an ack', ({ event }) => event === 'dashboard.state.ack');
  device.sendText(frame);
  await acked;
  await eventually('the write is at ap', () => does(ap, read) === '{"hello":"world"}\n');
  device.drop();
  for (const { root } of machines) assert.deepEqual(await root.stopService(), { code: 0, signal: null });
});
