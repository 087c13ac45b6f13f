// The figures as a table with ratios, and as a picture.

import { rows } from './workloads.js';

export const stackNames = {
  everysec: 'Socket.IO + Redis, fsync each second',
  always: 'Socket.IO + Redis, fsync always',
  anabranch: 'Anabranch',
};

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
    for (const stack of ['everysec', 'always']) {
      if (!isNumber(figures[stack]) || !isNumber(figures.anabranch)) continue;
      ratios[stack] = better === 'more' ? figures.anabranch / figures[stack] : figures[stack] / figures.anabranch;
    }
    return { key, name, figures, spread, ratios };
  }).filter(({ figures }) => Object.keys(figures).length > 0);
}

const number = (value, digits) => (isNumber(value) ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '');
const times = (value) => (isNumber(value) ? `${value.toFixed(1)} ×` : '');

/** Markdown. A figure is the median of the rounds, with the least and the most where there were several. */
export function toTable(summary) {
  const cell = ({ key, figures, spread }, stack) => {
    if (!isNumber(figures[stack])) return '';
    const { digits } = rows[key];
    const [least, most] = spread[stack];
    const range = least === most ? '' : ` (${number(least, digits)} … ${number(most, digits)})`;
    return `${number(figures[stack], digits)}${range}`;
  };
  const head = ['', ...Object.values(stackNames), 'better than fsync each second', 'than fsync always'];
  const lines = summary.map((row) => [row.name, ...Object.keys(stackNames).map((stack) => cell(row, stack)), times(row.ratios.everysec), times(row.ratios.always)]);
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
  const colours = { everysec: '#3b7dd8', always: '#e07b39' };
  const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick >= least && tick <= most);
  const grid = ticks.map((tick) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="${top - 8}" y2="${height - 12}" stroke="${tick === 1 ? '#555' : '#ccc'}"/><text x="${x(tick)}" y="${top - 12}" text-anchor="middle">${tick}×</text>`);
  const shown = bars.map(({ name, stack, ratio }, at) => {
    const y = top + at * step;
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    const label = at > 0 && bars[at - 1].name === name ? '' : `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`;
    return `${label}<rect x="${from}" y="${y}" width="${Math.max(1, to - from)}" height="${step - 6}" fill="${colours[stack]}"/><text x="${to + 4}" y="${y + 12}">${ratio.toFixed(1)}×</text>`;
  });
  const legend = Object.entries(colours).map(([stack, colour], at) => `<rect x="${left + at * 290 - 100}" y="12" width="12" height="12" fill="${colour}"/><text x="${left + at * 290 - 83}" y="22">than ${escape(stackNames[stack])}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>How many times better Anabranch is, one core for all servers of a stack</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...legend, ...grid, ...shown,
    '</svg>', '',
  ].join('\n');
}
