// The Debian package on a clean root: installed, run, upgraded over live data, removed, purged.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { Device } from '../system/lib/device.js';
import { httpGet } from '../system/lib/http.js';
import { freePort } from '../system/lib/ports.js';
import { eventually } from '../system/lib/wait.js';
import { packageFolder, packages, Root, rootsMissing, run } from './lib/root.js';

const [release, newer] = packages;
const skip = rootsMissing();
const root = new Root('under-test');
const ports = {};

before(async () => {
  if (skip) return;
  root.make();
  for (const name of ['clients', 'publish', 'sync', 'admin']) ports[name] = await freePort();
});

after(() => {
  root.killService();
  root.remove();
});

async function start() {
  root.startService();
  await eventually('the node is ready', async () => {
    assert.ok(root.isRunning, root.log);
    return (await httpGet(ports.clients, '/readyz')).status === 200;
  }, 20_000);
}

const startsWithMachine = 'etc/systemd/system/multi-user.target.wants/anabranch.service';
const mode = (path) => (statSync(root.path(path)).mode & 0o777).toString(8);
const owner = (path) => root.run('stat', '-c', '%U:%G', path).trim();
const stateOf = (user) => JSON.parse(root.run('anabranch', 'get', '--user', user, '--admin', `127.0.0.1:${ports.admin}`));

test('the unit is in order and shut off from the system', { skip }, () => {
  const unpacked = `${root.folder}-files`;
  run('dpkg-deb', '--extract', join(packageFolder, release), unpacked);
  try {
    // What the unit names of the system around it.
    run('cp', '-a', '--no-clobber', '/usr/lib/systemd/system', join(unpacked, 'usr/lib/systemd'));
    mkdirSync(join(unpacked, 'bin'));
    run('cp', '/bin/kill', join(unpacked, 'bin/kill'));
    run('systemd-analyze', 'verify', '--man=no', `--root=${unpacked}`, '/usr/lib/systemd/system/anabranch.service');
    // systemd's own measure, from 0 (safest) to 100.
    run('systemd-analyze', 'security', '--offline=true', '--threshold=12', `--root=${unpacked}`, '/usr/lib/systemd/system/anabranch.service');
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
});

// A mail address of the developers is all that it lacks.
test('keeps to what Debian asks of packages', { skip }, () => {
  run('lintian', '--allow-root', '--fail-on', 'error,warning', '--suppress-tags', 'bogus-mail-host,bogus-mail-host-in-debian-changelog', join(packageFolder, release));
});

test('installs with all that it needs', { skip }, () => {
  root.run('apt-get', 'install', '--yes', '--no-install-recommends', `/tmp/${release}`);
  assert.match(root.run('anabranch', '--version'), /0\.1\.0/);
  assert.equal(mode('/etc/anabranch/jwt.secret'), '640');
  assert.equal(owner('/etc/anabranch/jwt.secret'), 'root:anabranch');
  assert.equal(mode('/var/lib/anabranch'), '750');
  assert.equal(owner('/var/lib/anabranch'), 'anabranch:anabranch');
  root.run('anabranch', 'check', '--config', '/etc/anabranch/node.toml');
  assert.ok(lstatSync(root.path(startsWithMachine)).isSymbolicLink(), 'it starts with the machine');
});

test('the manual names every command', { skip }, () => {
  const commands = [...root.run('anabranch', '--help').matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
  assert.ok(commands.includes('serve'), commands.join());
  const manual = run('zcat', root.path('usr/share/man/man1/anabranch.1.gz'));
  for (const name of commands) assert.match(manual, new RegExp(`^\\.(It )?Cm ${name}\\b`, 'm'), name);
});

test('runs as its own user, takes a write and stops cleanly', { skip }, async () => {
  const file = root.path('etc/anabranch/node.toml');
  const moved = root.read('etc/anabranch/node.toml').replace(':8080', `:${ports.clients}`).replace(':7101', `:${ports.publish}`)
    .replace(':7201', `:${ports.sync}`).replace(':9101', `:${ports.admin}`);
  writeFileSync(file, moved);
  await start();
  const token = root.run('anabranch', 'token', '--secret-file', '/etc/anabranch/jwt.secret', '--sub', 'alice', '--ttl', '1h').trim();
  const device = await Device.connect(`ws://127.0.0.1:${ports.clients}/v1/sync`, { token });
  await device.set('kept', 'over an upgrade');
  assert.deepEqual(stateOf('alice'), { kept: 'over an upgrade' });
});

test('an upgrade over live data keeps data, secret and edited settings', { skip }, async () => {
  const secret = root.read('etc/anabranch/jwt.secret');
  root.run('apt-get', 'install', '--yes', '--no-install-recommends', `/tmp/${newer}`);
  assert.deepEqual(await root.stopService(), { code: 0, signal: null }, 'the old program ran on until it was stopped');
  assert.match(root.run('dpkg-query', '--show', 'anabranch'), /99\.0\.0/);
  assert.equal(root.read('etc/anabranch/jwt.secret'), secret);
  assert.match(root.read('etc/anabranch/node.toml'), new RegExp(`:${ports.clients}`));
  await start();
  assert.deepEqual(stateOf('alice'), { kept: 'over an upgrade' });
  assert.deepEqual(await root.stopService(), { code: 0, signal: null });
});

test('removing keeps data and settings, purging takes them', { skip }, () => {
  root.run('apt-get', 'remove', '--yes', 'anabranch');
  assert.ok(!existsSync(root.path('usr/bin/anabranch')));
  assert.ok(existsSync(root.path('var/lib/anabranch/data/db')));
  assert.ok(existsSync(root.path('etc/anabranch/node.toml')));
  root.run('apt-get', 'purge', '--yes', 'anabranch');
  assert.ok(!existsSync(root.path('var/lib/anabranch')));
  assert.ok(!existsSync(root.path('etc/anabranch')));
  assert.throws(() => lstatSync(root.path(startsWithMachine)), { code: 'ENOENT' });
});
