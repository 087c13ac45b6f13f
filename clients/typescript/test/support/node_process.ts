/** Real nodes, started from the program that the environment variable ANABRANCH names. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const program = process.env.ANABRANCH;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** Below the range that the system gives to outgoing connections, so that none is lost again. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const isFree = await new Promise<boolean>((answer) => {
      const server = createServer();
      server.once('error', () => answer(false));
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => answer(true)));
    });
    if (isFree) return port;
  }
}

/** Polls until there is an answer. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  let problem: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: problem });
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

interface Limits {
  updates_per_minute?: number;
  update_burst?: number;
}

export class NodeProcess {
  #child: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    readonly ports: Record<'clients' | 'publish' | 'sync' | 'admin', number>,
    private readonly folder: string,
    private readonly secret: string,
  ) {}

  /**
   * Nodes that know each other, ready. `acks`: on how many others a write has to be. `retention`: how
   * long deletes are kept.
   */
  static async cluster(names: string[], limits: Limits = {}, acks = 0, retention = '30d'): Promise<NodeProcess[]> {
    const folder = mkdtempSync(join(tmpdir(), 'anabranch-client-'));
    const secret = randomBytes(24).toString('hex');
    const nodes: NodeProcess[] = [];
    for (const name of names) {
      const ports = { clients: await freePort(), publish: await freePort(), sync: await freePort(), admin: await freePort() };
      nodes.push(new NodeProcess(name, ports, join(folder, name), secret));
    }
    const members = nodes.map(({ name, ports }) =>
      [
        '[[member]]',
        `name = "${name}"`,
        `region = "region-${name}"`,
        `publish = "tcp://127.0.0.1:${ports.publish}"`,
        `sync = "tcp://127.0.0.1:${ports.sync}"`,
        `client_url = "ws://127.0.0.1:${ports.clients}/v1/sync"`,
      ].join('\n'),
    );
    const cluster = ['name = "client-test"', 'epoch = 1', '[replication]', `acks = ${acks}`, `tombstone_retention = "${retention}"`, ...members].join('\n');
    for (const node of nodes) node.#writeFiles(cluster, limits);
    await Promise.all(nodes.map((node) => node.start()));
    return nodes;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.ports.clients}/v1/sync`;
  }

  token(user: string, seconds = 3600): string {
    const claims = { sub: user, exp: Math.floor(Date.now() / 1000) + seconds };
    const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`;
    return `${signed}.${createHmac('sha256', this.secret).update(signed).digest('base64url')}`;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.folder, 'node.log'), 'a');
    const child = spawn(program as string, ['serve', '--config', join(this.folder, 'node.toml')], {
      cwd: this.folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
    await eventually(`${this.name} is ready; its log: ${this.#log()}`, async () => {
      const { ok } = await fetch(`http://127.0.0.1:${this.ports.clients}/readyz`);
      return ok;
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }

  /** How many deletes the node keeps, and how often it has raised a floor. */
  async deletes(): Promise<{ kept: number; floors: number }> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.admin}/v1/status`);
    const { state, counters } = (await answer.json()) as { state: { tombstones: number }; counters: { floors_raised: number } };
    return { kept: state.tombstones, floors: counters.floors_raised };
  }

  /** What the node has of a user, laid out by itself. */
  async stateOf(user: string): Promise<unknown> {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(this.url, { headers: { authorization: `Bearer ${this.token(user)}` } });
    try {
      return await new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('open', () => socket.send('{"event":"dashboard.state.request","payload":{}}'));
        socket.on('message', (data) => {
          const { event, payload } = JSON.parse(String(data)) as { event: string; payload: { state: unknown } };
          if (event === 'dashboard.state.full') resolve(payload.state);
        });
      });
    } finally {
      socket.terminate();
    }
  }

  static async destroy(nodes: NodeProcess[]): Promise<void> {
    await Promise.all(nodes.map((node) => node.kill()));
    const folders = new Set(nodes.map(({ folder }) => dirname(folder)));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }

  #writeFiles(cluster: string, limits: Limits): void {
    mkdirSync(this.folder, { recursive: true });
    const settings = { updates_per_minute: 0, ...limits };
    const lines = [
      `name = "${this.name}"`,
      `data_dir = "${join(this.folder, 'data')}"`,
      'cluster_file = "cluster.toml"',
      '[clients]',
      `listen = "127.0.0.1:${this.ports.clients}"`,
      '[auth]',
      'algorithms = ["HS256"]',
      '[[auth.key]]',
      'secret_file = "jwt.secret"',
      '[limits]',
      ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
      '[peers]',
      `listen_publish = "tcp://127.0.0.1:${this.ports.publish}"`,
      `listen_sync = "tcp://127.0.0.1:${this.ports.sync}"`,
      '[admin]',
      `listen = "127.0.0.1:${this.ports.admin}"`,
    ];
    writeFileSync(join(this.folder, 'node.toml'), `${lines.join('\n')}\n`);
    writeFileSync(join(this.folder, 'cluster.toml'), `${cluster}\n`);
    writeFileSync(join(this.folder, 'jwt.secret'), this.secret, { mode: 0o600 });
  }

  #log(): string {
    return readFileSync(join(this.folder, 'node.log'), 'utf8').split('\n').slice(-15).join('\n');
  }
}
