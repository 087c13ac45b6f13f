/**
 * Paths: segments joined by dots, a literal dot or backslash escaped by a backslash. The rules and
 * the order are the node's.
 *
 * @module
 */

import { SyncError } from './errors.js';
import { byteLength, compareText, isBroken } from './text.js';

const isIndex = (segment: string): boolean => /^(0|[1-9]\d*)$/.test(segment);

/** The array element that a segment names, or -1. */
export const indexOf = (segment: string): number => (isIndex(segment) ? Number(segment) : -1);

const escapeSegment = (segment: string): string => segment.replace(/[.\\]/g, '\\$&');

type Escaped<S extends string | number> = S extends `${infer Head}.${infer Rest}` ? `${Head}\\.${Escaped<Rest>}` : `${S}`;

type Joined<Segments extends readonly (string | number)[]> = Segments extends readonly [
  infer First extends string | number,
  ...infer Rest extends readonly (string | number)[],
]
  ? Rest extends readonly []
    ? Escaped<First>
    : `${Escaped<First>}.${Joined<Rest>}`
  : string;

/**
 * Makes a path of keys, whatever they hold: `path('files', 'a.txt')` is `files.a\.txt`.
 */
export const path = <const Segments extends readonly (string | number)[]>(...segments: Segments): Joined<Segments> =>
  segments.map((segment) => escapeSegment(`${segment}`)).join('.') as Joined<Segments>;

/** True when `upper` is `lower` or one of its ancestors. */
export const covers = (upper: string, lower: string): boolean => lower === upper || lower.startsWith(`${upper}.`);

function segmentProblem(segment: string): string | undefined {
  if (!segment) return 'a segment is empty';
  if (byteLength(segment) > 256) return 'a segment is longer than 256 bytes';
  if (/[\0-\x1f\x7f]/.test(segment)) return 'a segment holds a control character';
  if (segment === '__proto__') return '__proto__ is not allowed as a segment';
  return undefined;
}

/** What is between dots that no backslash escapes. */
function split(text: string): string[] | string {
  const segments = [];
  let segment = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '.') {
      segments.push(segment);
      segment = '';
    } else {
      if (text[i] === '\\' && !/[.\\]/.test(text[++i] ?? '')) return 'a backslash may only stand before a dot or a backslash';
      segment += text[i];
    }
  }
  return [...segments, segment];
}

function problemOf(text: string, segments: string[] | string): string | undefined {
  if (typeof segments === 'string') return segments;
  if (byteLength(text) > 1024) return 'is longer than 1024 bytes';
  if (segments.length > 32) return 'has more than 32 segments';
  if (isBroken(text)) return 'holds half of a surrogate pair';
  return segments.map(segmentProblem).find(Boolean);
}

/** The segments of a path; throws `invalid_path` saying what is wrong with it. */
export function parsePath(text: string): string[] {
  const segments = split(text);
  const problem = problemOf(text, segments);
  if (problem) throw new SyncError('invalid_path', `path ${JSON.stringify(text)}: ${problem}`, [text]);
  return segments as string[];
}

/** The order of segments in which state is laid out: indices first and by number, others bytewise. */
export function compareSegments(a: string, b: string): number {
  const indices = +isIndex(b) - +isIndex(a);
  return indices || (isIndex(a) && a.length - b.length) || compareText(a, b);
}
