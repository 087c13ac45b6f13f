/**
 * Keeps a connection to some node: authenticates, asks for what is missed, renews the token, and
 * connects again, here or elsewhere, when it is lost.
 *
 * @module
 */

import { Connection } from './connection.js';
import type { Environment } from './environment.js';
import { SyncError } from './errors.js';
import type { AuthOk, Envelope } from './messages.js';
import type { NodeInfo, Nodes } from './nodes.js';
import type { Tokens } from './token.js';

/**
 * - `connecting`: on the way to a node, or waiting for its answer;
 * - `synced`: the state is here, changes come and go as they happen;
 * - `offline`: no node can be reached; tried again with growing pauses, or at once when the browser
 *   hears of a network;
 * - `unauthorized`: the token was refused; tried again as above, with a new token if there is one;
 * - `closed`: by the application.
 */
export type Status = 'connecting' | 'synced' | 'offline' | 'unauthorized' | 'closed';

export interface LinkHooks {
  /** Before each connection. What it throws ends the attempt. */
  prepare(token: string): Promise<void>;
  /** The node has taken the token. What it throws ends the connection. */
  authenticated(answer: AuthOk, askedAt: number): void;
  /** What to ask the node for. */
  question(): object;
  received(envelope: Envelope): void;
  /** The node's first answer was received: writes may be sent. */
  live(): void;
  down(): void;
  status(status: Status): void;
  error(error: SyncError): void;
}

export interface LinkSettings {
  readonly environment: Environment;
  readonly tokens: Tokens;
  readonly nodes: Nodes;
  /** Ask nodes for other nodes. */
  readonly discover: boolean;
  readonly log: (message: string, details?: unknown) => void;
}

const slowestRetryMs = 30_000;
const firstRetryMs = 500;
const recheckMs = 5 * 60_000;
/** While some node does not answer: it may be a nearer one. */
const recheckUnwellMs = 30_000;

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Link {
  status: Status = 'offline';
  /** The node connected to. */
  node: NodeInfo | undefined;
  /** Counts connections. */
  number = 0;
  /** The node has answered on this connection. */
  isLive = false;

  #connection: Connection | undefined;
  #askedAt = 0;
  #isWanted = false;
  /** Counts attempts, so that one which was overtaken does not go on. */
  #attempts = 0;
  /** Attempts in a row that ended before a node was asked. */
  #failures = 0;
  #retry: Timer;
  #renewal: Timer;
  #recheck: Timer;

  constructor(
    private readonly settings: LinkSettings,
    private readonly hooks: LinkHooks,
  ) {}

  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#attempt();
  }

  stop(status: Status = 'offline'): void {
    this.#isWanted = false;
    this.#attempts++;
    clearTimeout(this.#retry);
    this.#connection?.end(1000, 'left');
    this.#say(status);
  }

  /** The network may have come or gone: looks at once. */
  wake(): void {
    if (this.isLive) this.ask();
    else if (this.#isWanted && this.status === 'offline') this.#retryIn(0);
  }

  /** Asks the node for what is missed. */
  ask(): void {
    this.send('dashboard.state.request', this.hooks.question());
  }

  send(event: string, payload: object): void {
    this.#connection?.send(event, payload);
  }

  /** Leaves a node that cannot do its work, if there is another. */
  leave(reason: string): void {
    if (this.settings.nodes.count > 1) this.#connection?.end(0, reason);
  }

  async #attempt(): Promise<void> {
    const { nodes, tokens, environment } = this.settings;
    const attempt = ++this.#attempts;
    this.#say('connecting');
    try {
      if (!environment.WebSocket) throw new SyncError('unavailable', 'there is no WebSocket here; give one as an option');
      const token = await tokens.get();
      await this.hooks.prepare(token);
      const url = await nodes.pick();
      if (attempt !== this.#attempts) return;
      this.#open(url, environment.WebSocket, token);
      this.#failures = 0;
    } catch (error) {
      if (attempt === this.#attempts) this.#fail(error);
    }
  }

  #open(url: string, Socket: NonNullable<Environment['WebSocket']>, token: string): void {
    this.node = { url };
    this.number++;
    this.settings.log('connecting', { url });
    this.#connection = new Connection(url, Socket, {
      opened: () => this.#authenticate(token),
      received: (envelope) => this.#receive(envelope),
      quiet: () => this.ask(),
      closed: (code, reason) => this.#closed(url, code, reason),
    });
  }

  #authenticate(token: string): void {
    this.#askedAt = this.settings.environment.now();
    this.send('auth', { token });
  }

  #receive(envelope: Envelope): void {
    const { event, payload } = envelope;
    this.settings.log(event, payload);
    // A second ack, of the write's copies, answers nothing that was asked.
    if (event === 'dashboard.state.ack' ? payload.durability === 'local' : !/sync|batch/.test(event)) this.#connection?.answered();
    if (event === 'auth.ok') return this.#welcome(payload);
    if (event === 'dashboard.state.error' && payload.code === 'unauthenticated') this.#refused(payload.message);
    this.hooks.received(envelope);
    if (event === 'dashboard.state.delta' && !this.isLive) this.#goLive();
  }

  #welcome(answer: AuthOk): void {
    const { tokens, environment } = this.settings;
    const isFirst = !this.node?.name;
    try {
      this.hooks.authenticated(answer, this.#askedAt);
    } catch (error) {
      this.hooks.error(error as SyncError);
      this.stop('unauthorized');
      return;
    }
    const lifetime = Date.parse(answer.expiresAt) - Date.parse(answer.time);
    const renewIn = tokens.accepted(environment.now() + lifetime);
    if (renewIn !== undefined) this.#renewIn(renewIn);
    if (!isFirst) return;
    this.node = { url: this.node?.url ?? '', name: answer.node, region: answer.region };
    this.ask();
  }

  #goLive(): void {
    this.isLive = true;
    const { url } = this.node as NodeInfo;
    this.settings.nodes.succeeded(url);
    this.#say('synced');
    this.hooks.live();
    void this.#lookAround(url);
  }

  #refused(message: string): void {
    this.settings.tokens.refused();
    this.hooks.error(new SyncError('unauthenticated', `the node refused the token: ${message}`));
    if (!this.isLive) this.#say('unauthorized');
  }

  #closed(url: string, code: number, reason: string): void {
    const { nodes, tokens, log } = this.settings;
    log('closed', { url, code, reason });
    // A connection that was good is tried again first, unless the node goes or is not heard.
    if (!this.isLive || code === 1012 || code === 0) nodes.failed(url);
    if (code === 4401) tokens.refused();
    this.#connection = this.node = undefined;
    this.isLive = false;
    clearTimeout(this.#renewal);
    clearTimeout(this.#recheck);
    this.hooks.down();
    if (!this.#isWanted) return;
    if (this.status !== 'unauthorized') this.#say('offline');
    this.#retryIn(this.#pause());
  }

  /** Full jitter: many clients that lost the same node do not come back as one. */
  #pause(): number {
    const { nodes, environment } = this.settings;
    return environment.random() * Math.min(slowestRetryMs, firstRetryMs * 2 ** Math.max(nodes.failures, this.#failures));
  }

  #retryIn(ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#attempt(), ms);
  }

  /** There was no way to a node: no token, or the writes kept here are another user's. */
  #fail(error: unknown): void {
    this.hooks.error(error instanceof SyncError ? error : new SyncError('unavailable', String(error)));
    this.#failures++;
    this.#say('offline');
    this.#retryIn(this.#pause());
  }

  #renewIn(ms: number): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      this.settings.tokens.renew().then(
        (token) => this.#authenticate(token),
        (error: SyncError) => {
          this.hooks.error(error);
          this.#renewIn(firstRetryMs * 10);
        },
      );
    }, ms);
  }

  /** Learns of other nodes and moves to one that is much nearer; again after a while. */
  async #lookAround(url: string): Promise<void> {
    const { nodes, environment, discover, log } = this.settings;
    const { number } = this;
    if (discover) await nodes.learn(url).catch(() => {});
    const nearer = await nodes.nearer(url);
    if (number !== this.number || !this.isLive) return;
    if (nearer) {
      log('moving', { from: url, to: nearer });
      this.#connection?.end(1000, 'moving');
      this.#retryIn(0);
    } else {
      const ms = nodes.allWell ? recheckMs : recheckUnwellMs;
      this.#recheck = setTimeout(() => void this.#lookAround(url), ms * (0.5 + environment.random()));
    }
  }

  #say(status: Status): void {
    if (this.status === status) return;
    this.status = status;
    this.hooks.status(status);
  }
}
