// The tools of the other tests: what a diff sends, and what a simple client makes of it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { historiesMissing, loadHistories } from './lib/histories.js';
import { describeDifference, diff, inBatches } from './lib/json_diff.js';
import { comparePaths, joinPath, splitPath } from './lib/json_path.js';
import { layOut, Mirror } from './lib/layout.js';

const after = (changes) => {
  const mirror = new Mirror();
  for (const change of changes) mirror.take([change]);
  return JSON.parse(JSON.stringify(mirror.state()));
};

test('a path is what its segments were, dots and backslashes too', () => {
  for (const segments of [['a'], ['a.b', 'c\\d', '\\.', '0'], ['$$hashKey', ' ']]) {
    assert.deepEqual(splitPath(joinPath(segments)), segments);
  }
});

test('paths are in order when ancestors come first and indices go by number', () => {
  const paths = ['a', 'a.2', 'a.10', 'a.01', 'a.b', 'a.b.0', 'b'].map(splitPath);
  assert.deepEqual([...paths].reverse().sort(comparePaths), paths);
});

test('a diff names only what has changed', () => {
  const before = { title: 'x', gone: 1, panels: [{ id: 1, y: 0 }, { id: 2, y: 5 }], 'a.b': null };
  const next = { title: 'x', panels: [{ id: 1, y: 7 }, { id: 2, y: 5 }, { id: 3 }], 'a.b': false };
  assert.deepEqual(diff(before, next, ['d']), [
    { path: 'd.gone', delete: true },
    { path: 'd.panels.0.y', value: 7 },
    { path: 'd.panels.2', value: { id: 3 } },
    { path: 'd.a\\.b', value: false },
  ]);
  assert.deepEqual(diff(next, next, ['d']), []);
});

test('a diff writes a shorter array, and what no path can name, as a whole', () => {
  assert.deepEqual(diff({ l: [1, 2, 3] }, { l: [1, 2] }, ['d']), [{ path: 'd.l', value: [1, 2] }]);
  assert.deepEqual(diff({ o: { '': 1 } }, { o: { '': 2 } }, ['d']), [{ path: 'd.o', value: { '': 2 } }]);
});

test('a diff splits what is too big for a frame', () => {
  const big = { list: Array.from({ length: 40 }, (_, i) => ({ i, text: 'x'.repeat(3000) })), small: 1 };
  const changes = diff(undefined, big, ['d']);
  for (const batch of inBatches(changes)) assert.ok(Buffer.byteLength(JSON.stringify(batch)) <= 60_000);
  assert.deepEqual(after(changes), { d: big });
});

test('a simple client drops what an event at a path hides, and lays the rest out in order', () => {
  assert.deepEqual(after([{ path: 'a.b', value: 1 }, { path: 'a', value: { c: 2 } }]), { a: { c: 2 } });
  assert.deepEqual(after([{ path: 'a', value: { c: 2 } }, { path: 'a.b', value: 1 }]), { a: { c: 2, b: 1 } });
  assert.deepEqual(after([{ path: 'a.b.c', value: 1 }, { path: 'a.b.c', delete: true }]), {});
  assert.deepEqual(after([{ path: 'a', value: [1, 2, 3] }, { path: 'a.2', delete: true }, { path: 'a.0', delete: true }]), { a: [null, 2] });
  assert.deepEqual(after([{ path: 'a', value: [1] }, { path: 'a.1', value: 2 }, { path: 'a.3', value: 4 }]), { a: { 3: 4 } });
  assert.deepEqual(after([{ path: 'a', value: 5 }, { path: 'a.x', value: 1 }]), { a: { x: 1 } });
  assert.equal(JSON.stringify(layOut([[['k'], { value: JSON.parse('{"__proto__":1}') }]])), '{"k":{"__proto__":1}}');
});

test('the dashboards\' histories: the diffs of each revision make the next', { skip: historiesMissing }, (t) => {
  for (const [name, revisions] of Object.entries(loadHistories())) {
    const mirror = new Mirror();
    let [writes, bytes] = [0, 0];
    revisions.forEach((state, at) => {
      for (const batch of inBatches(diff(revisions[at - 1], state, [name]))) {
        mirror.take(batch);
        writes += 1;
        bytes += Buffer.byteLength(JSON.stringify(batch));
        assert.ok(Buffer.byteLength(JSON.stringify(batch)) <= 60_000);
      }
      assert.equal(describeDifference(mirror.state(), { [name]: state }), '', `${name}, revision ${at}`);
    });
    t.diagnostic(`${name}: ${revisions.length} revisions in ${writes} writes of ${bytes} bytes`);
  }
});
