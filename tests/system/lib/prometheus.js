// A Prometheus of a test's own: Debian's program, by the configuration that the repository gives as an
// example, with the times scaled down.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryRoot } from './binary.js';
import { httpGet } from './http.js';
import { freePort } from './ports.js';
import { eventually, within } from './wait.js';

/** Where scripts/packages.sh unpacks it; one that is installed will do. */
const folders = [join(repositoryRoot, 'build/deps/prometheus/usr/bin'), '/usr/bin', '/usr/local/bin'];
const folder = folders.find((candidate) => existsSync(join(candidate, 'promtool')));

/** Why there can be no Prometheus here; false when there can. */
export const prometheusMissing = !folder && "Debian's package prometheus is not unpacked in build/deps";

export const exampleFolder = join(repositoryRoot, 'deploy/prometheus');

/** Runs promtool; throws with what it says where it finds a mistake. */
export function promtool(...args) {
  return execFileSync(join(folder, 'promtool'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Replaces what must be there. */
function replaced(text, from, to) {
  const result = text.replaceAll(from, to);
  if (result === text) throw new Error(`${from} is not in: ${text}`);
  return result;
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Prometheus {
  #child = null;
  #log = '';

  /** `targets`: instance → the admin port of that node, for each of the example's. */
  static async start(home, { targets, adminToken, scrapeInterval = '500ms' }) {
    const prometheus = new Prometheus();
    prometheus.port = await freePort();
    prometheus.#writeFiles(home, targets, adminToken, scrapeInterval);
    prometheus.#launch(home);
    const isReady = async () => {
      if (prometheus.ended) throw new Error(`it has ended: ${prometheus.#log.slice(-2000)}`);
      return (await httpGet(prometheus.port, '/-/ready')).status === 200;
    };
    await eventually('Prometheus is ready', isReady, 30_000);
    return prometheus;
  }

  /** The example's files. Minutes that an alert waits become seconds. */
  #writeFiles(home, targets, adminToken, scrapeInterval) {
    mkdirSync(home, { recursive: true });
    let config = readFileSync(join(exampleFolder, 'prometheus.yml'), 'utf8');
    config = replaced(config, '_interval: 15s', `_interval: ${scrapeInterval}`);
    for (const [instance, port] of Object.entries(targets)) {
      config = replaced(config, new RegExp(`\\[[0-9.:]+\\](\\s+labels: \\{instance: ${instance}\\})`, 'g'), `['127.0.0.1:${port}']$1`);
    }
    let rules = readFileSync(join(exampleFolder, 'anabranch.rules.yml'), 'utf8');
    rules = replaced(rules, /^( +for: \d+)m$/gm, '$1s');
    writeFileSync(join(home, 'prometheus.yml'), config);
    writeFileSync(join(home, 'anabranch.rules.yml'), rules);
    writeFileSync(join(home, 'anabranch-admin.token'), adminToken, { mode: 0o600 });
  }

  #launch(home) {
    const child = spawn(join(folder, 'prometheus'), [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${this.port}`,
    ], { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (data) => (this.#log = (this.#log + data).slice(-20_000)));
    this.#child = child;
    this.ended = false;
    running.add(child);
    this.end = new Promise((ended) => child.once('exit', () => {
      running.delete(child);
      this.ended = true;
      ended();
    }));
  }

  async stop() {
    if (this.ended) return;
    this.#child.kill('SIGTERM');
    await within(15_000, 'Prometheus ends', this.end).catch(() => this.#child.kill('SIGKILL'));
  }

  /** What its HTTP API answers; an error of a query is thrown. */
  async api(path, parameters = []) {
    const { body } = await httpGet(this.port, `/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = JSON.parse(body);
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  /** The samples that a query has now: [{labels, value}]. */
  async query(query) {
    const { result } = await this.api('query', { query });
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The series that a query has had within the last so many seconds: their labels. */
  async series(query, seconds) {
    const end = Date.now() / 1000;
    const { result } = await this.api('query_range', { query, start: end - seconds, end, step: 1 });
    return result.map(({ metric }) => metric);
  }

  /** All rules, of all groups. */
  async rules() {
    const { groups } = await this.api('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** The alerts that fire: [{labels, annotations}]. */
  async firing() {
    const { alerts } = await this.api('alerts');
    return alerts.filter(({ state }) => state === 'firing');
  }
}
