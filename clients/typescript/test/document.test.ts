import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createDocument } from '../src/document.js';
import { freeze, isArray, isObject, type Json } from '../src/json.js';
import { path } from '../src/path.js';
import { createView } from '../src/view.js';
import { standing, stateOf, type Write } from './support/naive.js';

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {};

const segment = fc.constantFrom('a', 'b', '0', '1', '2', '10', 'x.y', 'length');
const { value: anyValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('s', null, true)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0', '1', 'x.y', 'length'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const write: fc.Arbitrary<Write> = fc.record({
  segments: fc.array(segment, { minLength: 1, maxLength: 4 }),
  record: fc.record({
    version: fc.integer({ min: 1, max: 4 }),
    time: fc.integer({ min: 0, max: 2 }),
    tab: fc.constantFrom('tab-a', 'tab-b'),
    value: fc.option(anyValue, { nil: undefined, freq: 3 }),
  }),
});
const writes = fc.array(write, { maxLength: 14 });

const textOf = ({ segments }: Write): string => path(...segments);
/** A document keeps records and changes what it knows of them. */
const fresh = (one: Write) => ({ ...one.record, value: freeze(structuredClone(one.record.value)) });

const isFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));

/** Every object of `after` that equals its counterpart in `before` is that very one. */
function shares(before: unknown, after: unknown): boolean {
  if (before === after) return true;
  const comparable = (isArray(before) && isArray(after)) || (isObject(before) && isObject(after));
  if (!comparable) return true;
  if (JSON.stringify(before) === JSON.stringify(after)) return false;
  const [old, now] = [before, after] as unknown as Record<string, unknown>[];
  return Object.keys(now ?? {}).every((key) => !Object.hasOwn(old ?? {}, key) || shares(old?.[key], now?.[key]));
}

describe('a document', () => {
  it('comes to what the rules say, in whatever order writes arrive', () => {
    fc.assert(
      fc.property(writes, fc.infiniteStream(fc.nat()), (all, keys) => {
        const order = all.map((one) => ({ one, key: keys.next().value as number })).sort((a, b) => a.key - b.key);
        const document = createDocument();
        for (const { one } of order) {
          document.merge(textOf(one), fresh(one));
          if (one.record.version % 2) document.state();
        }
        expect(document.state()).toEqual(stateOf(all));
        const kept: unknown[] = [];
        document.drop(({ version, time, tab, value }) => !kept.push({ version, time, tab, value }));
        const wanted = new Set(standing(all).map((one) => JSON.stringify([textOf(one), one.record])));
        expect(kept).toHaveLength(wanted.size);
      }),
      { numRuns: 1000, ...seed },
    );
  });

  it('shows writes that wait as if they had arrived, and no trace of them when they are taken back', () => {
    fc.assert(
      fc.property(writes, writes, (received, pending) => {
        const document = createDocument();
        for (const one of received) document.merge(textOf(one), fresh(one));
        const records = pending.map((one) => [textOf(one), fresh(one)] as const);
        for (const [at, record] of records) document.overlay(at, record);
        expect(document.state()).toEqual(stateOf([...received, ...pending]));
        for (const [at, record] of records) document.withdraw(at, record);
        expect(document.state()).toEqual(stateOf(received));
      }),
      { numRuns: 500, ...seed },
    );
  });

  it('gives frozen states that share what stayed equal', () => {
    fc.assert(
      fc.property(writes, (all) => {
        const document = createDocument();
        let before = document.state();
        for (const one of all) {
          document.merge(textOf(one), fresh(one));
          const after = document.state();
          expect(isFrozen(after)).toBe(true);
          expect(shares(before, after)).toBe(true);
          before = after;
        }
      }),
      { numRuns: 500, ...seed },
    );
  });

  it('tells listeners of every change at their path, and of no other', () => {
    fc.assert(
      fc.property(writes, fc.array(segment, { minLength: 1, maxLength: 3 }), (all, at) => {
        const document = createDocument();
        const view = createView(document);
        const watched = path(...at);
        const told: unknown[] = [];
        view.subscribe(watched, (value) => told.push(value));
        const seen = [];
        let last = JSON.stringify(view.get(watched));
        for (const one of all) {
          document.merge(textOf(one), fresh(one));
          view.update();
          const now = JSON.stringify(view.get(watched));
          if (now !== last) seen.push(view.get(watched));
          last = now;
        }
        expect(told).toEqual(seen);
      }),
      { numRuns: 300, ...seed },
    );
  });
});
