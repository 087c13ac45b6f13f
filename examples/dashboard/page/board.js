// A device's board: its widgets, moved, resized, renamed and deleted by hand.

import { element } from './dom.js';
import { columns, rows } from './seed.js';
import { createContent } from './widgets.js';

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Follows the pointer from a press on `handle` to its release: `onMove(cells right, cells down)`. */
function draggable(handle, board, onMove) {
  handle.addEventListener('pointerdown', (press) => {
    if (press.button !== 0 || press.target.closest('input, button')) return;
    press.preventDefault();
    handle.setPointerCapture(press.pointerId);
    const box = board.getBoundingClientRect();
    const start = onMove.start();
    const move = (event) => {
      const right = Math.round(((event.clientX - press.clientX) / box.width) * columns);
      const down = Math.round(((event.clientY - press.clientY) / box.height) * rows);
      onMove.to(start, right, down);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  });
}

function createTile(client, board, id) {
  const at = (field) => `widgets.${id}.${field}`;
  const widget = () => client.get(`widgets.${id}`) ?? {};
  /** Writes those fields that have changed, as one. */
  const write = (fields) => {
    const changes = Object.entries(fields)
      .filter(([field, value]) => widget()[field] !== value)
      .map(([field, value]) => ({ path: at(field), value }));
    if (changes.length) client.batch(changes);
  };

  const title = element('input.name', { ariaLabel: 'Name of the widget', spellcheck: false });
  title.addEventListener('input', () => client.set(at('title'), title.value));
  const remove = element('button.icon', { title: 'Delete', onclick: () => client.delete(`widgets.${id}`) }, '×');
  const bar = element('div.handle', {}, title, remove);
  const corner = element('div.corner', { title: 'Resize' });
  const content = createContent(client, id, widget().kind);
  const root = element('article.tile', { 'data-widget': id }, bar, content.root, corner);

  draggable(bar, board, {
    start: widget,
    to: ({ x, y, w, h }, right, down) =>
      write({ x: clamp(x + right, 0, columns - w), y: clamp(y + down, 0, rows - h) }),
  });
  draggable(corner, board, {
    start: widget,
    to: ({ x, y, w, h }, right, down) =>
      write({ w: clamp(w + right, 3, columns - x), h: clamp(h + down, 3, rows - y) }),
  });

  let shown;
  return {
    root,
    show(value) {
      if (value === shown) return;
      shown = value;
      const { x = 0, y = 0, w = 4, h = 4 } = value;
      Object.assign(root.style, {
        left: `${(x / columns) * 100}%`,
        top: `${(y / rows) * 100}%`,
        width: `${(w / columns) * 100}%`,
        height: `${(h / rows) * 100}%`,
      });
      if (title.value !== value.title) title.value = value.title ?? '';
      content.show(value);
    },
    flash() {
      root.classList.remove('flash');
      // Read, so that the animation begins anew.
      void root.offsetWidth;
      root.classList.add('flash');
    },
  };
}

export function createBoard(client) {
  const root = element('div.board');
  const tiles = new Map();

  function show(widgets = {}) {
    for (const [id, tile] of tiles) {
      if (widgets[id]) continue;
      tile.root.remove();
      tiles.delete(id);
    }
    for (const [id, widget] of Object.entries(widgets)) {
      if (!tiles.has(id)) {
        tiles.set(id, createTile(client, root, id));
        root.append(tiles.get(id).root);
      }
      tiles.get(id).show(widget);
    }
  }

  client.subscribe('widgets', show);
  client.on('received', ({ path, applied }) => {
    const [, id] = path.split('.');
    if (applied && !path.includes('.series.')) tiles.get(id)?.flash();
  });
  show(client.get('widgets'));
  return root;
}
