// The table of writes below the panes.

import { element } from './dom.js';

const shownRows = 40;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const isFeed = (entry) => entry.path.includes('.series.');

function describe(value) {
  if (value === undefined) return 'deleted';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

const duration = (ms) => (ms < 1000 ? `${Math.max(ms, 0).toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`);

function describeArrival(entry, region) {
  const at = entry.arrived.get(region);
  if (entry.by === region) return element('td.own', {}, `on disk, ${duration(at - entry.sent)}`);
  if (at === undefined && entry.passed.has(region)) return element('td.none', {}, 'overtaken');
  if (at === undefined) return element('td.wait', {}, 'under way…');
  return element('td', {}, entry.sent === undefined ? '' : duration(at - entry.sent));
}

function describeEnd(entry) {
  if (entry.lost) return element('td', {}, element('span.badge.lost', {}, 'lost'), ` ${entry.lost}`);
  if (entry.won) return element('td', {}, element('span.badge.won', {}, 'won'), ' over a write it did not know');
  return element('td');
}

export function createTimeline(head, body, regions, showFeeds) {
  const rows = new Map();
  head.append(
    element(
      'tr',
      {},
      ...['Time', 'From', 'Path', 'Value', 'Version'].map((text) => element('th', {}, text)),
      ...regions.map(({ name }) => element(`th.${name}`, {}, element('i.dot'), name)),
      element('th', {}, 'Conflict'),
    ),
  );

  function makeRow(entry) {
    return element(
      'tr',
      {},
      element('td', {}, clock.format(entry.time)),
      element(`td.${entry.by ?? 'none'}`, {}, element('i.dot'), entry.by ?? '…'),
      element('td', {}, element('code', {}, entry.path)),
      element('td.value', {}, describe(entry.value)),
      element('td.number', {}, `${entry.version}`),
      ...regions.map(({ name }) => describeArrival(entry, name)),
      describeEnd(entry),
    );
  }

  return {
    show(entry) {
      if (isFeed(entry) && !showFeeds()) return;
      const row = makeRow(entry);
      if (rows.has(entry.key)) rows.get(entry.key).replaceWith(row);
      else body.prepend(row);
      rows.set(entry.key, row);
      while (body.rows.length > shownRows) body.lastElementChild.remove();
      if (rows.size > 10 * shownRows) for (const [key, old] of rows) if (!old.isConnected) rows.delete(key);
    },
  };
}
