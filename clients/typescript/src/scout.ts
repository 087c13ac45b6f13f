/**
 * Looks for nodes, and for the nearest of them. Loaded when there is a choice.
 *
 * @module
 */

import { attempt, type Environment } from './environment.js';
import { byDelay, makeCandidate, syncUrl, type Candidate } from './nodes.js';

/** A node as `/v1/nodes` tells of it. */
interface Member {
  readonly url: string;
  readonly ready?: boolean;
}

export interface ScoutSettings {
  readonly environment: Environment;
  /** What is known; what is learned is added to it. */
  readonly candidates: Candidate[];
  /** Where the order is remembered. */
  readonly key: string;
  /** Ask nodes for other nodes. */
  readonly discover: boolean;
}

const answerMs = 3000;
const maxCandidates = 64;
const againMs = 5 * 60_000;
/** While some node does not answer, or has not lately: it may be a nearer one. */
const againSoonMs = 30_000;

/** The address of one of a node's HTTP routes. */
const httpUrl = (url: string, route: string): string =>
  url.replace(/^ws/, 'http').replace(/(\/v1\/sync)?\/?(\?.*)?$/, route);

async function ask({ fetch }: Environment, url: string, route: string, mode: RequestMode): Promise<Response | undefined> {
  try {
    return await fetch?.(httpUrl(url, route), { mode, cache: 'no-store', signal: AbortSignal.timeout(answerMs) });
  } catch {
    return undefined;
  }
}

function remember({ environment, candidates, key }: ScoutSettings): void {
  const order = byDelay(candidates).flatMap(({ url, delay }) => (delay < Infinity ? [url] : []));
  attempt(() => environment.localStorage?.setItem(key, JSON.stringify(order)));
}

async function measure({ environment }: ScoutSettings, candidate: Candidate): Promise<void> {
  const startedAt = environment.now();
  const { fails } = candidate;
  // What the answer says cannot be seen across origins; that there is one can.
  const isThere = candidate.ready && (await ask(environment, candidate.url, '/healthz', 'no-cors'));
  candidate.delay = isThere ? Math.max(0, environment.now() - startedAt) : Infinity;
  // It may have failed again while it was asked.
  if (isThere && candidate.fails === fails) candidate.fails = 0;
}

/** Measures all, and ends with the first that answers. */
export async function race(settings: ScoutSettings): Promise<void> {
  const answers = settings.candidates.map(async (candidate) => {
    await measure(settings, candidate);
    if (candidate.delay === Infinity) throw candidate;
  });
  await Promise.any(answers).catch(() => {});
  remember(settings);
}

/** Asks a node for the others. */
async function learn({ environment, candidates }: ScoutSettings, url: string): Promise<void> {
  const response = await ask(environment, url, '/v1/nodes', 'cors');
  const members = response?.ok ? ((await response.json().catch(() => [])) as Member[]) : [];
  for (const member of members) {
    const memberUrl = syncUrl(member.url);
    let candidate = candidates.find((known) => known.url === memberUrl);
    if (!candidate && candidates.length < maxCandidates) candidates.push((candidate = makeCandidate(memberUrl)));
    if (candidate) candidate.ready = member.ready ?? true;
  }
}

/** Measures all; the one to move to, if it is much nearer than the present one. */
async function findNearer(settings: ScoutSettings, present: Candidate): Promise<string | undefined> {
  // One that has just failed may answer this and fail again: its turn is the next time.
  const trusted = settings.candidates.filter(({ fails }) => !fails);
  await Promise.all(settings.candidates.map((candidate) => measure(settings, candidate)));
  remember(settings);
  const [best] = byDelay(trusted);
  // Two that are about as near must not take turns.
  return best && best.delay * 1.5 + 10 < present.delay ? best.url : undefined;
}

/**
 * Looks now and then for a node that is much nearer than the one connected to, and ends when there is
 * one, or when it is told to stop.
 */
export function watch(settings: ScoutSettings, present: Candidate, found: (url: string) => void): () => void {
  const { candidates, environment, discover } = settings;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const hadFailed = candidates.some(({ fails }) => fails);
    if (discover) await learn(settings, present.url);
    const nearer = candidates.length > 1 && (await findNearer(settings, present));
    if (isStopped) return;
    if (nearer) return found(nearer);
    const isWell = !hadFailed && candidates.every(({ delay }) => delay < Infinity);
    timer = setTimeout(() => void look(), (isWell ? againMs : againSoonMs) * (0.5 + environment.random()));
  };

  void look();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
