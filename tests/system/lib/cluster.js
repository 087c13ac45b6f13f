// Several nodes that know each other, in a folder of their own.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runBinary } from './binary.js';
import { describeDifference } from './json_diff.js';
import { Link } from './link.js';
import { NodeProcess } from './node_process.js';
import { freePort } from './ports.js';
import { eventually } from './wait.js';

/** Writes the node's key pair and returns the public key. */
export async function makeKey(file) {
  const { code, stdout, stderr } = await runBinary(['keygen', '--out', file]);
  const key = /[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}/.exec(stdout)?.[0];
  if (code !== 0 || !key) throw new Error(`keygen: ${code}: ${stdout}${stderr}`);
  return key;
}

const freePorts = async () => ({
  clients: await freePort(),
  publish: await freePort(),
  sync: await freePort(),
  admin: await freePort(),
});

const withoutZeros = (vector) =>
  JSON.stringify(Object.entries(vector).filter(([, seq]) => seq > 0).sort(([a], [b]) => (a < b ? -1 : 1)));

export class Cluster {
  nodes = [];
  /** Processes that a test runs beside the members: they end with the rest. */
  others = [];
  /** Of the file that the nodes are given next. */
  epoch = 1;
  #keys = false;
  #limits = {};
  #clients = {};
  #log;
  #links = new Map();
  #doors = new Map();

  /**
   * `keys`: links are encrypted. `links`: every way between two nodes leads over a Link. `doors`: each
   * node has a Link for devices to come through. `acks`: how many copies a "replicated" ack stands for.
   * `retention`: how long deletes are kept, as it stands in the cluster's file.
   * `clients`, `limits`, `log`: what stands in the nodes' files for them.
   */
  static async create({ names, keys = false, links = false, doors = false, acks = 0, retention, limits = {}, clients = {}, log }) {
    const cluster = new Cluster();
    cluster.acks = acks;
    cluster.retention = retention;
    cluster.#keys = keys;
    cluster.#limits = limits;
    cluster.#clients = clients;
    cluster.#log = log;
    cluster.folder = mkdtempSync(join(tmpdir(), 'anabranch-system-'));
    cluster.secret = randomBytes(24).toString('hex');
    try {
      for (const name of names) await cluster.add(name);
      if (links) await cluster.#makeLinks();
      if (doors) for (const node of cluster.nodes) cluster.#doors.set(node.name, await Link.to(node.ports.clients));
      for (const node of cluster.nodes) cluster.writeFiles(node);
      return cluster;
    } catch (error) {
      cluster.removeFiles();
      throw error;
    }
  }

  /** Another member, which the others learn of when their files are written anew; not started. */
  async add(name, folderName = name) {
    const folder = join(this.folder, folderName);
    const ports = await freePorts();
    const node = new NodeProcess({ name, folder, ports, secret: this.secret, settings: { limits: this.#limits, clients: this.#clients, log: this.#log } });
    if (this.#keys) {
      node.keyFile = join(folder, `${name}.key`);
      node.publicKey = await makeKey(node.keyFile);
    }
    this.nodes.push(node);
    this[name] = node;
    return node;
  }

  /** The member is not in the files that are written from now on. */
  remove(node) {
    this.nodes = this.nodes.filter((other) => other !== node);
    this.others.push(node);
  }

  /** Writes the node's files anew and lets it read them: what the command has to say of it. */
  async reload(node, file = this.fileFor(node)) {
    node.writeFiles(file);
    return runBinary(['cluster', 'reload', '--admin', `127.0.0.1:${node.ports.admin}`]);
  }

  async #makeLinks() {
    for (const from of this.nodes) {
      for (const to of this.nodes) {
        if (from === to) continue;
        this.#links.set(`${from.name} ${to.name}`, {
          publish: await Link.to(to.ports.publish),
          sync: await Link.to(to.ports.sync),
        });
      }
    }
  }

  /** By which `from` reaches `to`: {publish, sync}. */
  link(from, to) {
    return this.#links.get(`${from.name} ${to.name}`);
  }

  /** By which devices reach the node. */
  door(node) {
    return this.#doors.get(node.name);
  }

  /** Calls 'cut', 'stall', 'slow', 'forget' or 'heal' on everything between two nodes, both ways. */
  between(left, right, action, ...args) {
    for (const { publish, sync } of [this.link(left, right), this.link(right, left)]) {
      publish[action](...args);
      sync[action](...args);
    }
  }

  /** What one node sends to the other disappears, and neither is told. */
  silence(from, to) {
    const [asked, answered] = [this.link(from, to), this.link(to, from)];
    for (const channel of ['publish', 'sync']) {
      asked[channel].halfOpen('there');
      answered[channel].halfOpen('back');
    }
  }

  /** Another process with a folder and ports of its own, under a member's name; not started. */
  async makeOther(name, folderName) {
    const folder = join(this.folder, folderName);
    const other = new NodeProcess({ name, folder, ports: await freePorts(), secret: this.secret });
    this.others.push(other);
    return other;
  }

  #member(node, seenBy) {
    const link = this.link(seenBy, node);
    return {
      name: node.name,
      region: `region-${node.name}`,
      publish: `tcp://127.0.0.1:${link?.publish.port ?? node.ports.publish}`,
      sync: `tcp://127.0.0.1:${link?.sync.port ?? node.ports.sync}`,
      public_key: node.publicKey,
      next_public_key: node.nextPublicKey,
      client_url: node.url,
    };
  }

  /** The cluster file as one node has it: the way to the others may be its own. */
  fileFor(node) {
    const member = this.nodes.map((other) => this.#member(other, node));
    const replication = { acks: this.acks, tombstone_retention: this.retention };
    return { name: 'system-test', epoch: this.epoch, replication, member };
  }

  writeFiles(node) {
    node.writeFiles(this.fileFor(node));
  }

  /** Starts all nodes and waits until they hear each other. */
  async start() {
    for (const node of this.nodes) node.launch();
    for (const node of this.nodes) await node.untilReady();
    await this.connected();
  }

  connected(nodes = this.nodes, timeoutMs) {
    const names = nodes.map(({ name }) => name);
    return eventually(`${names} are connected`, async () => {
      for (const node of nodes) {
        const { peers } = await node.status();
        const heard = peers.filter(({ connected }) => connected).map(({ name }) => name);
        if (!names.every((name) => name === node.name || heard.includes(name))) return false;
      }
      return true;
    }, timeoutMs);
  }

  /** Waits until the nodes have the same writes, and the same digest of what these come to. */
  converged(nodes = this.nodes.filter(({ isRunning }) => isRunning), timeoutMs = 20_000) {
    return eventually('the nodes converge', async () => {
      const all = [];
      for (const node of nodes) all.push(await node.status());
      const seen = all.map(({ version_vector, state }) => `${state.digest} ${withoutZeros(version_vector)}`);
      if (seen.every((one) => one === seen[0])) return true;
      throw new Error(nodes.map(({ name }, at) => `${name} ${seen[at]}`).join('; '));
    }, timeoutMs);
  }

  /** The user's state, which must be the same on all nodes (and equal to `want`, where given). */
  async stateEverywhere(user, want, nodes = this.nodes.filter(({ isRunning }) => isRunning)) {
    const first = await nodes[0].stateOf(user);
    const expected = want ?? first;
    for (const node of nodes) {
      const difference = describeDifference(await node.stateOf(user), expected);
      if (difference) throw new Error(`the state of ${user} at ${node.name} is not what it should be: ${difference}`);
    }
    return first;
  }

  /** The ends of the nodes' logs. */
  describe() {
    const all = [...this.nodes, ...this.others];
    return all.map((node) => `--- ${node.name} (${node.isRunning ? 'running' : JSON.stringify(node.ended)})\n${node.logTail()}`).join('\n');
  }

  /** Stops everything; what went wrong with a process on the way is in the answer. */
  async destroy() {
    const all = [...this.nodes, ...this.others];
    const ends = await Promise.all(all.map(async (node) => [node, node.isRunning && (await node.stop())]));
    for (const links of this.#links.values()) Object.values(links).forEach((link) => link.close());
    for (const door of this.#doors.values()) door.close();
    const unclean = ends.filter(([, end]) => end && end.code !== 0).map(([{ name }, end]) => `${name} ended with ${JSON.stringify(end)}`);
    return [...all.flatMap(({ problems }) => problems), ...unclean];
  }

  removeFiles() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
