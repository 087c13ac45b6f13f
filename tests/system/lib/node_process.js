// One node: its settings, its files and its process.

import { spawn } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { binary, runBinary } from './binary.js';
import { Device } from './device.js';
import { httpGet } from './http.js';
import { makeToken, toToml } from './settings.js';
import { eventually, within } from './wait.js';

/** Nodes that must not outlive this process. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export class NodeProcess {
  #child = null;
  #expectsEnd = false;

  /** What it takes clients with over TLS, of makeCertificate. */
  tls = null;

  /** A SkewedClock that the process goes by, where one is set. */
  clock = null;

  /** `ports`: {clients, publish, sync, admin}. */
  constructor({ name, folder, ports, secret, settings = {} }) {
    Object.assign(this, { name, folder, ports, secret, settings });
    this.dataDir = join(folder, 'data');
    /** What it is started with; a test may put another file here. */
    this.configFile = join(folder, 'node.toml');
    this.ended = null;
    this.problems = [];
    mkdirSync(folder, { recursive: true });
  }

  /** Where devices connect to. */
  get url() {
    return `${this.tls ? 'wss' : 'ws'}://127.0.0.1:${this.ports.clients}/v1/sync`;
  }

  get pid() {
    return this.#child?.pid;
  }

  get isRunning() {
    return this.#child !== null && this.ended === null;
  }

  /** What stands in its own file. */
  config() {
    const { clients, publish, sync, admin } = this.ports;
    return {
      name: this.name,
      data_dir: this.dataDir,
      cluster_file: 'cluster.toml',
      clients: { listen: `127.0.0.1:${clients}`, tls_certificate: this.tls?.certificate, tls_key: this.tls?.key, ...this.settings.clients },
      auth: { algorithms: ['HS256'], key: [{ secret_file: 'jwt.secret' }] },
      limits: { updates_per_minute: 0, ...this.settings.limits },
      peers: {
        listen_publish: `tcp://127.0.0.1:${publish}`,
        listen_sync: `tcp://127.0.0.1:${sync}`,
        secret_key_file: this.keyFile,
      },
      admin: { listen: `127.0.0.1:${admin}`, token_file: this.settings.adminToken && 'admin.token' },
      log: this.settings.log,
    };
  }

  writeFiles(cluster) {
    writeFileSync(this.configFile, `${toToml(this.config())}\n`);
    writeFileSync(join(this.folder, 'cluster.toml'), `${toToml(cluster)}\n`);
    const { adminToken } = this.settings;
    writeFileSync(join(this.folder, 'jwt.secret'), this.secret, { mode: 0o600 });
    if (adminToken) writeFileSync(join(this.folder, 'admin.token'), adminToken, { mode: 0o600 });
  }

  /** Starts the process and waits until it may take clients. */
  async start() {
    this.launch();
    await this.untilReady();
  }

  launch() {
    const log = openSync(join(this.folder, 'node.log'), 'a');
    const env = { ...process.env, ...this.clock?.environment };
    const child = spawn(binary, ['serve', '--config', this.configFile], { cwd: this.folder, stdio: ['ignore', log, log], env });
    closeSync(log);
    this.#child = child;
    this.#expectsEnd = false;
    this.ended = null;
    running.add(child);
    this.end = new Promise((ended) => {
      const finish = (end) => {
        running.delete(child);
        this.ended = end;
        if (!this.#expectsEnd) this.problems.push(`${this.name} ended by itself: ${JSON.stringify(end)}`);
        ended(end);
      };
      child.once('error', (error) => finish({ error: error.message }));
      child.once('exit', (code, signal) => finish({ code, signal }));
    });
  }

  untilReady(timeoutMs = 20_000) {
    return this.#untilFound('/readyz', timeoutMs);
  }

  /** Until it answers at all: it may be behind the others, or unable to store. */
  untilAlive(timeoutMs = 20_000) {
    return this.#untilFound('/healthz', timeoutMs);
  }

  #untilFound(path, timeoutMs) {
    return eventually(`${this.name} says yes to ${path}`, async () => {
      if (!this.isRunning) return true;
      return (await this.http(path)).status === 200;
    }, timeoutMs).then(() => {
      if (!this.isRunning) throw new Error(`${this.name} has ended: ${JSON.stringify(this.ended)}`);
    });
  }

  /** SIGTERM; resolves to {code, signal}. */
  async stop(timeoutMs = 15_000) {
    if (!this.isRunning) return this.ended;
    this.#expectsEnd = true;
    this.#child.kill('SIGTERM');
    try {
      return await within(timeoutMs, `${this.name} ends on SIGTERM`, this.end);
    } catch (error) {
      this.problems.push(error.message);
      return this.kill();
    }
  }

  /** kill -9. */
  kill() {
    this.#expectsEnd = true;
    if (this.isRunning) this.#child.kill('SIGKILL');
    return this.end;
  }

  /** Stops the process in its tracks (SIGSTOP), as a machine that is suspended. */
  freeze() {
    this.#child.kill('SIGSTOP');
  }

  thaw() {
    this.#child.kill('SIGCONT');
  }

  /** Lets a test whose node is to end by itself wait for that: {code, signal}. */
  async untilEnded(timeoutMs = 15_000) {
    this.#expectsEnd = true;
    return within(timeoutMs, `${this.name} ends`, this.end);
  }

  loseData() {
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A plain copy of the data directory; the process must not run. */
  copyDataTo(folder) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(this.dataDir, folder, { recursive: true });
  }

  /** Puts such a copy in the place of the data directory. */
  takeDataFrom(folder) {
    this.loseData();
    cpSync(folder, this.dataDir, { recursive: true });
  }

  /** Runs a subcommand that asks this node: {code, stdout, stderr}. */
  command(...args) {
    return runBinary([...args, '--admin', `127.0.0.1:${this.ports.admin}`], { timeoutMs: 50_000 });
  }

  http(path) {
    return httpGet(this.ports.clients, path, { ca: this.tls?.pem });
  }

  /** What the admin port asks for from the next writing of its files on. */
  demandToken(token) {
    this.settings = { ...this.settings, adminToken: token };
  }

  /** What the admin port says at a path; throws when that is no 200. */
  async admin(path) {
    const { adminToken } = this.settings;
    const headers = adminToken ? { authorization: `Bearer ${adminToken}` } : {};
    const { status, body } = await httpGet(this.ports.admin, path, { headers });
    if (status !== 200) throw new Error(`${path} of ${this.name}: HTTP ${status}`);
    return body;
  }

  async status() {
    return JSON.parse(await this.admin('/v1/status'));
  }

  /** A new connection of a user's device. */
  connect(user, options = {}) {
    const ca = this.tls?.pem;
    return Device.connect(this.url, { token: makeToken(this.secret, user), label: `${user}@${this.name}`, ca, ...options });
  }

  /** The user's whole state as this node has it. */
  async stateOf(user) {
    const device = await this.connect(user);
    const { state } = await device.requestFull();
    await device.close();
    return state;
  }

  log() {
    try {
      return readFileSync(join(this.folder, 'node.log'), 'utf8');
    } catch {
      return '';
    }
  }

  /** The lines so far of a log in JSON. */
  logLines() {
    return this.log().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /** The end of the log, or the beginning of what a sanitizer has found. */
  logTail(lines = 15) {
    const all = this.log().trimEnd().split('\n');
    const report = all.findIndex((line) => /Sanitizer: |runtime error: /.test(line));
    return (report < 0 ? all.slice(-lines) : all.slice(report, report + lines)).join('\n');
  }
}
