// The Debian package on a clean root: installed, run, upgraded over live data, removed, purged.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { Device } from '../system/lib/device.js';
import { httpGet } from '../system/lib/http.js';
import { freePort } from '../system/lib/ports.js';
import { eventually } from '../system/lib/wait.js';

const folder = process.env.PACKAGES;
const base = process.env.PACKAGE_ROOT;
const root = `${base}-under-test`;
const mirror = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';

const packages = readdirSync(folder).filter((name) => name.endsWith('.deb')).sort();
const [release, newer] = packages;

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const inRoot = (...args) => run('chroot', root, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive', ...args);

/** A minimal system, made once: what comes later is a copy of it. */
function makeBase() {
  if (existsSync(join(base, 'made'))) return;
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  run('debootstrap', '--variant=minbase', 'bookworm', join(base, 'root'), mirror);
  writeFileSync(join(base, 'made'), '');
}

function makeRoot() {
  rmSync(root, { recursive: true, force: true });
  run('cp', '-a', join(base, 'root'), root);
  for (const name of packages) run('cp', join(folder, name), join(root, 'tmp', name));
}

/** Runs what the unit would run, as whom it would. */
class Service {
  #child;

  async start(ports) {
    const command = /^ExecStart=(.*)$/m.exec(readFileSync(join(root, 'usr/lib/systemd/system/anabranch.service'), 'utf8'))[1].split(' ');
    this.#child = spawn('chroot', ['--userspec=anabranch:anabranch', root, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.log = '';
    this.#child.stderr.on('data', (data) => (this.log += data));
    this.end = new Promise((ended) => this.#child.once('exit', (code, signal) => ended({ code, signal })));
    await eventually('the node is ready', async () => {
      assert.equal(this.#child.exitCode, null, this.log);
      return (await httpGet(ports.clients, '/readyz')).status === 200;
    }, 20_000);
  }

  stop() {
    this.#child.kill('SIGTERM');
    return this.end;
  }

  kill() {
    this.#child?.kill('SIGKILL');
  }
}

const reason = () => {
  if (process.getuid() !== 0) return 'needs root, for a root of its own';
  if (spawnSync('debootstrap', ['--version']).error) return 'needs debootstrap';
  return false;
};
const skip = reason();
const service = new Service();
const ports = {};

before(async () => {
  if (skip) return;
  makeBase();
  makeRoot();
  for (const name of ['clients', 'publish', 'sync', 'admin']) ports[name] = await freePort();
});

after(() => {
  service.kill();
  rmSync(root, { recursive: true, force: true });
});

const startsWithMachine = 'etc/systemd/system/multi-user.target.wants/anabranch.service';
const mode = (path) => (statSync(join(root, path)).mode & 0o777).toString(8);
const owner = (path) => inRoot('stat', '-c', '%U:%G', path).trim();
const stateOf = (user) => JSON.parse(inRoot('anabranch', 'get', '--user', user, '--admin', `127.0.0.1:${ports.admin}`));

test('the unit is in order and shut off from the system', { skip }, () => {
  const unpacked = `${root}-files`;
  run('dpkg-deb', '--extract', join(folder, release), unpacked);
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
  run('lintian', '--allow-root', '--fail-on', 'error,warning', '--suppress-tags', 'bogus-mail-host,bogus-mail-host-in-debian-changelog', join(folder, release));
});

test('installs with all that it needs', { skip }, () => {
  inRoot('apt-get', 'install', '--yes', '--no-install-recommends', `/tmp/${release}`);
  assert.match(inRoot('anabranch', '--version'), /0\.1\.0/);
  assert.equal(mode('/etc/anabranch/jwt.secret'), '640');
  assert.equal(owner('/etc/anabranch/jwt.secret'), 'root:anabranch');
  assert.equal(mode('/var/lib/anabranch'), '750');
  assert.equal(owner('/var/lib/anabranch'), 'anabranch:anabranch');
  inRoot('anabranch', 'check', '--config', '/etc/anabranch/node.toml');
  assert.ok(lstatSync(join(root, startsWithMachine)).isSymbolicLink(), 'it starts with the machine');
});

test('the manual names every command', { skip }, () => {
  const commands = [...inRoot('anabranch', '--help').matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
  assert.ok(commands.includes('serve'), commands.join());
  const manual = run('zcat', join(root, 'usr/share/man/man1/anabranch.1.gz'));
  for (const name of commands) assert.match(manual, new RegExp(`^\\.(It )?Cm ${name}\\b`, 'm'), name);
});

test('runs as its own user, takes a write and stops cleanly', { skip }, async () => {
  const file = join(root, 'etc/anabranch/node.toml');
  const moved = readFileSync(file, 'utf8').replace(':8080', `:${ports.clients}`).replace(':7101', `:${ports.publish}`)
    .replace(':7201', `:${ports.sync}`).replace(':9101', `:${ports.admin}`);
  writeFileSync(file, moved);
  await service.start(ports);
  const token = inRoot('anabranch', 'token', '--secret-file', '/etc/anabranch/jwt.secret', '--sub', 'alice', '--ttl', '1h').trim();
  const device = await Device.connect(`ws://127.0.0.1:${ports.clients}/v1/sync`, { token });
  await device.set('kept', 'over an upgrade');
  assert.deepEqual(stateOf('alice'), { kept: 'over an upgrade' });
});

test('an upgrade over live data keeps data, secret and edited settings', { skip }, async () => {
  const secret = readFileSync(join(root, 'etc/anabranch/jwt.secret'), 'utf8');
  inRoot('apt-get', 'install', '--yes', '--no-install-recommends', `/tmp/${newer}`);
  assert.deepEqual(await service.stop(), { code: 0, signal: null }, 'the old program ran on until it was stopped');
  assert.match(inRoot('dpkg-query', '--show', 'anabranch'), /99\.0\.0/);
  assert.equal(readFileSync(join(root, 'etc/anabranch/jwt.secret'), 'utf8'), secret);
  assert.match(readFileSync(join(root, 'etc/anabranch/node.toml'), 'utf8'), new RegExp(`:${ports.clients}`));
  await service.start(ports);
  assert.deepEqual(stateOf('alice'), { kept: 'over an upgrade' });
  assert.deepEqual(await service.stop(), { code: 0, signal: null });
});

test('removing keeps data and settings, purging takes them', { skip }, () => {
  inRoot('apt-get', 'remove', '--yes', 'anabranch');
  assert.ok(!existsSync(join(root, 'usr/bin/anabranch')));
  assert.ok(existsSync(join(root, 'var/lib/anabranch/data/db')));
  assert.ok(existsSync(join(root, 'etc/anabranch/node.toml')));
  inRoot('apt-get', 'purge', '--yes', 'anabranch');
  assert.ok(!existsSync(join(root, 'var/lib/anabranch')));
  assert.ok(!existsSync(join(root, 'etc/anabranch')));
  assert.throws(() => lstatSync(join(root, startsWithMachine)), { code: 'ENOENT' });
});
