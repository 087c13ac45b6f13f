// What is compared: Anabranch, what users of Socket.IO with Redis run today, and the durable relay, which
// is the limit. A started stack tells where its clients connect, and which processes are its own.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

import { freePort, ServerProcess, until } from './processes.js';

const secret = 'a secret of the benchmarks, which guards nothing';

const answers = (port, path) =>
  new Promise((done) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    }).once('error', () => done(false));
  });

const accepts = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });

class Stack {
  servers = [];
  urls = [];

  constructor(folder) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.secretFile = join(folder, 'jwt.secret');
    writeFileSync(this.secretFile, secret, { mode: 0o600 });
  }

  launch(name, command, args) {
    const server = new ServerProcess(name, this.folder, command, args);
    this.servers.push(server);
    server.start();
    return server;
  }

  /** As `until`; a failure shows what the servers said. */
  async until(what, look, options) {
    try {
      await until(what, look, options);
    } catch (error) {
      error.message += `\n${this.describe()}`;
      await this.stop();
      throw error;
    }
  }

  /** The ends of the servers' logs. */
  describe() {
    return this.servers.map((server) => `--- ${server.name}\n${server.logTail()}`).join('\n');
  }

  /** How the generator reaches it. */
  get generatorArguments() {
    return [
      '--secret-file', this.secretFile,
      ...this.urls.flatMap((url) => ['--url', url]),
      ...this.servers.flatMap(({ pid }) => ['--pid', `${pid}`]),
      ...this.protocol,
    ];
  }

  async stop() {
    for (const server of [...this.servers].reverse()) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class SocketIoStack extends Stack {
  protocol = ['--protocol', 'socket.io'];

  /** `fsync`: Redis' appendfsync, "everysec" or "always". */
  static async start(folder, { nodes, fsync }) {
    const stack = new SocketIoStack(folder);
    const redis = await freePort();
    stack.launch('redis', 'redis-server', ['--port', `${redis}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', fsync]);
    await stack.until('Redis accepts connections', () => accepts(redis));
    for (let n = 0; n < nodes; n++) {
      const port = await freePort();
      const script = new URL('../peers/socket_io.js', import.meta.url).pathname;
      stack.launch(`socket-io-${n}`, process.execPath, [script, '--port', `${port}`, '--redis', `${redis}`, '--secret-file', stack.secretFile]);
      await stack.until('the Socket.IO server answers', () => answers(port, '/'));
      stack.urls.push(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    }
    return stack;
  }
}

export class RelayStack extends Stack {
  protocol = [];

  static async start(folder, { program }) {
    const stack = new RelayStack(folder);
    const port = await freePort();
    stack.launch('relay', program, ['--port', `${port}`, '--directory', join(folder, 'data')]);
    await stack.until('the relay accepts connections', () => accepts(port));
    stack.urls.push(`ws://127.0.0.1:${port}/v1/sync`);
    return stack;
  }
}

const nodeToml = (name, ports) => `
name = "${name}"
data_dir = "data-${name}"
cluster_file = "cluster.toml"
[clients]
listen = "127.0.0.1:${ports.clients}"
[[auth.key]]
secret_file = "jwt.secret"
[limits]
updates_per_minute = 0
[peers]
listen_publish = "tcp://127.0.0.1:${ports.publish}"
listen_sync = "tcp://127.0.0.1:${ports.sync}"
[admin]
listen = "127.0.0.1:${ports.admin}"
`;

const memberToml = (name, ports) => `
[[member]]
name = "${name}"
region = "local"
publish = "tcp://127.0.0.1:${ports.publish}"
sync = "tcp://127.0.0.1:${ports.sync}"
client_url = "ws://127.0.0.1:${ports.clients}/v1/sync"
`;

export class AnabranchStack extends Stack {
  protocol = [];
  nodes = [];

  /** `started`: how many of the nodes run at once; the others wait for startNode. */
  static async start(folder, { program, nodes, started = nodes }) {
    const stack = new AnabranchStack(folder);
    stack.program = program;
    for (let n = 0; n < nodes; n++) {
      const ports = { clients: await freePort(), publish: await freePort(), sync: await freePort(), admin: await freePort() };
      stack.nodes.push({ name: `n${n}`, ports });
    }
    writeFileSync(join(folder, 'cluster.toml'), `name = "bench"\nepoch = 1\n${stack.nodes.map(({ name, ports }) => memberToml(name, ports)).join('')}`);
    for (const { name, ports } of stack.nodes) writeFileSync(join(folder, `${name}.toml`), nodeToml(name, ports));
    for (let n = 0; n < started; n++) stack.launchNode(n);
    for (let n = 0; n < started; n++) await stack.untilReady(n);
    return stack;
  }

  launchNode(n) {
    const { name, ports } = this.nodes[n];
    this.urls[n] = `ws://127.0.0.1:${ports.clients}/v1/sync`;
    return this.launch(name, this.program, ['serve', '--config', join(this.folder, `${name}.toml`)]);
  }

  untilReady(n, everyMs = 5) {
    return this.until(`${this.nodes[n].name} is ready`, () => answers(this.nodes[n].ports.clients, '/readyz'), { everyMs });
  }

  /** Seconds until a node takes clients, from its start. */
  async timeToReady(n) {
    const before = performance.now();
    this.launchNode(n);
    await this.untilReady(n);
    return (performance.now() - before) / 1000;
  }
}
