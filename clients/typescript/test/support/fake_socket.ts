import { vi } from 'vitest';

type Payload = Record<string, unknown>;
export interface Sent {
  event: string;
  payload: Payload;
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  /** Sockets made while this is false never open. */
  static reachable = true;
  static openingMs = 1;

  readonly sent: Sent[] = [];
  isClosed = false;
  #isOpen = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol?: string | string[],
  ) {
    FakeSocket.all.push(this);
    if (FakeSocket.reachable) setTimeout(() => this.#open(), FakeSocket.openingMs);
    else setTimeout(() => this.onclose?.({ code: 1006, reason: '' }), 1);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }

  #open(): void {
    this.#isOpen = true;
    this.onopen?.();
  }

  send(text: string): void {
    if (!this.#isOpen) throw new Error('a WebSocket that is not open yet cannot send');
    if (!this.isClosed) this.sent.push(JSON.parse(text) as Sent);
  }

  close(): void {
    this.isClosed = true;
  }

  /** The node says something. */
  say(event: string, payload: Payload): void {
    this.onmessage?.({ data: JSON.stringify({ event, payload }) });
  }

  sayText(data: string): void {
    this.onmessage?.({ data });
  }

  /** The connection breaks, or the node closes it. */
  drop(code = 1006, reason = ''): void {
    this.isClosed = true;
    this.onclose?.({ code, reason });
  }

  /** What was sent of one kind, the last first. */
  of(event: string): Payload[] {
    return this.sent.filter((frame) => frame.event === event).map(({ payload }) => payload);
  }

  get writes(): Payload[] {
    return this.sent.filter(({ event }) => /update|batch/.test(event)).map(({ payload }) => payload);
  }

  ack(write: Payload, more: Payload = {}): void {
    const { id, version, timestamp } = write;
    this.say('dashboard.state.ack', { id, applied: true, version, timestamp, durability: 'local', dot: `0a:${++dots}`, ...more });
  }

  refuse(write: Payload, code: string, more: Payload = {}): void {
    this.say('dashboard.state.error', { id: write.id, code, message: `it is ${code}`, ...more });
  }
}

let dots = 1000;

export const iso = (time: number): string => new Date(time).toISOString();

/** A token of a user, as far as a client looks into it. */
export const tokenOf = (user: string): string => `x.${btoa(JSON.stringify({ sub: user }))}.x`;

export const authOk = (more: Payload = {}): Payload => ({
  userId: 'alice',
  node: 'eu',
  region: 'eu-west',
  time: iso(Date.now()),
  expiresAt: iso(Date.now() + 3_600_000),
  limits: { updatesPerMinute: 0, burst: 0, maxUpdateBytes: 65_536 },
  ...more,
});

export const delta = (more: Payload = {}): Payload => ({ changes: [], complete: true, version: 0, cursor: 'c1', behind: false, ...more });

export const change = (path: string, value: unknown, version = 1, more: Payload = {}): Payload => ({
  path,
  ...(value === undefined ? { delete: true } : { value }),
  version,
  timestamp: iso(1_700_000_000_000),
  sourceTabId: 'tab-other',
  dot: `0b:${version}`,
  ...more,
});

/** One that is to be authenticated, if there is one. */
const waiting = (): FakeSocket | undefined =>
  FakeSocket.all.findLast((socket) => !socket.isClosed && socket.of('auth').length && !socket.of('dashboard.state.request').length);

/** Lets the client connect, however long its pause is, authenticates it, and answers its request. */
export async function answer(auth: Payload = {}, state: Payload = {}, before?: (socket: FakeSocket) => void): Promise<FakeSocket> {
  for (let i = 0; i < 1000 && !waiting(); i++) await vi.advanceTimersByTimeAsync(50);
  const socket = waiting();
  if (!socket) throw new Error('nobody wants to connect');
  before?.(socket);
  socket.say('auth.ok', authOk(auth));
  socket.say('dashboard.state.delta', delta(state));
  return socket;
}
