import { describe, expect, it, test } from 'vitest';

import vectors from '../../../tests/vectors/conflicts.json' with { type: 'json' };
import { createDocument } from '../src/document.js';
import { canonical, type Json } from '../src/json.js';
import { compareSegments, parsePath, path } from '../src/path.js';
import type { Rec } from '../src/place.js';
import { compareStamps } from '../src/stamps.js';
import { permutations } from './support/orders.js';

interface VectorRecord {
  path: string;
  value?: Json;
  delete?: boolean;
  version: number;
  time: number;
  tab: string;
}

const recordOf = ({ value, delete: isDelete, version, time, tab }: VectorRecord): Rec => ({
  version,
  time,
  tab,
  value: isDelete ? undefined : (value as Json),
});

const comparePaths = (a: string, b: string): number => {
  const [left, right] = [parsePath(a), parsePath(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareSegments(left[i] as string, right[i] as string);
    if (order) return order;
  }
  return left.length - right.length;
};

describe('conflicts', () => {
  test.each(vectors.cases)('$name', ({ records, standing, state }) => {
    for (const order of permutations(records as VectorRecord[])) {
      const document = createDocument();
      const made = new Map(order.map((record) => [record, recordOf(record)]));
      for (const [record, written] of made) document.merge(record.path, written);
      expect(document.state()).toEqual(state);
      const found: Rec[] = [];
      document.drop((record) => !found.push(record));
      const wanted = standing.map((at) => records[at] as VectorRecord).sort((a, b) => comparePaths(a.path, b.path));
      expect(found).toEqual(wanted.map(recordOf));
    }
  });

  test.each(vectors.cases)('as writes that no node has yet: $name', ({ records, state }) => {
    for (const order of permutations(records as VectorRecord[])) {
      const document = createDocument();
      order.forEach((record, at) => (at % 2 ? document.merge(record.path, recordOf(record)) : document.overlay(record.path, recordOf(record))));
      expect(document.state()).toEqual(state);
    }
  });
});

describe('paths', () => {
  test.each(vectors.paths)('$path', (vector) => {
    if (!('segments' in vector)) return expect(() => parsePath(vector.path)).toThrow('path');
    expect(parsePath(vector.path)).toEqual(vector.segments);
    expect(path(...(vector.segments as string[]))).toBe(vector.path);
  });

  it('are ordered as state is laid out', () => {
    expect([...vectors.pathOrder].reverse().sort(comparePaths)).toEqual(vectors.pathOrder);
  });
});

it('orders stamps', () => {
  expect([...vectors.stampOrder].reverse().sort(compareStamps)).toEqual(vectors.stampOrder);
});

test.each(vectors.canonical)('the canonical text of $text', ({ value, text }) => {
  expect(canonical(value as Json)).toBe(text);
});
