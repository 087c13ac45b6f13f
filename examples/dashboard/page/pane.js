// One device on the page: its switches, its board, how it stands.

import { createBoard } from './board.js';
import { createSwitch, element } from './dom.js';
import { kinds, makeWidget } from './seed.js';

const words = {
  connecting: 'connecting',
  synced: 'in step',
  offline: 'offline',
  unauthorized: 'no token',
  closed: 'closed',
};

/** `onCut(isCut)`: the region's links to the others were switched. */
export function createPane(device, onCut) {
  const { client, network, region } = device;
  const status = element('span.chip');
  const pending = element('span.chip.pending');
  const digest = element('code.digest', { title: "The digest of this region's state" });

  const link = createSwitch('Region link', 'Between this node and the other regions', (isOn) => onCut(!isOn));
  const wire = createSwitch('Device network', 'Between this device and its node', (isOn) => {
    network.turn(isOn);
    root.classList.toggle('unplugged', !isOn);
  });

  const add = (kind) => {
    const [id, widget] = makeWidget(kind);
    client.set(`widgets.${id}`, widget);
  };
  const title = element('input.title', { ariaLabel: 'Title of the dashboard', spellcheck: false });
  title.addEventListener('input', () => client.set('title', title.value));

  const root = element(
    `section.pane.${region.name}`,
    { 'data-region': region.name },
    element(
      'header',
      {},
      element('div.where', {}, element('i.dot'), element('b', {}, region.name), element('small', {}, region.region)),
      element('div.chips', {}, pending, status),
      element('div.switches', {}, link.root, wire.root),
    ),
    element(
      'div.toolbar',
      {},
      title,
      ...Object.entries(kinds).map(([kind, { label }]) =>
        element('button.add', { title: `Add: ${label}`, onclick: () => add(kind) }, `+ ${label}`),
      ),
    ),
    createBoard(client),
    element('footer', {}, element('span', {}, 'state'), digest),
  );

  const showStatus = (now) => {
    status.textContent = words[now];
    status.dataset.status = now;
  };
  const showPending = (count) => {
    pending.textContent = `${count} waiting`;
    pending.hidden = count === 0;
  };
  client.on('status', showStatus);
  client.on('pending', showPending);
  client.subscribe('title', (text = '') => {
    if (title.value !== text) title.value = text;
  });
  title.value = client.get('title') ?? '';
  showStatus(client.status);
  showPending(client.pending);

  return {
    root,
    link,
    wire,
    /** What the region's node says of itself; null where it says nothing. */
    showNode(node, isCut) {
      link.set(!isCut);
      root.classList.toggle('cut', isCut);
      root.classList.toggle('down', !node);
      digest.textContent = node ? node.state.digest.slice(0, 8) : 'no answer';
    },
  };
}
