// How `./dev bench compare` sums up what it has measured.

import assert from 'node:assert/strict';
import test from 'node:test';

import { curvesPlot, curveTable } from '../../bench/compare/curves.js';
import { median, replaceBetween, summarise, toPlot, toTable } from '../../bench/compare/report.js';

const measured = {
  everysec: { updates: [10_000, 14_000, 12_000], latency50: [0.2] },
  always: { updates: [6000] },
  anabranch: { updates: [60_000, 72_000, 66_000], latency50: [0.4], restart: [0.5] },
};

test('the median of rounds', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test('ratios say how many times better, whichever way is better', () => {
  const [updates, latency, restart] = summarise(measured);
  assert.deepEqual(updates.figures, { everysec: 12_000, always: 6000, anabranch: 66_000 });
  assert.deepEqual(updates.ratios, { everysec: 5.5, always: 11 });
  assert.deepEqual(latency.ratios, { everysec: 0.5 });
  assert.deepEqual(restart.ratios, {});
});

test('the table has the figures, how far rounds were apart, and the ratios', () => {
  const lines = toTable(summarise(measured)).split('\n');
  assert.equal(lines.length, 2 + 3);
  assert.equal(lines[2], '| updates a second, 1 other device | 12,000 (10,000 … 14,000) | 6,000 | 66,000 (60,000 … 72,000) | 5.5 × | 11.0 × |');
});

test('the relay, where it took part, stands beside Anabranch, and the share of it that Anabranch reaches', () => {
  const besideRelay = summarise({ ...measured, relay: { updates: [90_000, 110_000, 100_000], latency50: [0.3] } });
  const [head, , updates, latency, restart] = toTable(besideRelay).split('\n');
  assert.match(head, /\| Anabranch \| durable relay \(limit\) \|.*\| of the limit \|$/);
  assert.match(updates, /\| 66,000 \(60,000 … 72,000\) \| 100,000 \(90,000 … 110,000\) \| 5\.5 × \| 11\.0 × \| 0\.66 × \|$/);
  assert.match(latency, /\| 0\.40 \| 0\.30 \| 0\.5 × \|  \| 0\.75 × \|$/);
  assert.match(restart, /\| 0\.50 \|  \|  \|  \|  \|$/);
  const picture = toPlot(besideRelay);
  for (const share of ['0.66×', '0.75×']) assert.ok(picture.includes(`>${share}<`), share);
  assert.doesNotMatch(picture, /undefined|NaN/);
  assert.doesNotMatch(`${toTable(summarise(measured))}${toPlot(summarise(measured))}`, /relay/);
});

test('the picture has a bar for each ratio', () => {
  const picture = toPlot(summarise(measured));
  assert.match(picture, /^<svg /);
  for (const ratio of ['5.5×', '11.0×', '0.5×']) assert.ok(picture.includes(`>${ratio}<`), ratio);
});

test('a curve as a table and a picture', () => {
  const points = [{ x: 1, cpu: 30, p50: 0.5, p99: 2, memory: 40 }, { x: 1000, cpu: 60.4, p50: 0.55, p99: 3, memory: 80 }];
  assert.match(curveTable({ of: 'users' }, points), /^\| users .*\n.*\n\| 1 \| 30 \| 0\.50 \| 2\.00 \| 40 \|\n\| 1,000 \| 60 \| 0\.55 \| 3\.00 \| 80 \|$/);
  const picture = curvesPlot([{ curve: { of: 'users' }, points }]);
  assert.equal(picture.match(/<circle/g).length, 2);
  assert.doesNotMatch(picture, /NaN|Infinity/);
});

test('figures take the place of former ones on their page', () => {
  const page = 'before\n<!-- a -->\n\nold\n\n<!-- end of a -->\nafter';
  assert.equal(replaceBetween(page, 'a', 'new'), 'before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nafter');
  assert.throws(() => replaceBetween(page, 'b', 'new'), /no place/);
});
