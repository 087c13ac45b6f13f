// How `./dev bench compare` sums up what it has measured.

import assert from 'node:assert/strict';
import test from 'node:test';

import { median, summarise, toPlot, toTable } from '../../bench/compare/report.js';

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

test('the picture has a bar for each ratio', () => {
  const picture = toPlot(summarise(measured));
  assert.match(picture, /^<svg /);
  for (const ratio of ['5.5×', '11.0×', '0.5×']) assert.ok(picture.includes(`>${ratio}<`), ratio);
});
