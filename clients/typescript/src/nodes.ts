/**
 * Which node to connect to: the nearest by a race, remembered, and the next when it fails.
 *
 * @module
 */

import type { Environment } from './environment.js';

/** A node as `/v1/nodes` tells of it. */
export interface NodeInfo {
  readonly name?: string;
  readonly region?: string;
  readonly url: string;
  readonly ready?: boolean;
}

interface Candidate {
  readonly url: string;
  /** How long it took to answer, in milliseconds; Infinity when it did not. */
  delay: number;
  /** Failures in a row. */
  fails: number;
  /** What the others say of it. */
  ready: boolean;
}

const answerMs = 3000;
const most = 64;

/** `ws://host/v1/sync` of what an application gives: `http` and a missing path will do. */
export function syncUrl(url: string): string {
  const full = new URL(url.replace(/^http/, 'ws'));
  if (full.pathname === '/') full.pathname = '/v1/sync';
  return full.href;
}

/** The address of one of the node's HTTP routes. */
const httpUrl = (url: string, route: string): string => url.replace(/^ws/, 'http').replace(/(\/v1\/sync)?\/?(\?.*)?$/, route);

export class Nodes {
  #known: Candidate[];

  constructor(
    urls: readonly string[],
    private readonly environment: Environment,
    /** The key of localStorage that remembers the order. */
    private readonly key: string,
  ) {
    const before = this.#remembered();
    const delayOf = (url: string) => (before.includes(url) ? before.indexOf(url) : Infinity);
    this.#known = [...new Set([...before, ...urls.map(syncUrl)])].map((url) => ({ url, delay: delayOf(url), fails: 0, ready: true }));
  }

  /** Where to connect now: those that failed least, of these the nearest. */
  async pick(): Promise<string> {
    const isNew = this.#known.every(({ delay }) => delay === Infinity);
    if (isNew && this.#known.length > 1) await this.#race();
    return (this.#byDelay().sort((a, b) => a.fails - b.fails)[0] as Candidate).url;
  }

  get count(): number {
    return this.#known.length;
  }

  /** How often even the best has failed in a row. */
  get failures(): number {
    return Math.min(...this.#known.map(({ fails }) => fails));
  }

  failed(url: string): void {
    const candidate = this.#find(url);
    if (candidate) candidate.fails++;
  }

  succeeded(url: string): void {
    const candidate = this.#find(url);
    if (candidate) candidate.fails = 0;
  }

  /** Asks a node for the others. */
  async learn(url: string): Promise<void> {
    const response = await this.#get(httpUrl(url, '/v1/nodes'));
    if (!response?.ok) return;
    for (const { url: other, ready = true } of (await response.json()) as NodeInfo[]) {
      const known = this.#find(syncUrl(other));
      if (known) known.ready = ready;
      else if (this.#known.length < most) this.#known.push({ url: syncUrl(other), delay: Infinity, fails: 0, ready });
    }
  }

  /** Measures all nodes; the one to move to, when it is much nearer than `current`. */
  async nearer(current: string): Promise<string | undefined> {
    if (this.#known.length < 2) return undefined;
    await Promise.all(this.#known.map((candidate) => this.#measure(candidate)));
    this.#remember();
    const [best] = this.#byDelay();
    const now = this.#find(current)?.delay ?? Infinity;
    // Two that are about as near must not take turns.
    return best && best.url !== current && best.delay * 1.5 + 10 < now ? best.url : undefined;
  }

  /** True when every node known answered when it was last asked. */
  get allWell(): boolean {
    return this.#known.every(({ delay }) => delay < Infinity);
  }

  #find(url: string): Candidate | undefined {
    return this.#known.find((candidate) => candidate.url === url);
  }

  #byDelay(): Candidate[] {
    return [...this.#known].sort((a, b) => a.delay - b.delay || 0);
  }

  /** Ends with the first that answers. */
  async #race(): Promise<void> {
    const answers = this.#known.map(async (candidate) => {
      await this.#measure(candidate);
      if (candidate.delay === Infinity) throw candidate;
    });
    await Promise.any(answers).then(
      () => this.#remember(),
      () => {},
    );
  }

  async #measure(candidate: Candidate): Promise<void> {
    const { now } = this.environment;
    const startedAt = now();
    // A node that is well again is a candidate again.
    if (candidate.ready && (await this.#get(httpUrl(candidate.url, '/healthz'), 'no-cors'))) {
      candidate.delay = Math.max(0, now() - startedAt);
      candidate.fails = 0;
    } else {
      candidate.delay = Infinity;
    }
  }

  async #get(url: string, mode: RequestMode = 'cors'): Promise<Response | undefined> {
    try {
      return await this.environment.fetch?.(url, { mode, cache: 'no-store', signal: AbortSignal.timeout(answerMs) });
    } catch {
      return undefined;
    }
  }

  #remembered(): string[] {
    try {
      return (JSON.parse(this.environment.localStorage?.getItem(this.key) ?? '[]') as unknown[]).map(String);
    } catch {
      return [];
    }
  }

  #remember(): void {
    const order = this.#byDelay().map(({ url }) => url);
    try {
      this.environment.localStorage?.setItem(this.key, JSON.stringify(order));
    } catch {
      // A full or forbidden storage: the next start races again.
    }
  }
}
