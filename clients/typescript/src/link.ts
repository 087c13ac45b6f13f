/**
 * Keeps a connection to some node: authenticates, asks for what is missed, renews the token, and
 * connects again, here or elsewhere, when it is lost.
 *
 * @module
 */

import { openConnection, silence, type Connection } from './connection.js';
import type { Environment } from './environment.js';
import { SyncError, type ErrorCode } from './errors.js';
import type { AuthOk, Envelope } from './messages.js';
import { makeCandidate, pick, remembered, syncUrl, type Candidate } from './nodes.js';
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

/** The node that a client is connected to. */
export interface NodeInfo {
  readonly url: string;
  /** Known once the node has answered. */
  readonly name?: string;
  readonly region?: string;
}

export interface LinkHooks {
  /** Before each connection. What it throws ends the attempt. */
  prepare(token: string): Promise<void>;
  /** The node has taken the token. What it throws ends the link. */
  authenticated(answer: AuthOk, askedAt: number): void;
  /** What to ask the node for. */
  question(): object;
  received(envelope: Envelope): void;
  /** The node's first answer was received: writes may be sent. */
  live(): void;
  down(): void;
  status(status: Status): void;
  report(code: ErrorCode, message: string): void;
}

export interface LinkSettings {
  readonly environment: Environment;
  readonly tokens: Tokens;
  readonly urls: readonly string[];
  /** Where the order of nodes is remembered. */
  readonly key: string;
  /** Ask nodes for other nodes. */
  readonly discover: boolean;
  readonly log: (message: string, details?: unknown) => void;
}

const slowestRetryMs = 30_000;
const firstRetryMs = 500;
const renewAgainMs = 5000;
type Timer = ReturnType<typeof setTimeout> | undefined;

export type Link = ReturnType<typeof createLink>;

export function createLink({ environment, tokens, urls, key, discover, log }: LinkSettings, hooks: LinkHooks) {
  const { random, now, localStorage } = environment;
  const near = remembered(localStorage, key);
  const candidates: Candidate[] = [...new Set([...near, ...urls.map(syncUrl)])].map((url, at) =>
    makeCandidate(url, at < near.length ? at : Infinity),
  );
  const territory = { environment, candidates, key, discover };
  const isScouting = environment.fetch && (discover || candidates.length > 1);
  let status: Status = 'offline';
  let candidate = pick(candidates);
  let node: NodeInfo | undefined;
  let connection: Connection | undefined;
  let isLive = false;
  let isWanted = false;
  /** Counts attempts, so that one which was overtaken does not go on. */
  let attempts = 0;
  /** Attempts in a row that ended before a node was asked. */
  let failures = 0;
  let askedAt = 0;
  let retry: Timer;
  let renewal: Timer;
  let stopScouting: (() => void) | undefined;

  const report = (error: unknown): void => hooks.report((error as SyncError).code ?? 'unavailable', (error as Error).message);

  const say = (next: Status): void => {
    if (status !== next) hooks.status((status = next));
  };

  const send = (event: string, payload: object): void => connection?.send(event, payload);

  const ask = (): void => send('dashboard.state.request', hooks.question());

  const attemptIn = (ms: number): void => {
    clearTimeout(retry);
    retry = setTimeout(() => void attempt(), ms);
  };

  /** Full jitter: many clients that lost the same node do not come back as one. */
  const attemptLater = (): void => {
    const failed = Math.max(failures, pick(candidates).fails);
    attemptIn(random() * Math.min(slowestRetryMs, firstRetryMs * 2 ** failed));
  };

  const authenticate = (token: string): void => {
    askedAt = now();
    send('auth', { token });
  };

  const renewIn = (ms: number): void => {
    clearTimeout(renewal);
    renewal = setTimeout(() => {
      const renewed = (token: string): void | false => isLive && authenticate(token);
      tokens.renew().then(renewed, (error) => {
        report(error);
        renewIn(renewAgainMs);
      });
    }, ms);
  };

  const stop = (next: Status = 'offline'): void => {
    isWanted = false;
    attempts++;
    clearTimeout(retry);
    connection?.end(1000, 'left');
    say(next);
  };

  const welcome = (answer: AuthOk): void => {
    try {
      hooks.authenticated(answer, askedAt);
    } catch (error) {
      report(error);
      return stop('unauthorized');
    }
    const lifetimeMs = Date.parse(answer.expiresAt) - Date.parse(answer.time);
    // Timers of more than 2^31 ms fire at once.
    if (tokens.accepted(lifetimeMs)) renewIn(Math.min(lifetimeMs * 0.8, 2e9));
    if (node?.name) return;
    node = { ...(node as NodeInfo), name: answer.node, region: answer.region };
    ask();
  };

  /** Moves to a node that is much nearer, when there is one. */
  const scout = async (): Promise<void> => {
    const attempt = attempts;
    const { watch } = await import('./scout.js');
    if (attempt !== attempts || !isLive) return;
    stopScouting = watch(territory, candidate, (url) => {
      log('moving', { from: candidate.url, to: url });
      connection?.end(1000, 'moving');
      attemptIn(0);
    });
  };

  const live = (): void => {
    isLive = true;
    candidate.fails = 0;
    say('synced');
    hooks.live();
    if (isScouting) scout().catch(report);
  };

  const received = (envelope: Envelope): void => {
    const { event, payload } = envelope;
    log(event, payload);
    // A second ack, of the write's copies, answers nothing that was asked.
    if (event === 'dashboard.state.ack' ? payload.durability === 'local' : !/sync|batch/.test(event)) connection?.answered();
    if (event === 'auth.ok') return welcome(payload);
    if (event === 'dashboard.state.error' && payload.code === 'unauthenticated') {
      tokens.refused();
      hooks.report(payload.code, payload.message);
      if (!isLive) say('unauthorized');
    }
    hooks.received(envelope);
    if (event === 'dashboard.state.delta' && !isLive) live();
  };

  const closed = (code: number, reason: string): void => {
    log('closed', { url: candidate.url, code, reason });
    // A connection that was good is tried again first, unless the node goes or is not heard.
    if (!isLive || code === 1012 || code === silence) candidate.fails++;
    if (code === 4401) tokens.refused();
    connection = node = undefined;
    isLive = false;
    clearTimeout(renewal);
    stopScouting?.();
    hooks.down();
    if (!isWanted) return;
    if (status !== 'unauthorized') say('offline');
    attemptLater();
  };

  const connect = async (isCurrent: () => boolean): Promise<void> => {
    if (!environment.WebSocket) throw new SyncError('unavailable', 'there is no WebSocket here');
    const token = await tokens.get();
    await hooks.prepare(token);
    if (isScouting && candidates.length > 1 && candidates.every(({ delay }) => delay === Infinity))
      await import('./scout.js').then(({ race }) => race(territory)).catch(report);
    if (!isCurrent()) return;
    failures = 0;
    candidate = pick(candidates);
    node = { url: candidate.url };
    log('connecting', node);
    connection = openConnection(candidate.url, environment.WebSocket, {
      opened: () => authenticate(token),
      received,
      quiet: ask,
      closed,
    });
  };

  const attempt = async (): Promise<void> => {
    const number = ++attempts;
    const isCurrent = () => number === attempts;
    say('connecting');
    try {
      await connect(isCurrent);
    } catch (error) {
      if (!isCurrent()) return;
      report(error);
      failures++;
      say('offline');
      attemptLater();
    }
  };

  return {
    ask,
    send,
    stop,

    get status(): Status {
      return status;
    },

    get node(): NodeInfo | undefined {
      return node;
    },

    start(): void {
      if (isWanted || status === 'closed') return;
      isWanted = true;
      void attempt();
    },

    /** The network may have come or gone: looks at once. */
    wake(): void {
      if (isLive) ask();
      else if (isWanted && status === 'offline') attemptIn(0);
    },

    /** Leaves a node that cannot do its work, if there is another. */
    leave(reason: string): void {
      if (candidates.length > 1) connection?.end(silence, reason);
    },
  };
}
