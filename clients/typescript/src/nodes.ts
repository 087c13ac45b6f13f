/**
 * Which node to connect to: the nearest, and the next when it fails.
 *
 * @module
 */

import { attempt } from './environment.js';

/** A node that one may connect to. */
export interface Candidate {
  readonly url: string;
  /** How long it took to answer, in milliseconds; Infinity while nobody knows. */
  delay: number;
  /** Failures in a row. */
  fails: number;
  /** What the others say of it. */
  ready: boolean;
}

export const makeCandidate = (url: string, delay = Infinity): Candidate => ({ url, delay, fails: 0, ready: true });

/** `ws://host/v1/sync` of what an application gives: `http` and a missing path will do. */
export function syncUrl(url: string): string {
  const full = new URL(url.replace(/^http/, 'ws'));
  if (full.pathname === '/') full.pathname = '/v1/sync';
  return full.href;
}

export const byDelay = (candidates: readonly Candidate[]): Candidate[] => [...candidates].sort((a, b) => a.delay - b.delay || 0);

/** Those that failed least come first, of these the nearest. */
export const pick = (candidates: readonly Candidate[]): Candidate =>
  byDelay(candidates).sort((a, b) => a.fails - b.fails)[0] as Candidate;

/** Nodes in the order in which they were near at an earlier visit. */
export const remembered = (storage: Storage | undefined, key: string): string[] =>
  attempt(() => JSON.parse(storage?.getItem(key) as string) as string[]) ?? [];
