// A device that writes steadily, goes to another node when its connection fails, and loses nothing.

import { Device, Refusal } from '../lib/device.js';
import { Document } from '../lib/document.js';
import { changesOf, Memory } from '../lib/memory.js';
import { makeToken } from '../lib/settings.js';
import { eventually, pause } from '../lib/wait.js';
import { describeTornBatch, randomChanges } from './changes.js';

/** How long a device waits for an answer before it tries another node. */
const deviceGivesUpAfterMs = 6_000;

/** More than these it does not write before it has heard of any. */
const maxUnacked = 30;

/** The first few tell enough. */
const maxProblems = 5;

export class Roamer {
  /** What the protocol does not allow. */
  problems = [];
  #device = null;
  #unacked = new Map();
  #writes = 0;
  #at = -1;
  #isOver = false;
  #isWriting = true;

  /** `isSimple`: keeps no stamps, and starts anew from all records with each connection. */
  constructor({ cluster, user, tab, pick, everyMs, ledger, timeline, isSimple = false }) {
    Object.assign(this, { cluster, user, tab, pick, everyMs, ledger, timeline, isSimple });
    this.token = makeToken(cluster.secret, user);
    this.memory = new Memory(isSimple ? undefined : new Document());
    this.#at = pick(cluster.nodes.length);
  }

  /** Connects and writes until `finish`. */
  start() {
    this.running = Promise.all([this.#stayConnected(), this.#keepWriting()]);
  }

  async #keepWriting() {
    while (this.#isWriting) {
      await pause(this.everyMs * (0.5 + this.pick(100) / 100));
      if (this.#isWriting && this.#unacked.size < maxUnacked) this.#write();
    }
  }

  #write() {
    const n = this.#writes++;
    const changes = randomChanges(this.pick, this.tab, n);
    const stamp = this.memory.nextStamp(this.tab);
    const write = { id: `${this.tab}-${n}`, changes, stamp, madeAt: performance.now() };
    this.#unacked.set(write.id, write);
    this.ledger.sent(this.user, changes, stamp);
    if (this.#device) this.#send(this.#device, write);
  }

  async #send(device, { id, changes, stamp, madeAt }) {
    try {
      const ack = await device.write(changes, { id, stamp }).ack;
      if (!this.#unacked.delete(id)) return;
      this.ledger.acked(this.user, changes, this.tab, ack);
      this.timeline.highest('longest ack wait', performance.now() - madeAt);
    } catch (error) {
      if (error instanceof Refusal && error.code !== 'unavailable') this.#complain(`${id}: ${error.message}`);
      device.drop();
    }
  }

  async #stayConnected() {
    while (!this.#isOver) {
      try {
        await this.#connection(this.cluster.nodes[this.#at]);
      } catch {
        this.timeline.count('failed connections');
      }
      this.#device = null;
      this.#at = (this.#at + 1 + this.pick(this.cluster.nodes.length - 1)) % this.cluster.nodes.length;
      if (!this.#isOver) await pause(100 + this.pick(500));
    }
  }

  /** One connection, from its beginning to its end. */
  async #connection(node) {
    const device = await this.#connectTo(node);
    try {
      await this.#resume(device);
      if (this.#isOver) return;
      this.#device = device;
      this.timeline.count('connections');
      for (const write of this.#unacked.values()) this.#send(device, write);
      await Promise.race([device.end, this.#restless()]);
    } finally {
      device.drop();
    }
  }

  /** Devices come and go, also where nothing fails. */
  #restless() {
    return new Promise((goes) => setTimeout(goes, 10_000 + this.pick(40_000)).unref());
  }

  #connectTo(node) {
    if (this.isSimple) this.memory.cursor = undefined;
    const url = `ws://127.0.0.1:${this.cluster.door(node).port}/v1/sync`;
    const { token, tab, memory } = this;
    const observe = (event) => this.#observe(event);
    return Device.connect(url, { token, tab, memory, patienceMs: deviceGivesUpAfterMs, observe, label: `${tab}@${node.name}` });
  }

  #resume(device) {
    return this.memory.cursor ? device.requestDelta() : device.requestRecords();
  }

  #observe(event) {
    const { durability, dot } = event.payload;
    if (durability === 'replicated' && dot) this.ledger.replicated(dot);
    this.#check(event);
  }

  /** A writer that lost is told of its own paths' winners one by one; all else comes in whole batches. */
  #check(event) {
    if (event.event === 'dashboard.state.sync' && event.payload.sourceTabId === this.tab) return;
    const torn = describeTornBatch(changesOf(event));
    if (torn) this.#complain(`${event.event}: ${torn}`);
  }

  #complain(what) {
    if (this.problems.length < maxProblems) this.problems.push(`${this.tab}: ${what}`);
  }

  get unacked() {
    return this.#unacked.size;
  }

  /** Writes no more, and waits until all has been acked. */
  async untilAllAcked(timeoutMs) {
    this.#isWriting = false;
    await eventually(`${this.tab} has its ${this.unacked} last acks`, () => this.#unacked.size === 0, timeoutMs);
  }

  /** As a device that has lost what it kept: its next answer holds everything. */
  forget() {
    this.memory.cursor = undefined;
  }

  /** Leaves its node, whatever it is, and waits until it has resumed elsewhere. */
  async roam(timeoutMs) {
    const before = this.#device;
    before?.drop();
    await eventually(`${this.tab} has resumed elsewhere`, () => this.#device !== null && this.#device !== before, timeoutMs);
  }

  async finish() {
    this.#isOver = true;
    this.#isWriting = false;
    this.#device?.drop();
    await this.running;
  }
}
