// What is inside the tiles. Each kind makes its element once and shows values as they come.

import { element } from './dom.js';

const svg = (name, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function createNote(client, id) {
  const root = element('textarea.content', { ariaLabel: 'Note', placeholder: 'Type here…', spellcheck: false });
  root.addEventListener('input', () => client.set(`widgets.${id}.text`, root.value));
  return {
    root,
    show({ text = '' }) {
      if (root.value !== text) root.value = text;
    },
  };
}

/** One line for each region, fed by that region's device. */
export const chartPoints = 24;

function createChart() {
  const drawing = svg('svg', { viewBox: '0 0 230 100', preserveAspectRatio: 'none' });
  const root = element('div.content.chart', {}, drawing);
  const lines = new Map();

  function lineOf(region) {
    if (!lines.has(region)) {
      const line = svg('polyline', { class: `line ${region}` });
      lines.set(region, line);
      drawing.append(line);
    }
    return lines.get(region);
  }

  return {
    root,
    show({ series = {} }) {
      for (const [region, points] of Object.entries(series)) {
        const right = points.map((value, i) => `${(i + chartPoints - points.length) * 10},${100 - value}`);
        lineOf(region).setAttribute('points', right.join(' '));
      }
    },
  };
}

function createCounter(client, id) {
  const number = element('output');
  const add = (step) => client.set(`widgets.${id}.count`, (client.get(`widgets.${id}.count`) ?? 0) + step);
  const root = element(
    'div.content.counter',
    {},
    element('button.round', { ariaLabel: 'One less', onclick: () => add(-1) }, '−'),
    number,
    element('button.round', { ariaLabel: 'One more', onclick: () => add(1) }, '+'),
  );
  return { root, show: ({ count = 0 }) => (number.textContent = count) };
}

const makers = { note: createNote, chart: createChart, counter: createCounter };

export const createContent = (client, id, kind) => (makers[kind] ?? createNote)(client, id);
