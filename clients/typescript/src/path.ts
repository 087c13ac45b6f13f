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

/** What is between dots that no backslash escapes. */
const segmentPattern = /(?:\\[.\\]|[^.\\])+/gu;
const pathPattern = new RegExp(`^${segmentPattern.source}(?:\\.${segmentPattern.source})*$`, 'u');

function problemOf(text: string, segments: string[]): string | false {
  if (!pathPattern.test(text)) return 'an empty segment, or a backslash before neither dot nor backslash';
  if (byteLength(text) > 1024 || segments.length > 32 || segments.some((segment) => byteLength(segment) > 256))
    return 'more than 1024 bytes, 32 segments or 256 bytes in one';
  if (/[\0-\x1f\x7f]/.test(text) || isBroken(text)) return 'a control character or half of a surrogate pair';
  return segments.includes('__proto__') && '__proto__ is not allowed';
}

/** The segments of a path; throws `invalid_path` saying what is wrong with it. */
export function parsePath(text: string): string[] {
  const segments = (text.match(segmentPattern) ?? []).map((segment) => segment.replace(/\\(.)/g, '$1'));
  const problem = problemOf(text, segments);
  if (problem) throw new SyncError('invalid_path', `path ${JSON.stringify(text)}: ${problem}`, [text]);
  return segments;
}

/** The order of segments in which state is laid out: indices first and by number, others bytewise. */
export function compareSegments(a: string, b: string): number {
  const indices = +isIndex(b) - +isIndex(a);
  return indices || (isIndex(a) && a.length - b.length) || compareText(a, b);
}
