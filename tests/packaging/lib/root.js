// Machines of a test's own: minimal Debian systems that share this one's kernel and network.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const packageFolder = process.env.PACKAGES;
const base = process.env.PACKAGE_ROOT;
const mirror = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';

/** File names: the release, and a newer one to upgrade to. */
export const packages = readdirSync(packageFolder).filter((name) => name.endsWith('.deb')).sort();

export const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Why there can be no such machines here; false when there can. */
export function rootsMissing() {
  if (process.getuid() !== 0) return 'needs root, for a root of its own';
  return spawnSync('debootstrap', ['--version']).error ? 'needs debootstrap' : false;
}

/** A minimal system, made once: what comes later is a copy of it. */
function makeBase() {
  if (existsSync(join(base, 'made'))) return;
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  run('debootstrap', '--variant=minbase', 'bookworm', join(base, 'root'), mirror);
  writeFileSync(join(base, 'made'), '');
}

export class Root {
  #child = null;

  constructor(name) {
    this.folder = `${base}-${name}`;
  }

  /** Makes it, with the packages in its /tmp. */
  make() {
    makeBase();
    this.remove();
    run('cp', '-a', join(base, 'root'), this.folder);
    for (const name of packages) run('cp', join(packageFolder, name), this.path('tmp', name));
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  read(path) {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Runs a command in it: what it prints. */
  run(...args) {
    return run('chroot', this.folder, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive', ...args);
  }

  /** Runs what the service's unit would run, as whom it would. */
  startService() {
    const command = /^ExecStart=(.*)$/m.exec(this.read('usr/lib/systemd/system/anabranch.service'))[1].split(' ');
    this.#child = spawn('chroot', ['--userspec=anabranch:anabranch', this.folder, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.log = '';
    this.#child.stderr.on('data', (data) => (this.log += data));
    this.end = new Promise((ended) => this.#child.once('exit', (code, signal) => ended({ code, signal })));
  }

  get isRunning() {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGTERM; resolves to {code, signal}. */
  stopService() {
    this.#child.kill('SIGTERM');
    return this.end;
  }

  killService() {
    this.#child?.kill('SIGKILL');
  }
}
