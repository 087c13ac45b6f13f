// What a board begins with, and how new widgets look. Positions are in cells of a grid of 12 by 10.

export const columns = 12;
export const rows = 10;

const id = () => Math.random().toString(36).slice(2, 8);

export const kinds = {
  note: { label: 'Note', make: () => ({ kind: 'note', title: 'Note', text: '', w: 5, h: 4 }) },
  chart: { label: 'Chart', make: () => ({ kind: 'chart', title: 'Pulse', series: {}, w: 6, h: 4 }) },
  counter: { label: 'Counter', make: () => ({ kind: 'counter', title: 'Beds free', count: 12, w: 3, h: 4 }) },
};

/** A new widget's key and value. */
export function makeWidget(kind) {
  const widget = kinds[kind].make();
  const x = Math.floor(Math.random() * (columns - widget.w + 1));
  const y = Math.floor(Math.random() * (rows - widget.h + 1));
  return [`${kind}-${id()}`, { ...widget, x, y }];
}

export const firstBoard = {
  title: 'Ward 7',
  widgets: {
    pulse: { ...kinds.chart.make(), x: 0, y: 0, w: 8, h: 5 },
    beds: { ...kinds.counter.make(), x: 8, y: 0, w: 4, h: 5 },
    handover: { ...kinds.note.make(), title: 'Handover', text: 'Type here, in any region.', x: 0, y: 5, w: 12, h: 5 },
  },
};
