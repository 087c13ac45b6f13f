// One device of a user: a WebSocket connection to a node, and what a careful client keeps beside it.

import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';

import { changesOf, Memory } from './memory.js';
import { within } from './wait.js';

/** What tells one write from all others, on every node. */
export const stampOf = ({ version, timestamp, sourceTabId }) => `${version}/${Date.parse(timestamp)}/${sourceTabId}`;

/** The node refused a write or a frame; `code` says why. */
export class Refusal extends Error {
  constructor(payload) {
    super(`${payload.code}: ${payload.message}`);
    Object.assign(this, { code: payload.code, payload });
  }
}

export class Device {
  /** Every event since the connection was opened: {event, payload, at}, `at` in performance.now(). */
  events = [];
  /** stamp → when its sync or batch came. */
  arrivals = new Map();
  closed = null;

  #socket;
  #waiters = new Set();
  #writing = new Map();
  #ids = 0;

  /**
   * `token` null: does not authenticate. `memory`: what the device has kept from earlier connections.
   * `patienceMs`: how long it waits for an answer. `observe`: gets every event, and none is kept here.
   * `ca`: the certificate that a server of wss must have.
   */
  static async connect(url, { token, tab = `tab-${randomUUID()}`, label = url, memory = new Memory(), patienceMs = 20_000, observe, ca }) {
    const device = new Device();
    Object.assign(device, { tab, label, memory, patienceMs, observe });
    memory.startConnection();
    try {
      await device.#open(url, ca);
      if (token !== null) {
        device.send('auth', { token });
        await device.#answer('auth.ok', (event) => event.event === 'auth.ok');
      }
      return device;
    } catch (error) {
      device.drop();
      throw error;
    }
  }

  /** The records as it was told of them, laid out or not. */
  get mirror() {
    return this.memory.known;
  }

  get cursor() {
    return this.memory.cursor;
  }

  get seen() {
    return this.memory.seen;
  }

  async #open(url, ca) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 28, ca });
    this.#socket.on('message', (data) => this.#take(JSON.parse(data.toString())));
    this.#socket.on('error', () => {});
    this.end = new Promise((ended) => {
      this.#socket.once('close', (code, reason) => {
        this.closed = { code, reason: reason.toString() };
        for (const waiter of this.#waiters) waiter.fail(new Error(`${this.label}: closed with ${code} before ${waiter.what}`));
        ended(this.closed);
      });
    });
    const opened = new Promise((yes, no) => this.#socket.once('open', yes).once('error', no));
    await within(this.patienceMs, `${this.label} connects`, opened);
  }

  #take(envelope) {
    const event = { ...envelope, at: performance.now() };
    this.#learn(event);
    if (this.observe) this.observe(event);
    else this.#keep(event);
    for (const waiter of this.#waiters) if (waiter.matches(event)) waiter.done(event);
  }

  #learn(event) {
    this.memory.take(event);
    const { event: name, payload } = event;
    if (name === 'dashboard.state.ack' && this.#writing.has(payload.id)) {
      this.memory.takeOwn(this.#writing.get(payload.id), payload, this.tab);
      this.#writing.delete(payload.id);
    }
  }

  #keep(event) {
    this.events.push(event);
    if (event.event === 'dashboard.state.delta') return;
    for (const change of changesOf(event)) this.arrivals.set(stampOf(change), event.at);
  }

  send(event, payload) {
    this.sendText(JSON.stringify({ event, payload }));
  }

  sendText(text) {
    this.#socket.send(text);
  }

  /** The first event that matches, of those still to come. */
  next(what, matches, timeoutMs = this.patienceMs) {
    if (this.closed) return Promise.reject(new Error(`${this.label}: closed with ${this.closed.code}, no ${what}`));
    let waiter;
    const found = new Promise((done, fail) => {
      waiter = { what, matches, done, fail };
      this.#waiters.add(waiter);
    });
    const expected = () => `${this.label} gets ${what}; its last events: ${JSON.stringify(this.events.slice(-2)).slice(0, 300)}`;
    return within(timeoutMs, expected, found).finally(() => this.#waiters.delete(waiter));
  }

  /** As `next`, but an error event that belongs to it is thrown. */
  async #answer(what, matches, isRefusal = () => true) {
    const event = await this.next(what, (candidate) => matches(candidate) || (candidate.event === 'dashboard.state.error' && isRefusal(candidate.payload)));
    if (event.event === 'dashboard.state.error') throw new Refusal(event.payload);
    return event.payload;
  }

  /**
   * Sends changes as one write, by the client's rule: the version counts what was received. A write
   * that is sent again keeps its `stamp`. Returns at once {stamp, sentAt, ack}; `ack` rejects with a
   * Refusal.
   */
  write(changes, { id = `${this.tab}-${++this.#ids}`, stamp = this.memory.nextStamp(this.tab) } = {}) {
    this.#writing.set(id, changes);
    const ack = this.#answer(
      `the ack of ${changes[0].path}`,
      ({ event, payload }) => event === 'dashboard.state.ack' && payload.id === id,
      (payload) => payload.id === id,
    ).catch((error) => {
      this.#writing.delete(id);
      throw error;
    });
    ack.catch(() => {});
    if (changes.length === 1) this.send('dashboard.state.update', { ...changes[0], ...stamp, id });
    else this.send('dashboard.state.batch', { updates: changes, ...stamp, id });
    return { stamp: stampOf(stamp), sentAt: performance.now(), ack };
  }

  /** Writes one path and waits for the ack. */
  set(path, value) {
    return this.write([{ path, value }]).ack;
  }

  delete(path) {
    return this.write([{ path, delete: true }]).ack;
  }

  /** Waits for another device's write; resolves to when it came. */
  async arrival(stamp, timeoutMs) {
    if (!this.arrivals.has(stamp)) await this.next(`the write ${stamp}`, () => this.arrivals.has(stamp), timeoutMs);
    return this.arrivals.get(stamp);
  }

  /** Waits until the device has been told of a path, now or before. */
  async told(path, timeoutMs) {
    const tells = ({ payload }) => payload.path === path || payload.updates?.some((update) => update.path === path);
    const isSync = ({ event }) => event === 'dashboard.state.sync' || event === 'dashboard.state.batch';
    const matches = (event) => isSync(event) && tells(event);
    const event = this.events.find(matches) ?? (await this.next(`a sync of ${path}`, matches, timeoutMs));
    return event.payload;
  }

  #request(payload, kind) {
    this.send('dashboard.state.request', payload);
    return this.#answer(kind, ({ event }) => event === kind, ({ id }) => id === undefined);
  }

  requestFull() {
    return this.#request({}, 'dashboard.state.full');
  }

  /** Everything there is, record by record; the mirror starts from it. */
  requestRecords() {
    return this.#request({ want: 'delta' }, 'dashboard.state.delta');
  }

  /** What this or another device's cursor misses. */
  requestDelta({ cursor = this.cursor, seen = this.seen } = {}) {
    return this.#request({ cursor, seen }, 'dashboard.state.delta');
  }

  /** What the node said that this device had not asked for. */
  syncedPaths() {
    return this.events.flatMap(({ event, payload }) => {
      if (event === 'dashboard.state.sync') return [payload.path];
      return event === 'dashboard.state.batch' ? payload.updates.map(({ path }) => path) : [];
    });
  }

  async close() {
    this.#socket.close(1000);
    await within(this.patienceMs, `${this.label} closes`, this.end).finally(() => this.#socket.terminate());
  }

  /** As when the network goes: no goodbye. */
  drop() {
    this.#socket.terminate();
  }
}
