// The alerts and the dashboard of deploy/, with a real Prometheus that scrapes three real nodes.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { repositoryRoot } from './lib/binary.js';
import { dashboard, filledIn, metricsIn, queries } from './lib/grafana.js';
import { exampleFolder, Prometheus, prometheusMissing, promtool } from './lib/prometheus.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const skip = prometheusMissing;
const adminToken = 'an-admin-token-of-more-than-thirty-two-bytes';

/** Metrics that a node tells only where there is something to tell, and here there is not. */
const notHere = ['anabranch_tls_certificate_expiry_seconds'];

/** Metrics of a change that is not merged yet. Empty once it is. */
const notThereYet = [];

/** Panels that are empty until then. */
const emptyUntilThen = [];

test('promtool finds no mistake in the example and its rules', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anabranch-promtool-'));
  try {
    cpSync(exampleFolder, folder, { recursive: true });
    writeFileSync(join(folder, 'anabranch-admin.token'), adminToken);
    promtool('check', 'config', join(folder, 'prometheus.yml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each alert fires when it should, and only then', { skip }, () => {
  const tests = readdirSync(join(exampleFolder, 'tests')).filter((name) => name.endsWith('.test.yml'));
  assert.ok(tests.length >= 4);
  promtool('test', 'rules', ...tests.map((name) => join(exampleFolder, 'tests', name)));
});

test('the dashboard is laid out without holes in what Grafana needs', () => {
  const { panels, templating } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  assert.deepEqual(templating.list.map(({ name }) => name), ['datasource', 'job', 'instance']);
  const taken = new Map();
  for (const { title, type, targets, datasource, description, gridPos: { x, y, w, h } } of panels) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let at = 0; at < w * h; at++) {
      const cell = `${x + (at % w)} ${y + Math.floor(at / w)}`;
      assert.ok(!taken.has(cell), `${title} lies over ${taken.get(cell)}`);
      taken.set(cell, title);
    }
    if (type === 'row') continue;
    assert.ok(description, `${title} has no description`);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
      assert.deepEqual(source, { type: 'prometheus', uid: '${datasource}' }, title);
    }
  }
});

async function startAskingForToken(cluster) {
  for (const node of cluster.nodes) {
    node.demandToken(adminToken);
    cluster.writeFiles(node);
  }
  await cluster.start();
}

const stamped = (version) => ({ version, timestamp: new Date().toISOString(), sourceTabId: 'another' });

/** Writes of all kinds at all nodes, until it is told to stop. */
async function makeTraffic(nodes) {
  const devices = [];
  for (const node of nodes) devices.push(await node.connect('alice'));
  let isOver = false;
  const write = async (device, at) => {
    for (let n = 0; !isOver; n++) {
      const path = `of${at}.w${n % 50}`;
      await device.set(path, n);
      if (n % 10 === 5) await device.write([{ path, value: 'late' }], { stamp: stamped(1) }).ack;
      if (n % 10 === 7) await device.write([{ path, value: 'from afar' }], { stamp: stamped(2 ** 40) }).ack.catch(() => {});
      if (n % 10 === 9) await device.delete(path);
    }
  };
  const all = Promise.all(devices.map(write));
  all.catch(() => {});
  return {
    async stop() {
      isOver = true;
      await all;
    },
  };
}

const targetsOf = (nodes) => Object.fromEntries(nodes.map(({ name, ports }) => [name, ports.admin]));

/** Runs `body(prometheus)` with one that scrapes the cluster. */
async function withPrometheus(cluster, body) {
  const prometheus = await Prometheus.start(join(cluster.folder, 'prometheus'), { targets: targetsOf(cluster.nodes), adminToken });
  try {
    await body(prometheus);
  } finally {
    await prometheus.stop();
  }
}

const valuesOf = async (prometheus, query, label = 'instance') =>
  Object.fromEntries((await prometheus.query(query)).map(({ labels, value }) => [labels[label], value]));

/** The names of all families that the nodes tell, histograms with their parts. */
async function metricsOf(nodes) {
  const names = new Set(['up', 'ALERTS']);
  for (const node of nodes) {
    for (const [, name, type] of (await node.admin('/metrics')).matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      for (const end of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) names.add(name + end);
    }
  }
  return names;
}

const partOf = /_(bucket|sum|count)$/;
const isAwaited = (name) => notThereYet.includes(name.replace(partOf, ''));

function checkNames(told, expr, where) {
  const unknown = metricsIn(expr).filter((name) => !told.has(name) && !isAwaited(name) && !notHere.includes(name));
  assert.deepEqual(unknown, [], `${where} reads metrics that no node tells`);
}

async function checkRules(prometheus, told) {
  const rules = await eventually('all rules have been evaluated', async () => {
    const all = await prometheus.rules();
    return all.every(({ health }) => health !== 'unknown') && all;
  });
  const handbook = readFileSync(join(repositoryRoot, 'docs/operations/alerts.md'), 'utf8');
  const alerts = rules.filter(({ type }) => type === 'alerting');
  for (const { type, name } of rules) if (type === 'recording') told.add(name);
  assert.ok(alerts.length >= 20);
  for (const { name, health, lastError, query } of rules) {
    assert.equal(health, 'ok', `${name}: ${lastError}`);
    checkNames(told, query, name);
  }
  for (const { name, labels, annotations } of alerts) {
    assert.match(labels.severity, /^(critical|warning)$/, name);
    assert.ok(annotations.summary && annotations.description, name);
    assert.equal(annotations.runbook, `docs/operations/alerts.md#${name.toLowerCase()}`);
    assert.match(handbook, new RegExp(`^### ${name}$`, 'm'), 'the handbook tells what to do');
  }
  const [described, known] = [[...handbook.matchAll(/^### (Anabranch\w+)$/gm)].map(([, name]) => name), alerts.map(({ name }) => name)];
  assert.deepEqual(described.sort(), known.sort(), 'the handbook tells of these alerts and no others');
}

async function checkDashboard(prometheus, told) {
  for (const { panel, expr, legend } of queries) {
    const query = filledIn(expr, { job: 'anabranch', range: '30s' });
    checkNames(told, query, panel);
    const series = await prometheus.series(query, 30);
    if (metricsIn(query).some((name) => !told.has(name)) || emptyUntilThen.includes(panel)) continue;
    assert.ok(series.length > 0, `${panel} is empty: ${query}`);
    for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
      assert.ok(series.every((labels) => label in labels), `${panel}: no ${label} in ${JSON.stringify(series[0])}`);
    }
  }
}

scenario('Prometheus scrapes three nodes, and the dashboard shows them', { names: ['eu', 'us', 'ap'], acks: 1, start: false, skip, timeoutMs: 180_000 }, async (cluster) => {
  await startAskingForToken(cluster);
  const traffic = await makeTraffic(cluster.nodes);
  await withPrometheus(cluster, async (prometheus) => {
    await eventually('all nodes are scraped', async () =>
      assert.deepEqual(await valuesOf(prometheus, 'up'), { eu: 1, us: 1, ap: 1 }) ?? true);
    await eventually('the traffic shows', async () => {
      const rates = await prometheus.query('rate(anabranch_updates_accepted_total[30s]) > 0 and rate(anabranch_peer_writes_applied_total[30s]) > 0');
      return rates.length === 3;
    });
    await traffic.stop();
    await cluster.converged();
    await eventually('the digests show', async () => (await prometheus.query('anabranch_peer_digest_equal == 1')).length === 6);
    const told = await metricsOf(cluster.nodes);
    await checkRules(prometheus, told);
    await checkDashboard(prometheus, told);
    for (const name of ['job', 'instance']) {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(dashboard.templating.list.find((one) => one.name === name).definition);
      const values = await prometheus.api(`label/${label}/values`, { 'match[]': selector.replace('$job', 'anabranch') });
      assert.deepEqual(values, name === 'job' ? ['anabranch'] : ['ap', 'eu', 'us']);
    }
  });
});

scenario('a node that is killed raises one alert, which ends with its return', { names: ['eu', 'us', 'ap'], start: false, skip, timeoutMs: 180_000 }, async (cluster) => {
  await startAskingForToken(cluster);
  const { eu, us, ap } = cluster;
  await withPrometheus(cluster, async (prometheus) => {
    const down = async () => (await prometheus.firing()).filter(({ labels }) => labels.alertname === 'AnabranchNodeDown');
    await eventually('all nodes are scraped', async () => (await prometheus.query('up == 1')).length === 3);
    assert.deepEqual(await down(), []);
    await ap.kill();
    const [alert, ...others] = await eventually('the alert fires', async () => {
      const alerts = await down();
      return alerts.length > 0 && alerts;
    }, 30_000);
    assert.deepEqual(others, []);
    assert.deepEqual(alert.labels, { alertname: 'AnabranchNodeDown', severity: 'critical', job: 'anabranch', instance: 'ap' });
    assert.equal(alert.annotations.summary, 'ap does not answer');
    await eventually('the others miss it', async () => (await prometheus.query('anabranch_peer_connected{peer="ap"} == 0')).length === 2, 30_000);
    const state = queries.find(({ panel }) => panel === 'Nodes').expr;
    assert.deepEqual(await valuesOf(prometheus, filledIn(state, { job: 'anabranch', range: '30s' })), { eu: 4, us: 4, ap: 0 });
    const unreachable = (await prometheus.rules()).find(({ name }) => name === 'AnabranchPeerUnreachable');
    assert.deepEqual(await prometheus.query(unreachable.query), [], 'a node that is down is told of once');
    await ap.start();
    await eventually('the alert ends', async () => (await down()).length === 0, 30_000);
    await cluster.connected([eu, us, ap]);
  });
});
