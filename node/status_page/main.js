// Asks the node for its status again and again.

const tokenKey = 'anabranch-admin-token';
const patienceMs = 5000;
let lastSeen = null;
let timer = null;

const charts = [
  { label: 'Accepted / s', series: new Rate(), format: rate, of: ({ counters }) => counters.updates_accepted },
  { label: 'Stale / s', series: new Rate(), format: rate, of: ({ counters }) => counters.updates_stale },
  { label: 'Rejected / s', series: new Rate(), format: rate, of: ({ counters }) => counters.updates_rejected },
  { label: 'Peer writes / s', series: new Rate(), format: rate, of: ({ counters }) => counters.peer_writes_applied },
  { label: 'Connections', series: new Series(), format: count, of: ({ clients }) => clients.connections },
  { label: 'Acks waiting', series: new Series(), format: count, of: ({ acks }) => acks.waiting },
];
for (const chart of charts) chart.tile = makeTile(chart);
setText(find('window'), `last ${Math.round((keptPoints * pollMs) / 60_000)} minutes`);

/** How many writes each peer lacked, by its name. */
let lags = new Map();

function takeLags(peers) {
  const before = lags;
  lags = new Map(peers.map(({ name }) => [name, before.get(name) ?? new Series()]));
  for (const { name, lag_writes: lag } of peers) lags.get(name).add(lag ?? null);
}

function draw(chart) {
  showTile(chart.tile, chart.series, chart.format);
}

function take(status) {
  lastSeen = new Date();
  find('entrance').hidden = true;
  find('banner').hidden = true;
  find('status').hidden = false;
  find('status').classList.remove('stale');
  for (const chart of charts) {
    const value = chart.of(status);
    if (chart.series instanceof Rate) chart.series.take(value, status.uptime_seconds);
    else chart.series.add(value);
    draw(chart);
  }
  takeLags(status.peers);
  showStatus(status, (name) => lags.get(name));
}

function tellUnreachable() {
  const seen = lastSeen ? `Last seen at ${lastSeen.toLocaleTimeString()}; what is below was true then.` : 'It has not answered yet.';
  setText(find('banner'), `This node cannot be reached. ${seen}`);
  find('banner').hidden = false;
  find('status').classList.add('stale');
  for (const chart of charts) {
    chart.series.add(null);
    draw(chart);
  }
  for (const series of lags.values()) series.add(null);
}

function askForToken(wasRefused) {
  clearTimeout(timer);
  sessionStorage.removeItem(tokenKey);
  if (wasRefused) setText(find('entrance-reason'), 'The node does not take this token.');
  find('status').hidden = true;
  find('banner').hidden = true;
  find('entrance').hidden = false;
  find('token').focus();
}

async function poll() {
  const token = sessionStorage.getItem(tokenKey);
  try {
    const answer = await fetch('v1/status', {
      cache: 'no-store',
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(patienceMs),
    });
    if (answer.status === 401) return askForToken(token !== null);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    take(await answer.json());
  } catch {
    tellUnreachable();
  }
  timer = setTimeout(poll, pollMs);
}

find('entrance').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(tokenKey, find('token').value.trim());
  find('token').value = '';
  poll();
});

poll();
