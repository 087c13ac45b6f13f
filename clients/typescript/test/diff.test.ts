import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { apply, diff } from '../src/diff.js';
import type { Json } from '../src/index.js';
import { freeze } from '../src/json.js';
import { parsePath } from '../src/path.js';

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {};

describe('diff', () => {
  test.each<[string, object, object, object[]]>([
    ['nothing', { a: 1 }, { a: 1 }, []],
    ['a new member', {}, { a: { b: 1 } }, [{ path: 'a', value: { b: 1 } }]],
    ['a changed leaf', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 3, d: 2 } } }, [{ path: 'a.b.c', value: 3 }]],
    ['a deleted member', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, [{ path: 'a.b', delete: true }]],
    ['a member that is undefined', { a: { b: 1, c: 2 } }, { a: { b: undefined, c: 2 } }, [{ path: 'a.b', delete: true }]],
    ['undefined on both sides', { a: undefined }, {}, []],
    ['null is a value', { a: 1, b: null }, { a: null, b: 1 }, [{ path: 'a', value: null }, { path: 'b', value: 1 }]],
    ['a parent that becomes empty', { a: { b: 1 } }, { a: {} }, [{ path: 'a', value: {} }]],
    ['keys with dots and backslashes', { 'a.b': { 'c\\': 1 } }, { 'a.b': { 'c\\': 2 } }, [{ path: 'a\\.b.c\\\\', value: 2 }]],
    ['a key that no path can say', { a: { '': 1, b: 1 } }, { a: { '': 2, b: 1 } }, [{ path: 'a', value: { '': 2, b: 1 } }]],
    ['another kind', { a: { b: 1 } }, { a: [1] }, [{ path: 'a', value: [1] }]],
    ['an element', { l: ['first one', 'second one', 'third one'] }, { l: ['first one', 'x', 'third one'] }, [{ path: 'l.1', value: 'x' }]],
    ['an appended element', { l: ['one text', 'another text'] }, { l: ['one text', 'another text', 3] }, [{ path: 'l.2', value: 3 }]],
    ['inside an element', { l: [{ id: 1, text: 'long enough a text' }, 2] }, { l: [{ id: 9, text: 'long enough a text' }, 2] }, [{ path: 'l.0.id', value: 9 }]],
    ['a removed element', { l: [1, 2, 3] }, { l: [1, 3] }, [{ path: 'l', value: [1, 3] }]],
    ['an array that is another one', { l: [1, 2, 3] }, { l: [4, 5, 6] }, [{ path: 'l', value: [4, 5, 6] }]],
    ['functions are not there', { f: () => 1 }, { f: () => 2, a: 1 }, [{ path: 'a', value: 1 }]],
    ['dates are texts', { d: new Date(0) }, { d: new Date(0), e: new Date(1) }, [{ path: 'e', value: '1970-01-01T00:00:00.001Z' }]],
  ])('%s', (_, before, after, changes) => {
    expect(diff(before, after)).toEqual(changes);
  });

  it('looks at the paths that matter alone, segment by segment', () => {
    const before = { widgets: { a: 1 }, widgetsToo: 1, ui: { open: true, theme: 'dark' } };
    const after = { widgets: { a: 2 }, widgetsToo: 2, ui: { open: false, theme: 'light' } };
    expect(diff(before, after, { only: ['widgets', 'ui.theme'] })).toEqual([
      { path: 'widgets.a', value: 2 },
      { path: 'ui.theme', value: 'light' },
    ]);
  });
});

const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c', '0', '1', '2', 'x.y', 'back\\slash', 'length', 'constructor') },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }) },
);

const { tree: anyTree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const isSayable = (value: Json): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Object.entries(value).every(([name, member]) => {
    try {
      return (Array.isArray(value) || parsePath(name.replace(/[.\\]/g, '\\$&'))) && isSayable(member);
    } catch {
      return false;
    }
  });

const state = fc.dictionary(key, anyTree, { maxKeys: 4, noNullPrototype: true }).filter((value) => isSayable(value as Json));

describe('apply', () => {
  it('takes a difference back to where it came from', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        expect(apply(freeze(before) as Json, diff(before, after))).toEqual(after);
      }),
      { numRuns: 1000, ...seed },
    );
  });

  it('needs nothing for what is equal, and leaves alone what did not change', () => {
    fc.assert(
      fc.property(state, anyTree, (before, value) => {
        expect(diff(before, structuredClone(before))).toEqual([]);
        freeze(before);
        const after = apply(before as Json, [{ path: 'new', value }]) as Record<string, unknown>;
        for (const [name, member] of Object.entries(before)) if (name !== 'new') expect(after[name]).toBe(member);
      }),
      { numRuns: 300, ...seed },
    );
  });
});
