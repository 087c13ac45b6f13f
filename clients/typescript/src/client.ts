/**
 * The client: a document, the writes that wait, a link to a node, and the other tabs, put together.
 *
 * @module
 */

import type { AckedWrite, Client, ClientEvents } from './api.js';
import type { Change, Edit } from './change.js';
import { Document } from './document.js';
import { currentEnvironment, type Environment } from './environment.js';
import { SyncError } from './errors.js';
import { Emitter } from './events.js';
import { Inbox, type ReceivedRecord } from './inbox.js';
import { copy, type Json } from './json.js';
import { Keeper, type TabMessage } from './keeper.js';
import { Link, type LinkHooks, type Status } from './link.js';
import type { Envelope } from './messages.js';
import { Nodes, type NodeInfo } from './nodes.js';
import type { ClientOptions } from './options.js';
import { envelopeBytes, Outbox } from './outbox.js';
import { Pace } from './pace.js';
import { parsePath } from './path.js';
import { Queue, type QueuedWrite, type WriteResult } from './queue.js';
import { StampClock } from './stamps.js';
import { openStore } from './storage/index.js';
import { memoryStore } from './storage/store.js';
import { Tabs } from './tabs.js';
import { Tokens, userOf } from './token.js';
import { View } from './view.js';

const pathsOf = ({ edits }: QueuedWrite): string[] => edits.map(({ path }) => path);

function editOf(change: Change): Edit {
  parsePath(change.path);
  return { path: change.path, value: change.delete ? undefined : copy(change.value) };
}

class SyncClient {
  readonly #environment: Environment;
  readonly #document = new Document();
  readonly #view = new View(this.#document);
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #name: string;
  readonly #clock: StampClock;
  readonly #pace: Pace;
  readonly #inbox: Inbox;
  readonly #queue: Queue;
  readonly #outbox: Outbox;
  readonly #keeper: Keeper;
  readonly #tabs: Tabs<TabMessage>;
  readonly #link: Link;
  /** Settled once this tab's id is sure to be its own. */
  readonly #claimed: Promise<void>;
  #user: string | undefined;
  #opened: Promise<void> | undefined;
  #toldPending = 0;
  /** What the event at hand has brought, told when all of it can be seen. */
  readonly #received: ReceivedRecord[] = [];

  constructor(private readonly options: ClientOptions) {
    const environment = { ...currentEnvironment(), ...options.environment };
    const { name = 'anabranch', debounceMs = 100, discover = true, log = () => {} } = options;
    const urls = [options.url].flat();
    this.#environment = environment;
    this.#name = name;
    this.#clock = new StampClock(environment.now);
    this.#pace = new Pace(environment.now);
    this.#inbox = new Inbox(this.#document, this.#clock, (record) => this.#received.push(record));
    this.#tabs = new Tabs({ name, environment, onMessage: (message) => this.#keeper.hear(message) });
    this.#queue = this.#makeQueue(debounceMs);
    this.#outbox = this.#makeOutbox();
    this.#keeper = this.#makeKeeper();
    const tokens = new Tokens(options.token, environment.now);
    const nodes = new Nodes(urls, environment, `${name}:nodes:${urls}`);
    this.#link = new Link({ environment, tokens, nodes, discover, log }, this.#linkHooks());
    this.#claimed = this.#tabs.claim().then((isNew) => {
      if (isNew) this.#queue.rename(this.#tabs.id);
    });
    this.#openEarly();
    this.#listen('addEventListener');
    if (options.connect ?? true) this.connect();
  }

  get tabId(): string {
    return this.#tabs.id;
  }

  get status(): Status {
    return this.#link.status;
  }

  get pending(): number {
    return this.#queue.writes.size;
  }

  get node(): NodeInfo | undefined {
    return this.#link.node;
  }

  get(path = ''): Json | undefined {
    return this.#view.get(path);
  }

  set(path: string, value: unknown): Promise<WriteResult> {
    return this.#write(() => this.#queue.write(editOf({ path, value })));
  }

  delete(path: string): Promise<WriteResult> {
    return this.#write(() => this.#queue.write(editOf({ path, delete: true })));
  }

  batch(changes: readonly Change[]): Promise<WriteResult> {
    // Paths of one write are distinct: of two changes of one path the later counts.
    const edits = new Map(changes.map((change) => [change.path, editOf(change)]));
    return this.#write(() => this.#queue.batch([...edits.values()]));
  }

  subscribe(path: string, listener: (value: Json | undefined, before: Json | undefined) => void): () => void {
    return this.#view.subscribe(path, listener);
  }

  on<E extends keyof ClientEvents>(event: E, listener: (detail: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  flush(): Promise<void> {
    this.#queue.close();
    return new Promise((resolve) => {
      const done = (pending: number) => {
        if (pending) return;
        stop();
        resolve();
      };
      const stop = this.on('pending', done);
      done(this.pending);
    });
  }

  connect(): void {
    this.#link.start();
  }

  disconnect(): void {
    this.#link.stop();
  }

  close(): void {
    if (this.status === 'closed') return;
    this.#listen('removeEventListener');
    this.#queue.abandon(new SyncError('closed', 'the client was closed; the write is kept and sent by the next'));
    this.#link.stop('closed');
    this.#keeper.close();
    this.#tabs.post({ bye: this.tabId });
    this.#tabs.close();
  }

  #write(write: () => Promise<WriteResult>): Promise<WriteResult> {
    if (this.status === 'closed') throw new SyncError('closed', 'this client was closed');
    const result = write();
    this.#changed();
    return result;
  }

  /** Shows what an action has changed, once for all of it. */
  #changed(): void {
    this.#view.update();
    if (this.#toldPending !== this.pending) this.#emitter.emit('pending', (this.#toldPending = this.pending));
    this.#keeper.keepClock(() => ({ version: this.#clock.version, offset: this.#clock.offset }));
  }

  #report(error: SyncError): void {
    if (!this.#emitter.emit('error', error)) console.warn(error);
  }

  #makeQueue(debounceMs: number): Queue {
    const room = () => this.#pace.limits.maxUpdateBytes - envelopeBytes;
    return new Queue(
      { debounceMs, room, stamp: () => this.#clock.next(this.tabId) },
      {
        shown: ({ path, record }) => this.#document.overlay(path, record),
        hidden: ({ path, record }) => this.#document.withdraw(path, record),
        changed: (write) => this.#keeper.put(write),
        removed: ({ id }, outcome) => this.#keeper.remove(id, outcome instanceof SyncError ? undefined : outcome),
        ready: () => this.#outbox.pump(),
      },
    );
  }

  #makeOutbox(): Outbox {
    const told = (write: QueuedWrite, result: WriteResult): AckedWrite => ({
      ...result,
      paths: pathsOf(write),
      tookMs: this.#environment.now() - (write.sentAt ?? 0),
    });
    return new Outbox(this.#queue, this.#inbox, this.#pace, this.#environment.now, this.options.durability === 'replicated', {
      send: (event, payload) => this.#link.send(event, payload),
      acked: (write, result) => {
        this.#emitter.emit('acked', told(write, result));
        if (!result.applied) this.#emitter.emit('stale', told(write, result));
      },
      refused: (_, error) => this.#report(error),
      useless: () => this.#link.leave('the node cannot store'),
      ask: () => this.#link.ask(),
    });
  }

  #makeKeeper(): Keeper {
    return new Keeper({
      post: (message) => this.#tabs.post(message),
      isAlive: (tab) => this.#tabs.isAlive(tab),
      isOwn: (tab) => tab === this.tabId,
      show: (path, record) => {
        // What the user sees here is older than what is written here next.
        this.#clock.observe(record.time);
        this.#document.overlay(path, record);
      },
      hide: (path, record) => this.#document.withdraw(path, record),
      stored: (path, record) => this.#inbox.store(path, record, undefined),
      adopt: (write, edits) => {
        this.#clock.observe(write.time);
        this.#clock.received(write.version - 1);
        this.#queue.adopt(write, edits);
      },
      sentElsewhere: (id, stored) => {
        const write = this.#queue.writes.get(id);
        if (write) this.#queue.settle(write, { ...stored, applied: true, durability: 'local' });
      },
      failed: (problem, error) => this.#report(new SyncError('storage', `${problem}${error ? `: ${error}` : ''}`)),
      changed: () => this.#changed(),
    });
  }

  #linkHooks(): LinkHooks {
    return {
      prepare: (token) => this.#open(this.options.user ?? userOf(token)),
      authenticated: ({ userId, time, limits }, askedAt) => {
        if (userId !== this.#user)
          throw new SyncError('wrong_user', `the token is ${userId}'s, the writes kept here are ${this.#user}'s; make another client`);
        this.#clock.calibrate(Date.parse(time), askedAt);
        this.#pace.limits = limits;
      },
      question: () => this.#inbox.question(),
      received: (envelope) => this.#receive(envelope),
      live: () => this.#outbox.open(),
      down: () => {
        this.#inbox.begin();
        this.#outbox.close();
      },
      status: (status) => this.#emitter.emit('status', status),
      error: (error) => this.#report(error),
    };
  }

  #receive(envelope: Envelope): void {
    if (this.#inbox.take(envelope)) {
      // What is written from here on is written with more knowledge.
      this.#queue.close();
      this.#changed();
      for (const record of this.#received.splice(0)) this.#emitter.emit('received', record);
    } else if (this.#outbox.take(envelope)) {
      this.#changed();
    } else if (envelope.event === 'dashboard.state.error' && envelope.payload.code !== 'unauthenticated') {
      this.#report(new SyncError(envelope.payload.code, envelope.payload.message));
    }
  }

  /** Where the user is known, waiting writes are there before there is a connection. */
  #openEarly(): void {
    const { user, token } = this.options;
    try {
      if (user !== undefined) void this.#open(user);
      else if (typeof token === 'string') void this.#open(userOf(token));
    } catch {
      // The token's own trouble is told when it is used.
    }
  }

  /** Opens what is kept for a user, once. */
  async #open(user: string): Promise<void> {
    this.#user ??= user;
    this.#opened ??= this.#readKept(`${this.#name}:${user}`);
    await this.#opened;
    if (user !== this.#user)
      throw new SyncError('wrong_user', `the token is ${user}'s, the writes kept here are ${this.#user}'s; make another client`);
  }

  async #readKept(name: string): Promise<void> {
    await this.#claimed;
    this.#tabs.join(this.#user as string);
    const failed = (error: unknown) => this.#report(new SyncError('storage', `unsent writes are not kept across a reload: ${error}`));
    const store = this.options.storage?.(name) ?? openStore(name, this.#environment, failed);
    const { version = 0, offset = 0 } = await Promise.resolve(store)
      .then((opened) => this.#keeper.open(opened))
      .catch((error) => {
        failed(error);
        return this.#keeper.open(memoryStore());
      });
    this.#clock.received(version);
    this.#clock.offset ||= offset;
    for (const write of this.#queue.writes.values()) this.#keeper.put(write);
    this.#changed();
  }

  #listen(change: 'addEventListener' | 'removeEventListener'): void {
    const { events } = this.#environment;
    for (const event of ['online', 'offline', 'pageshow', 'visibilitychange']) events?.[change](event, this.#woken);
    events?.[change]('pagehide', this.#leaving);
  }

  readonly #woken = (): void => this.#link.wake();

  readonly #leaving = (): void => this.#tabs.post({ bye: this.tabId });
}

/**
 * Makes a client and connects it.
 *
 * ```ts
 * const client = createClient<State>({ url: 'wss://sync.example.com', token: () => fetchToken() });
 * client.subscribe('widgets', (widgets) => draw(widgets));
 * client.set('widgets.w1.title', 'Pulse');
 * ```
 */
export const createClient = <State = Json>(options: ClientOptions): Client<State> => new SyncClient(options) as unknown as Client<State>;
