// /metrics of real nodes, read as strictly as Prometheus would.

import assert from 'node:assert/strict';
import WebSocket from 'ws';

import { httpGet } from './lib/http.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const sample = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|[+-]Inf|NaN)$/i;

/** {families: name → type, samples: 'name{labels}' → value}; throws at a line that is none. */
function parse(text) {
  const families = new Map();
  const samples = new Map();
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name) {
      assert.ok(!families.has(name), `${name} is told in two places`);
      families.set(name, type);
    }
    if (line.startsWith('#')) continue;
    const [, of, labels, value] = sample.exec(line) ?? assert.fail(`no sample: ${line}`);
    const family = families.has(of) ? of : of.replace(/_(bucket|sum|count)$/, '');
    assert.ok(families.has(family), `${of} has no type`);
    const key = labels ? `${of}{${labels}}` : of;
    assert.ok(!samples.has(key), `${key} is told twice`);
    samples.set(key, Number(value.replace('Inf', 'Infinity')));
  }
  return { families, samples };
}

async function metricsOf(node) {
  const { status, body } = await httpGet(node.ports.admin, '/metrics');
  assert.equal(status, 200);
  return parse(body).samples;
}

/** The status of the answer to an upgrade with a token that is none. */
function fetchUpgrade(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/sync`, { headers: { authorization: 'Bearer none' } });
    socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    socket.once('error', reject);
  });
}

scenario('three nodes tell in their metrics what was done', { names: ['a', 'b', 'c'], acks: 1 }, async (cluster) => {
  const { a, b, c } = cluster;
  const [device, listener] = [await a.connect('alice'), await b.connect('alice')];
  const tab = await a.connect('alice');
  const atStart = await metricsOf(b);
  for (let n = 0; n < 30; n++) await device.set(`w${n}`, n);
  const { stamp, ack } = device.write([{ path: 'w0', delete: true }]);
  await ack;
  await tab.arrival(stamp);
  await device.write([{ path: 'late', value: 1 }], { stamp: { version: 2 ** 30, timestamp: new Date().toISOString(), sourceTabId: 'far' } })
    .ack.then(() => assert.fail('taken'), ({ code }) => assert.equal(code, 'version_ahead'));
  await cluster.converged();
  await eventually('the digests have been compared', async () => (await metricsOf(a)).get('anabranch_peer_digest_equal{peer="b"}') === 1);

  const atA = await metricsOf(a);
  const told = (name) => atA.get(`anabranch_${name}`);
  assert.equal(told('updates_accepted_total'), 31);
  assert.equal(told('updates_rejected_total{code="version_ahead"}'), 1);
  assert.equal(told('state_records'), 29);
  assert.equal(told('state_tombstones'), 1);
  assert.equal(told('connections'), 2);
  assert.equal(told('connections_opened_total'), 2);
  assert.equal(told('connections_closed_total{code="1000"}'), 0);
  assert.equal(told('ready'), 1);
  assert.equal(told('acks_waiting'), 0);
  assert.equal(told('peer_connected{peer="c"}'), 1);
  assert.equal(told('peer_lag_writes{peer="b"}'), 0);
  assert.ok(told('commit_seconds_count') >= 1);
  assert.equal(told('commit_seconds_count'), told('commit_seconds_bucket{le="+Inf"}'));
  assert.equal(told('commit_fsync_seconds_count'), told('commit_seconds_count'));
  assert.ok(told('commit_fsync_seconds_sum') <= told('commit_seconds_sum'));
  const atB = await metricsOf(b);
  assert.equal(atB.get('anabranch_peer_writes_applied_total'), 31);

  for (const [of, count] of [['update_ack_seconds', 31], ['update_sync_seconds', 31]]) {
    assert.equal(told(`${of}_count`), count, of);
    assert.equal(told(`${of}_bucket{le="+Inf"}`), count);
    assert.ok(told(`${of}_sum`) > 0 && told(`${of}_sum`) < 60, of);
  }
  assert.equal(atB.get('anabranch_update_ack_seconds_count'), 0);
  assert.equal(atB.get('anabranch_update_sync_seconds_count'), 0, 'a write of another node is not timed from a frame');
  const wasPulled = atB.get('anabranch_pulls_total') > atStart.get('anabranch_pulls_total');
  if (!wasPulled) assert.equal(atB.get('anabranch_replication_lag_seconds_count{peer="a"}'), 31);
  assert.equal(told('replication_lag_seconds_count{peer="b"}'), 0);
  assert.equal(told('queue_bytes{queue="send"}'), 0);
  assert.equal(told('peer_clock_warning{peer="b"}'), 0);
  await tab.close();
  const bad = await fetchUpgrade(a.ports.clients);
  assert.equal(bad, 401);
  await eventually('the end is counted', async () => (await metricsOf(a)).get('anabranch_connections_closed_total{code="1000"}') === 1);
  assert.equal((await metricsOf(a)).get('anabranch_upgrades_refused_total{reason="token"}'), 1);

  await c.kill();
  await eventually('the loss of a node shows', async () => (await metricsOf(a)).get('anabranch_peer_connected{peer="c"}') === 0, 15_000);
  assert.equal(listener.closed, null);
});
