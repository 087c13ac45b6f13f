/**
 * The client: a document, the writes that wait, a link to a node, and the other tabs, put together.
 *
 * @module
 */

import type { Client, ClientEvents } from './api.js';
import type { Change, Edit } from './change.js';
import { createDocument } from './document.js';
import { currentEnvironment } from './environment.js';
import { SyncError, type ErrorCode } from './errors.js';
import { createEmitter } from './events.js';
import { createInbox } from './inbox.js';
import { copy, type Json } from './json.js';
import type { Keeper } from './keeper.js';
import { createLink, type LinkHooks } from './link.js';
import type { Envelope } from './messages.js';
import type { ClientOptions } from './options.js';
import { createOutbox, roomIn } from './outbox.js';
import { createPace } from './pace.js';
import { parsePath } from './path.js';
import { createQueue, type WriteResult } from './queue.js';
import { createClock } from './stamps.js';
import { keptTabId, newTabId } from './tab_id.js';
import { createTokens } from './token.js';
import { createView } from './view.js';

function editOf(change: Change): Edit {
  parsePath(change.path);
  return { path: change.path, value: change.delete ? undefined : copy(change.value) };
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
export function createClient<State = Json>(options: ClientOptions): Client<State> {
  const { name = 'anabranch', debounceMs = 100, discover = true, storage, log = () => {} } = options;
  const environment = { ...currentEnvironment(), ...options.environment };
  const { now } = environment;
  const urls = [options.url].flat();
  const keptTab = keptTabId(environment, `${name}:tab`);
  /** What stamps are made with until it is sure that no other tab has the id that was kept. */
  const newTab = newTabId(environment);
  let tab = keptTab ?? newTab;
  let { user } = options;
  let opening: Promise<void> | undefined;
  let keeper: Keeper | undefined;
  let toldPending = 0;

  const { on, emit } = createEmitter<ClientEvents>();
  const document = createDocument();
  const view = createView(document);
  const clock = createClock(now);
  const pace = createPace(now);
  const inbox = createInbox(document, clock);

  const report = (code: ErrorCode, message: string, paths?: string[]): SyncError => {
    const error = new SyncError(code, message, paths);
    if (!emit('error', error)) console.warn(error);
    return error;
  };

  /** Shows what an action has changed, once for all of it. */
  const changed = (): void => {
    view.update();
    const { size } = queue.writes;
    if (size !== toldPending) emit('pending', (toldPending = size));
    keeper?.keepClock();
  };

  const queue = createQueue({
    debounceMs,
    room: () => roomIn(pace),
    stamp: () => clock.next(keeper ? tab : newTab),
    show: ({ path, record }) => document.overlay(path, record),
    hide: ({ path, record }) => document.withdraw(path, record),
    keep: (write) => keeper?.put(write),
    forget: ({ id }, outcome) => keeper?.remove(id, outcome instanceof SyncError ? undefined : outcome),
    ready: () => outbox.pump(),
  });

  /** Opens what is kept for the user. */
  const open = async (token: string): Promise<void> => {
    try {
      const { openKeeper } = await import('./keeper.js');
      const parts = { queue, document, inbox, clock, report, changed, wake: link.wake };
      const opened = await openKeeper({ name, user, token, tab, newTab, environment, storage }, parts);
      if (link.status === 'closed') return opened.close();
      keeper = opened;
      ({ tab, user } = opened);
      changed();
    } catch (error) {
      // The next connection tries again.
      opening = undefined;
      tab = newTab;
      report('storage', `unsent writes are not kept: ${error}`);
    }
  };

  const received = (envelope: Envelope): void => {
    const { event, payload } = envelope;
    const news = inbox.take(envelope);
    // What is written from here on is written with more knowledge.
    if (news) queue.close();
    if (news || outbox.take(envelope)) changed();
    else if (event === 'dashboard.state.error' && payload.code !== 'unauthenticated') report(payload.code, payload.message);
    news?.forEach((record) => emit('received', record));
  };

  const linkHooks: LinkHooks = {
    report,
    received,
    prepare: (token) => (opening ??= open(token)),
    authenticated: ({ userId, time, limits }, askedAt) => {
      user ??= userId;
      if (userId !== user) throw new SyncError('wrong_user', `the token is of ${userId}, this client of ${user}`);
      clock.calibrate(Date.parse(time), askedAt);
      pace.limits = limits;
    },
    question: inbox.question,
    live: () => outbox.open(),
    down: () => {
      inbox.end();
      outbox.close();
    },
    status: (status) => emit('status', status),
  };

  const tokens = createTokens(options.token, now);
  const link = createLink({ environment, tokens, urls, key: `${name}:nodes:${urls}`, discover, log }, linkHooks);

  const outbox = createOutbox({
    queue,
    inbox,
    pace,
    link,
    now,
    changed,
    report,
    isReplicationWanted: options.durability === 'replicated',
    acked: (write) => {
      emit('acked', write);
      if (!write.applied) emit('stale', write);
    },
  });

  const write = (begin: () => Promise<WriteResult>): Promise<WriteResult> => {
    if (link.status === 'closed') throw new SyncError('closed', 'this client is closed');
    const result = begin();
    changed();
    return result;
  };

  const change = (one: Change): Promise<WriteResult> => write(() => queue.write(editOf(one)));

  const client: Client = {
    get tabId() {
      return tab;
    },
    get status() {
      return link.status;
    },
    get pending() {
      return queue.writes.size;
    },
    get node() {
      return link.node;
    },
    get: (path = '') => view.get(path),
    set: (path, value) => change({ path, value }),
    delete: (path) => change({ path, delete: true }),
    // Paths of one write are distinct: of two changes of one path the later counts.
    batch: (changes) => write(() => queue.batch([...new Map(changes.map((one) => [one.path, editOf(one)])).values()])),
    subscribe: view.subscribe as Client['subscribe'],
    on,
    flush: queue.flush,
    connect: link.start,
    disconnect: () => link.stop(),
    close: () => {
      if (link.status === 'closed') return;
      queue.abandon(new SyncError('closed', 'closed; the next client sends it'));
      link.stop('closed');
      keeper?.close();
    },
  };

  // Where the user is known, waiting writes are there before there is a connection.
  if (user !== undefined) opening = open('');
  if (options.connect ?? true) link.start();
  return client as unknown as Client<State>;
}
