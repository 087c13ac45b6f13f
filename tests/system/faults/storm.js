// Inflicts faults on the nodes of a cluster, and heals them.

import { join } from 'node:path';

import { eventually, pause } from '../lib/wait.js';
import { paceOf, skewOf } from './plan.js';

/** Generous: what it bounds takes a second or two where nobody else uses the machine. */
export const patienceMs = 120_000;

const words = { cut: 'cut', stall: 'stalled', slow: 'slow', 'half-open': 'swallowed', forget: 'forgotten by the network' };

/** The highest seq of each origin that one of these version vectors covers. */
export function joined(vectors) {
  const all = new Map();
  for (const vector of vectors) {
    for (const [origin, seq] of Object.entries(vector)) all.set(origin, Math.max(all.get(origin) ?? 0, seq));
  }
  return all;
}

export class Storm {
  #busy = new Map();
  #failure = null;

  /** `disk`: {node, small}: the small disk of one node, where there is one. */
  constructor({ cluster, timeline, ledger, disk = null }) {
    Object.assign(this, { cluster, timeline, ledger, disk });
  }

  /** Goes through the plan; resolves when all of it has been healed. */
  async run(plan) {
    const start = performance.now();
    for (const fault of plan) {
      await pause(Math.max(0, start + fault.at * 1000 - performance.now()));
      if (this.#failure) break;
      this.#begin(fault);
    }
    await Promise.all(this.#busy.values());
    if (this.#failure) throw this.#failure;
  }

  /** A fault waits for those before it that have the same thing in their hands. */
  #begin(fault) {
    const before = fault.claims.map((claim) => this.#busy.get(claim));
    const done = Promise.all(before)
      .then(() => (this.#failure ? undefined : this.#inflict(fault)))
      .catch((error) => {
        this.#failure ??= error;
        this.timeline.say(fault.node, `${fault.kind}: ${error.message}`);
      });
    for (const claim of fault.claims) this.#busy.set(claim, done);
  }

  #inflict(fault) {
    this.timeline.count(`fault: ${fault.on === 'door' ? 'device ' : ''}${fault.kind}`);
    const node = this.cluster[fault.node];
    if (fault.on === 'door') return this.#onDoor(fault, node);
    if (fault.on === 'link') return this.#onLink(fault, node, this.cluster[fault.other]);
    return this.#onNode(fault, node);
  }

  async #onDoor(fault, node) {
    const door = this.cluster.door(node);
    const direction = fault.detail % 2 ? 'there' : 'back';
    this.#sayOfWay(node.name, fault, `what goes ${direction === 'there' ? 'to' : 'from'} the node`, "devices' connections ");
    if (fault.kind === 'half-open') door.halfOpen(direction);
    else door[fault.kind](paceOf(fault));
    await pause(fault.seconds * 1000);
    door.heal();
  }

  async #onLink(fault, node, other) {
    this.#sayOfWay(`${node.name}-${other.name}`, fault, `what ${node.name} sends`);
    if (fault.kind === 'half-open') this.cluster.silence(node, other);
    else this.cluster.between(node, other, fault.kind, paceOf(fault));
    await pause(fault.seconds * 1000);
    this.cluster.between(node, other, 'heal');
  }

  #sayOfWay(who, { kind, seconds }, half, subject = '') {
    this.timeline.say(who, `${subject}${words[kind]} for ${seconds} s${kind === 'half-open' ? `: ${half}` : ''}`);
  }

  #onNode(fault, node) {
    const ways = {
      kill: () => this.#kill(fault, node),
      'kill all': () => this.#killAll(fault),
      'kill alone': () => this.#killAlone(fault, node),
      restart: () => this.#restart(fault, node),
      freeze: () => this.#freeze(fault, node),
      'long freeze': () => this.#freeze(fault, node),
      backup: () => this.#backUp(fault, node),
      restore: () => this.#restore(node),
      'replace disk': () => this.#replaceDisk(node),
      'lose disk': () => this.#loseDisk(fault, node),
      'full disk': () => this.#fillDisk(fault, node),
      clock: () => this.#setClock(fault, node),
      isolate: () => this.#isolate(fault, node),
    };
    return ways[fault.kind]();
  }

  async bringUp(node) {
    node.launch();
    await node.untilAlive(patienceMs);
  }

  async #kill({ seconds }, node) {
    this.timeline.say(node.name, `kill -9, started again after ${seconds} s`);
    await node.kill();
    await pause(seconds * 1000);
    await this.bringUp(node);
  }

  async #killAll({ seconds }) {
    this.timeline.say('all', `kill -9, started again after ${seconds} s`);
    await Promise.all(this.cluster.nodes.map((node) => node.kill()));
    await pause(seconds * 1000);
    await Promise.all(this.cluster.nodes.map((node) => this.bringUp(node)));
  }

  /** What it has acked while it was alone can only come from its own disk. */
  async #killAlone({ seconds }, node) {
    this.timeline.say(node.name, `cut off from all other nodes, kill -9 after ${seconds} s, started again, let in again`);
    this.#cutOff(node, 'cut');
    await pause(seconds * 1000);
    await node.kill();
    await this.bringUp(node);
    this.#cutOff(node, 'heal');
  }

  async #restart({ seconds }, node) {
    this.timeline.say(node.name, `told to stop, started again after ${seconds} s`);
    const end = await node.stop(patienceMs);
    if (end.code !== 0) throw new Error(`${node.name} was told to stop and ended with ${JSON.stringify(end)}`);
    await pause(seconds * 1000);
    await this.bringUp(node);
  }

  async #freeze({ seconds }, node) {
    this.timeline.say(node.name, `frozen (SIGSTOP) for ${seconds} s`);
    node.freeze();
    await pause(seconds * 1000);
    node.thaw();
  }

  backupOf(node) {
    return join(this.cluster.folder, `${node.name}-backup`);
  }

  async #backUp({ seconds }, node) {
    this.timeline.say(node.name, 'backup: kill -9, data directory copied, started again');
    await node.kill();
    node.copyDataTo(this.backupOf(node));
    await pause(seconds * 1000);
    await this.bringUp(node);
  }

  async #restore(node) {
    await this.#killWhenOthersHaveAll(node, 'restored from the copy');
    node.takeDataFrom(this.backupOf(node));
    await this.#backToDevices(node);
  }

  async #replaceDisk(node) {
    await this.#killWhenOthersHaveAll(node, 'started with an empty directory');
    node.loseData();
    await this.#backToDevices(node);
  }

  async #backToDevices(node) {
    await this.bringUp(node);
    this.cluster.door(node).heal();
  }

  /** As an operator would: no more devices, and what is acked has gone to somebody else. */
  async #killWhenOthersHaveAll(node, next) {
    this.cluster.door(node).cut();
    await eventually(`another node has all that ${node.name} has`, () => this.#othersHaveAllOf(node), patienceMs);
    this.timeline.say(node.name, `devices away, all copied, kill -9, ${next}`);
    await node.kill();
  }

  async #othersHaveAllOf(node) {
    const own = (await node.status()).version_vector;
    const elsewhere = joined(await this.vectors(this.#others(node)));
    return Object.entries(own).every(([origin, seq]) => (elsewhere.get(origin) ?? 0) >= seq);
  }

  /** The version vectors of those that answer. */
  async vectors(nodes) {
    const answers = await Promise.allSettled(nodes.map((node) => node.status()));
    return answers.filter(({ status }) => status === 'fulfilled').map(({ value }) => value.version_vector);
  }

  async #loseDisk({ seconds }, node) {
    this.timeline.say(node.name, `cut off from all other nodes, and after ${seconds} s its disk goes`);
    this.#cutOff(node, 'cut');
    await pause(seconds * 1000);
    await this.loseTailOf(node, () => node.loseData());
    this.#cutOff(node, 'heal');
  }

  /**
   * Kills a node and changes its disk, with what nobody else has on it: such writes are excused. No
   * other node may be down. Resolves to how many writes those are, or a few less.
   */
  async loseTailOf(node, changeDisk) {
    this.cluster.door(node).cut();
    const before = await node.status();
    await node.kill();
    const others = await Promise.all(this.#others(node).map((other) => other.status()));
    const covered = joined(others.map(({ version_vector }) => version_vector));
    const alive = others.map(({ replica_id }) => replica_id);
    this.ledger.excuse([before.replica_id, ...this.ledger.origins].filter((origin) => !alive.includes(origin)), covered);
    const lost = (before.version_vector[before.replica_id] ?? 0) - (covered.get(before.replica_id) ?? 0);
    this.timeline.say(node.name, `kill -9, and its disk is lost with ${Math.max(0, lost)} writes that no other node has`);
    changeDisk();
    await this.#backToDevices(node);
    return lost;
  }

  async #fillDisk({ seconds }, node) {
    this.timeline.say(node.name, `disk full for ${seconds} s`);
    this.disk.small.fill();
    await pause(seconds * 1000);
    this.disk.small.free();
  }

  async #setClock(fault, node) {
    const skew = skewOf(fault);
    this.timeline.say(node.name, skew === 0 ? 'clock set right' : `clock ${Math.abs(skew)} s ${skew < 0 ? 'slow' : 'fast'}`);
    node.clock.set(skew);
  }

  async #isolate({ seconds }, node) {
    this.timeline.say(node.name, `cut off from all other nodes for ${seconds} s`);
    this.#cutOff(node, 'cut');
    await pause(seconds * 1000);
    this.#cutOff(node, 'heal');
  }

  #cutOff(node, action) {
    for (const other of this.#others(node)) this.cluster.between(node, other, action);
  }

  #others(node) {
    return this.cluster.nodes.filter((other) => other !== node);
  }
}
