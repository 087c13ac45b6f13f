// The figures as a table with ratios, and as a picture.

import { rows } from './workloads.js';

export const stackNames = {
  everysec: 'Socket.IO + Redis, fsync each second',
  always: 'Socket.IO + Redis, fsync always',
  anabranch: 'Anabranch',
  relay: 'durable relay (limit)',
};

/** What Anabranch is compared with, and what the column of its ratios is called. */
const ratioNames = { everysec: 'better than fsync each second', always: 'than fsync always', relay: 'of the limit' };

export const median = (numbers) => {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** [{key, name, figures: stack → number, spread: stack → [least, most], ratios: stack → number}] of measurements: stack → key → [number of each round]. */
export function summarise(measured) {
  return Object.entries(rows).map(([key, { name, better }]) => {
    const figures = {};
    const spread = {};
    for (const stack of Object.keys(stackNames)) {
      const rounds = (measured[stack]?.[key] ?? []).filter(isNumber);
      if (rounds.length === 0) continue;
      figures[stack] = median(rounds);
      spread[stack] = [Math.min(...rounds), Math.max(...rounds)];
    }
    const ratios = {};
    for (const stack of Object.keys(ratioNames)) {
      if (!isNumber(figures[stack]) || !isNumber(figures.anabranch)) continue;
      ratios[stack] = better === 'more' ? figures.anabranch / figures[stack] : figures[stack] / figures.anabranch;
    }
    return { key, name, figures, spread, ratios };
  }).filter(({ figures }) => Object.keys(figures).length > 0);
}

const number = (value, digits) => (isNumber(value) ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '');
/** A ratio. What is below the limit needs two digits, what is several times better one. */
const factor = (value, stack) => value.toFixed(stack === 'relay' ? 2 : 1);
const times = (value, stack) => (isNumber(value) ? `${factor(value, stack)} ×` : '');

/** The stacks of `names` that have a place: all, but for a relay that took no part. */
const placesOf = (names, summary) => Object.keys(names).filter((stack) => stack !== 'relay' || summary.some(({ figures }) => isNumber(figures.relay)));

/** Markdown. A figure is the median of the rounds, with the least and the most where there were several. */
export function toTable(summary) {
  const cell = ({ key, figures, spread }, stack) => {
    if (!isNumber(figures[stack])) return '';
    const { digits } = rows[key];
    const [least, most] = spread[stack];
    const range = least === most ? '' : ` (${number(least, digits)} … ${number(most, digits)})`;
    return `${number(figures[stack], digits)}${range}`;
  };
  const stacks = placesOf(stackNames, summary);
  const ratios = placesOf(ratioNames, summary);
  const head = ['', ...stacks.map((stack) => stackNames[stack]), ...ratios.map((stack) => ratioNames[stack])];
  const lines = summary.map((row) => [row.name, ...stacks.map((stack) => cell(row, stack)), ...ratios.map((stack) => times(row.ratios[stack], stack))]);
  return [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page with new text between <!-- NAME --> and <!-- end of NAME -->. */
export function replaceBetween(page, name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for its ${name}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/**
 * How many times better, on a logarithmic scale: one bar for each row and stack that is compared with.
 * What is worse goes to the left.
 */
export function toPlot(summary) {
  const bars = summary.flatMap(({ name, ratios }) => Object.entries(ratios).map(([stack, ratio]) => ({ name, stack, ratio })));
  const [left, width, step, top] = [360, 440, 22, 66];
  const least = Math.min(1, ...bars.map(({ ratio }) => ratio)) * 0.8;
  const most = Math.max(10, ...bars.map(({ ratio }) => ratio)) * 1.2;
  const x = (ratio) => left + (Math.log(ratio / least) / Math.log(most / least)) * width;
  const height = top + bars.length * step + 16;
  const colours = { everysec: '#3b7dd8', always: '#e07b39', relay: '#777' };
  const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick >= least && tick <= most);
  const grid = ticks.map((tick) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="${top - 8}" y2="${height - 12}" stroke="${tick === 1 ? '#555' : '#ccc'}"/><text x="${x(tick)}" y="${top - 12}" text-anchor="middle">${tick}×</text>`);
  const shown = bars.map(({ name, stack, ratio }, at) => {
    const y = top + at * step;
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    const label = at > 0 && bars[at - 1].name === name ? '' : `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`;
    return `${label}<rect x="${from}" y="${y}" width="${Math.max(1, to - from)}" height="${step - 6}" fill="${colours[stack]}"/><text x="${to + 4}" y="${y + 12}">${factor(ratio, stack)}×</text>`;
  });
  const legend = placesOf(colours, summary).map((stack, at) => `<rect x="${20 + at * 290}" y="12" width="12" height="12" fill="${colours[stack]}"/><text x="${37 + at * 290}" y="22">than ${escape(stackNames[stack])}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>How many times better Anabranch is, one core for all servers of a stack</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...legend, ...grid, ...shown,
    '</svg>', '',
  ].join('\n');
}
