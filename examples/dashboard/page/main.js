import { createDevice } from './device.js';
import { createLog } from './log.js';
import { createPane } from './pane.js';
import { firstBoard } from './seed.js';
import { createTimeline } from './timeline.js';
import { giveTour } from './tour.js';
import { chartPoints } from './widgets.js';

const statusMs = 500;
const feedMs = 1000;
const $ = (id) => document.getElementById(id);
const ask = async (path, init) => (await fetch(path, init)).json();

const user = new URLSearchParams(location.search).get('user') ?? 'demo';
const regions = await ask('/api/regions');
const devices = regions.map((region) => createDevice(region, user));
const isCut = new Map(regions.map(({ name }) => [name, false]));

const panes = devices.map((device) =>
  createPane(device, async (cut) => {
    const now = await ask(`/api/cut?region=${device.region.name}&cut=${cut}`, { method: 'POST' });
    for (const region of now) isCut.set(region.name, region.isCut);
    markStep(cut ? 'cut' : 'heal');
    await showNodes();
  }),
);
$('panes').append(...panes.map(({ root }) => root));

const timeline = createTimeline($('timeline-head'), $('timeline'), regions, () => $('feeds').checked);
createLog(devices, (entry) => timeline.show(entry));

// ---- the steps

const done = new Set();

function markStep(step) {
  if (step === 'edit' && !done.has('cut')) return;
  if (step === 'heal' && !done.has('cut')) return;
  done.add(step);
  for (const item of $('steps').children) item.classList.toggle('done', done.has(item.dataset.step));
}

for (const { client } of devices) {
  client.on('acked', ({ paths }) => {
    if (paths.some((path) => !path.includes('.series.'))) markStep('edit');
  });
}

// ---- what the nodes say

async function showNodes() {
  const nodes = await ask('/api/status').catch(() => ({}));
  panes.forEach((pane, i) => pane.showNode(nodes[regions[i].name], isCut.get(regions[i].name)));
  showAgreement(regions.map(({ name }) => nodes[name]?.state.digest));
}

function showAgreement(digests) {
  const cut = [...isCut].filter(([, is]) => is).map(([name]) => name);
  const isOne = new Set(digests).size === 1 && digests[0];
  const box = $('agreement');
  box.dataset.state = isOne ? 'one' : cut.length ? 'cut' : 'catching-up';
  const words = isOne ? 'All regions hold the same state' : cut.length ? `${cut.join(' and ')} cut off` : 'Catching up…';
  if (box.textContent !== words) box.textContent = words;
}

async function watchNodes() {
  await showNodes();
  setTimeout(watchNodes, statusMs);
}

// ---- the charts' feed: each device adds a point to its region's line

function feed({ client, region }, phase) {
  for (const [id, widget] of Object.entries(client.get('widgets') ?? {})) {
    if (widget.kind !== 'chart') continue;
    const points = widget.series?.[region.name] ?? [];
    const value = 50 + 28 * Math.sin(Date.now() / 4000 + phase) + 14 * Math.random();
    client.set(`widgets.${id}.series.${region.name}`, [...points, Math.round(value)].slice(-chartPoints));
  }
}

// ---- the start

async function begin() {
  for (const region of regions) isCut.set(region.name, region.isCut);
  watchNodes();
  const [{ client }] = devices;
  const stop = client.on('status', (status) => {
    if (status !== 'synced') return;
    stop();
    if (!client.get('widgets')) client.batch(Object.entries(firstBoard).map(([path, value]) => ({ path, value })));
  });
  setInterval(() => devices.forEach((device, i) => feed(device, i * 2)), feedMs);
}

$('tour').addEventListener('click', async () => {
  $('tour').disabled = true;
  await giveTour(devices, panes, (step) => {
    for (const item of $('steps').children) item.classList.toggle('now', item.dataset.step === step);
  });
  $('tour').disabled = false;
});

begin();
