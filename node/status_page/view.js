// Turns a status into what people read. Texts of the status come in by textContent alone.

const unknown = '–';
const find = (id) => document.getElementById(id);
const svgName = 'http://www.w3.org/2000/svg';

function element(name, className = '', ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** Touches the page only where something has changed, so that readers of it are not told twice. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const isKnown = (value) => value !== null && value !== undefined;
const count = (value) => (isKnown(value) ? whole.format(value) : unknown);
const plural = (number, word) => `${whole.format(number)} ${word}${number === 1 ? '' : 's'}`;
const rate = (value) => (!isKnown(value) ? unknown : value >= 100 || value === 0 ? whole.format(value) : tenths.format(value));

function duration(seconds) {
  if (!isKnown(seconds)) return unknown;
  if (seconds < 60) return `${tenths.format(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds / 3600) % 24)} h`;
}

function size(bytes) {
  if (!isKnown(bytes)) return unknown;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(step ? tenths : whole).format(bytes / 1024 ** step)} ${units[step]}`;
}

function clock(offsetMs) {
  if (!isKnown(offsetMs)) return unknown;
  const sign = offsetMs < 0 ? '−' : '+';
  const off = Math.abs(offsetMs);
  return off < 1000 ? `${sign}${tenths.format(off)} ms` : `${sign}${tenths.format(off / 1000)} s`;
}

/** A word with a mark before it: colour alone tells nothing. */
const marks = { good: '✓', wait: '•', bad: '!' };
function word(kind, text) {
  if (!(kind in marks)) return element('span', '', text);
  const mark = element('span', 'mark', marks[kind]);
  mark.setAttribute('aria-hidden', 'true');
  return element('span', kind, mark, text);
}

function statesOf(status) {
  const states = [];
  if (status.draining) states.push(['wait', 'Draining']);
  else states.push(status.ready ? ['good', 'Ready'] : ['bad', 'Not ready']);
  if (status.admitted === false) states.push(['wait', 'Not admitted yet']);
  if (!status.storage_ok) states.push(['bad', 'Storage refuses writes']);
  if (status.damaged) states.push(['bad', 'Records damaged']);
  return states;
}

function linkOf(peer) {
  if (!peer.connected) return isKnown(peer.last_heartbeat_seconds) ? ['bad', 'Silent'] : ['bad', 'Not heard yet'];
  if (peer.draining) return ['wait', 'Draining'];
  if (peer.admitted === false) return ['wait', 'Not admitted yet'];
  return peer.ready === false ? ['wait', 'Not ready'] : ['good', 'Connected'];
}

function digestOf(peer) {
  if (!isKnown(peer.digest_equal)) return ['', 'Not compared'];
  return peer.digest_equal ? ['good', 'Equal'] : ['bad', 'Differs'];
}

function epochOf(peer, own) {
  if (!isKnown(peer.epoch)) return ['', unknown, ''];
  if (peer.epoch === own) return ['', count(peer.epoch), ''];
  return ['wait', count(peer.epoch), peer.epoch < own ? 'peer is behind' : 'this node is behind'];
}

function cell(label, isNumber, main, more = '') {
  const made = element('td', isNumber ? 'number' : '', main);
  made.dataset.label = label;
  made.setAttribute('role', 'cell');
  if (more) made.append(element('span', 'more', more));
  return made;
}

/** What can be said below a digest. */
function digestNote(peer) {
  if (!peer.connected) return isKnown(peer.epoch) ? 'when last heard' : '';
  return isKnown(peer.digest_equal) ? '' : 'writes are under way';
}

function lagChart(series) {
  const chart = makeChart();
  drawChart(chart, series);
  const words = isKnown(series.peak) ? `Peak ${plural(series.peak, 'write')}` : 'Not known yet';
  return element('span', 'chart', chart.svg, element('span', 'unseen', words));
}

function peerRow(peer, own, clockLimitMs, lags) {
  const head = element('th', '', peer.name, element('span', 'soft', peer.region || 'no region'));
  head.scope = 'row';
  head.setAttribute('role', 'rowheader');
  const isFarOff = Math.abs(peer.clock_offset_ms ?? 0) > clockLimitMs;
  const [epochKind, epoch, who] = epochOf(peer, own);
  const lagSeconds = peer.lag_writes > 0 ? `for ${duration(peer.lag_seconds)}` : '';
  const row = element('tr', '', head,
    cell('Link', false, word(...linkOf(peer))),
    cell('Lag', true, isKnown(peer.lag_writes) ? plural(peer.lag_writes, 'write') : unknown, lagSeconds),
    cell('Recent lag', false, lagChart(lags)),
    cell('Behind', true, isKnown(peer.behind_writes) ? plural(peer.behind_writes, 'write') : unknown),
    cell('Digest', false, word(...digestOf(peer)), digestNote(peer)),
    cell('Clock', true, isFarOff ? word('bad', clock(peer.clock_offset_ms)) : clock(peer.clock_offset_ms)),
    cell('Epoch', true, epochKind ? word(epochKind, epoch) : epoch, who),
    cell('Heartbeat', true, isKnown(peer.last_heartbeat_seconds) ? `${duration(peer.last_heartbeat_seconds)} ago` : unknown));
  row.setAttribute('role', 'row');
  row.classList.toggle('old', !peer.connected);
  return row;
}

const namedAtMost = 3;
function named(names) {
  const more = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The sentence that is read out when it changes. */
function summaryOf(status) {
  const { peers } = status;
  const own = statesOf(status).map(([, text]) => text.toLowerCase()).join(', ');
  if (peers.length === 0) return `This node stands alone: ${own}.`;
  const silent = peers.filter(({ connected }) => !connected).map(({ name }) => name);
  const draining = peers.filter((peer) => peer.connected && peer.draining).map(({ name }) => name);
  const different = peers.filter(({ digest_equal: equal }) => equal === false).map(({ name }) => name);
  const up = peers.length + 1 - silent.length;
  const parts = [`${up} of ${plural(peers.length + 1, 'node')} up`, `this one ${own}`];
  if (silent.length > 0) parts.push(`silent: ${named(silent)}`);
  if (draining.length > 0) parts.push(`draining: ${named(draining)}`);
  if (different.length > 0) parts.push(`digest differs: ${named(different)}`);
  return `${parts.join('; ')}.`;
}

/** Why deletes are kept for longer than they need be, where they are. */
function tombstonesOf({ state, collection, counters }) {
  const obstacle = collection.held_back_by;
  return `${plural(counters.tombstones_collected, 'tombstone')} collected, ${isKnown(obstacle) ? `now held back: ${obstacle}` : `${count(state.tombstones)} kept`}`;
}

function factsOf(status) {
  const { state, clients, acks, queues, counters, replica_id: replica } = status;
  return [
    ['State', `${plural(state.users, 'user')}, ${plural(state.records, 'record')}, ${plural(state.tombstones, 'tombstone')}, ${size(state.bytes)}`],
    ['Clients', `${plural(clients.connections, 'connection')}, ${plural(clients.users, 'user')}`],
    ['Replicated acks', acks.required > 0 ? `${count(acks.waiting)} waiting, ${plural(acks.required, 'other node')} required` : 'not sent'],
    ['Memory', `${size(queues.document_bytes)} documents, ${size(queues.stream_bytes)} streams`],
    ['Queues', `${plural(queues.held, 'answer')} waiting for the disk, ${plural(queues.pull_pieces, 'piece')} of a pull`],
    ['Gaps and pulls', `${plural(counters.gaps_found, 'gap')} found, ${plural(counters.pulls, 'pull')}`],
    ['Divergences', `${count(counters.divergences_found)} found, ${count(counters.divergences_repaired)} repaired`],
    ['Collection', tombstonesOf(status)],
    ['Digest', state.digest],
    ['Replica', replica],
  ];
}

/** Made anew only when one has changed, for somebody may be copying a digest. */
let shownFacts = '';
function showFacts(status) {
  const facts = factsOf(status);
  if (String(facts) === shownFacts) return;
  shownFacts = String(facts);
  find('facts').replaceChildren(...facts.map(([name, value]) => element('div', '', element('dt', '', name), element('dd', '', value))));
}

function makeChart() {
  const svg = document.createElementNS(svgName, 'svg');
  svg.setAttribute('viewBox', '0 0 100 32');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const [area, line] = [0, 1].map(() => svg.appendChild(document.createElementNS(svgName, 'path')));
  area.setAttribute('class', 'area');
  return { svg, line, area };
}

function drawChart(chart, series) {
  const { line, area } = chartLines(series.points);
  chart.line.setAttribute('d', line);
  chart.area.setAttribute('d', area);
}

function makeTile({ label }) {
  const chart = makeChart();
  const peak = element('span', 'peak');
  const value = element('div', 'value', unknown);
  find('tiles').append(element('li', '', element('div', 'label', label), value, chart.svg, peak));
  return { value, chart, peak };
}

function showTile(tile, series, format) {
  setText(tile.value, format(series.last));
  setText(tile.peak, isKnown(series.peak) ? `peak ${format(series.peak)}` : '');
  drawChart(tile.chart, series);
}

/** `lagOf`: the series of a peer's lag. */
function showStatus(status, lagOf) {
  document.title = `${status.name} · Anabranch`;
  setText(find('name'), status.name);
  setText(find('about'), [status.region, `cluster ${status.cluster.name}`, `epoch ${status.cluster.epoch}`,
    `version ${status.version}`, `up ${duration(Math.floor(status.uptime_seconds))}`].filter(Boolean).join(' · '));
  find('states').replaceChildren(...statesOf(status).map(([kind, text]) => element('li', kind, word(kind, text))));
  setText(find('summary'), summaryOf(status));
  const rows = status.peers.map((peer) =>
    peerRow(peer, status.cluster.epoch, status.clock_offset_limit_ms, lagOf(peer.name)));
  find('peers').tBodies[0].replaceChildren(...rows);
  find('peers').hidden = rows.length === 0;
  find('no-peers').hidden = rows.length > 0;
  showFacts(status);
}
