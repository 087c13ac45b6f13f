// What a node's log tells: the way of a traced update, the life of a connection, clocks that are off.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { runBinary } from './lib/binary.js';
import { skewMissing, SkewedClock } from './lib/clock.js';
import { httpGet } from './lib/http.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const two = { names: ['a', 'b'], log: { format: 'json', level: 'info' } };
const debug = { ...two, log: { format: 'json', level: 'debug' } };

const hashOf = (user) => createHash('sha256').update(`system-test\0${user}`).digest('hex').slice(0, 12);

/** The lines of an event, in their order; waits until there are so many. */
const linesOf = (node, event, count = 1) =>
  eventually(`${node.name} logs ${count} of "${event}"`, () => {
    const lines = node.logLines().filter((line) => line.event === event);
    return lines.length >= count && lines;
  });

/** A write that belongs to a trace; `flags` 01: it is sampled. */
function sendTraced(device, id, payload, { flags = '01', event = 'update' } = {}) {
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${flags}`;
  const acked = device.next('its ack', (answer) => answer.payload.id === id);
  device.sendText(JSON.stringify({ event: `dashboard.state.${event}`, payload: { ...payload, id }, traceparent }));
  return { traceparent, acked };
}

scenario('a traced update is followed from one region to the other', two, async ({ a, b }) => {
  const [writer, tab, far] = [await a.connect('alice'), await a.connect('alice'), await b.connect('alice')];
  const heard = [tab, far].map((device) => device.next('the write', ({ event, payload }) => event === 'dashboard.state.sync' && payload.path === 'traced'));
  const { traceparent, acked } = sendTraced(writer, 1, { path: 'traced', value: 1 });
  const { payload: { dot } } = await acked;
  for (const envelope of await Promise.all(heard)) {
    assert.equal(envelope.traceparent, traceparent);
    assert.equal(envelope.payload.dot, dot);
    assert.ok(!('traceparent' in envelope.payload));
  }

  const user = hashOf('alice');
  const [accepted] = await linesOf(a, 'update accepted');
  const [durable] = await linesOf(a, 'update durable');
  const [published] = await linesOf(a, 'update published');
  const [deliveredHere] = await linesOf(a, 'update delivered');
  const [applied] = await linesOf(b, 'update applied');
  const [deliveredThere] = await linesOf(b, 'update delivered');
  for (const line of [accepted, durable, published, deliveredHere, applied, deliveredThere]) {
    assert.equal(line.traceparent, traceparent, line.event);
    assert.equal(line.user, user, line.event);
    assert.equal(line.dot, dot, line.event);
    assert.equal(line.level, 'info', line.event);
  }
  assert.ok(accepted.connection > 0);
  assert.equal(durable.connection, accepted.connection);
  assert.equal(accepted.applied, true);
  assert.equal(applied.peer, 'a');
  assert.equal(deliveredHere.sessions, 1);
  assert.equal(deliveredThere.sessions, 1);
  assert.deepEqual([accepted.node, applied.node], ['a', 'b']);
  assert.ok(!`${a.log()}${b.log()}`.includes('alice'));
});

scenario('only what is traced leaves a trace', two, async ({ a, b }) => {
  const [writer, far] = [await a.connect('alice'), await b.connect('alice')];
  const heard = far.next('the batch', ({ event }) => event === 'dashboard.state.batch');
  const plain = far.next('the plain one', ({ payload }) => payload.path === 'plain');
  const odd = far.next('the odd one', ({ payload }) => payload.path === 'odd');
  const { traceparent, acked } = sendTraced(writer, 1, { updates: [{ path: 'x', value: 1 }, { path: 'y', value: 2 }] }, { event: 'batch' });
  await acked;
  assert.equal((await heard).traceparent, traceparent);

  await writer.set('plain', 1);
  writer.sendText(JSON.stringify({ event: 'dashboard.state.update', payload: { path: 'odd', value: 1 }, traceparent: traceparent.toUpperCase() }));
  assert.ok(!('traceparent' in (await plain)));
  assert.ok(!('traceparent' in (await odd)));
  const quiet = sendTraced(writer, 2, { path: 'quiet', value: 1 }, { flags: '00' });
  const heardQuietly = far.next('the one that is not sampled', ({ payload }) => payload.path === 'quiet');
  await quiet.acked;
  assert.equal((await heardQuietly).traceparent, quiet.traceparent);
  // A later one that is sampled: whatever the others had left would stand before it.
  const last = sendTraced(writer, 3, { path: 'last', value: 1 });
  await last.acked;
  const lines = await linesOf(b, 'update delivered', 2);
  assert.deepEqual(lines.map((line) => line.traceparent), [traceparent, last.traceparent]);
});

scenario('a write that is pulled has lost its trace', { ...two, links: true }, async (cluster) => {
  const { a, b } = cluster;
  const writer = await a.connect('alice');
  cluster.between(a, b, 'cut');
  await sendTraced(writer, 1, { path: 'meanwhile', value: 1 }).acked;
  const far = await b.connect('alice');
  const heard = far.next('the write', ({ payload }) => payload.path === 'meanwhile');
  cluster.between(a, b, 'heal');
  assert.ok(!('traceparent' in (await heard)));
  const [finished] = await linesOf(b, 'pull finished');
  assert.equal(finished.peer, 'a');
  assert.ok(finished.records >= 1 && finished.bytes > 0 && finished.seconds >= 0);
  await linesOf(b, 'pull started');
});

scenario('the log tells a connection\'s life, and names nobody', debug, async ({ a }) => {
  const device = await a.connect('alice');
  await device.set('x', 1);
  await device.close();
  const [opened] = await linesOf(a, 'connection opened');
  const [authenticated] = await linesOf(a, 'connection authenticated');
  const [closed] = await linesOf(a, 'connection closed');
  assert.equal(authenticated.connection, opened.connection);
  const { time, seconds, bytes_in: bytesIn, bytes_out: bytesOut, ...rest } = closed;
  assert.deepEqual(rest, {
    level: 'debug', event: 'connection closed', node: 'a', connection: opened.connection, user: hashOf('alice'),
    code: 1000, by: 'client', reason: '', frames_in: 2, frames_out: 2,
  });
  assert.ok(Date.parse(time) > 0 && seconds >= 0 && bytesIn > 50 && bytesOut > 50);
  assert.ok(!a.log().includes('alice'));
});

scenario('failures are told at info, and no client can fill the log', { ...two, limits: { updates_per_minute: 60, update_burst: 5 } }, async ({ a, b }) => {
  const device = await a.connect('alice');
  const answers = [];
  for (let n = 0; n < 60; n++) answers.push(device.write([{ path: `w${n}`, value: n }]).ack.catch(({ code }) => code));
  const refused = (await Promise.all(answers)).filter((code) => code === 'rate_limited').length;
  assert.ok(refused >= 50);
  const [line] = await linesOf(a, 'update refused');
  assert.equal(line.code, 'rate_limited');
  assert.equal(line.user, hashOf('alice'));
  const [rest] = await linesOf(a, 'more updates refused');
  assert.equal(rest.count, refused - 1);
  assert.equal((await linesOf(a, 'update refused')).length, 1);

  await assert.rejects(a.connect('alice', { token: 'none' }));
  const [failed] = await linesOf(a, 'authentication failed');
  assert.ok(failed.reason.length > 0 && !failed.reason.includes('none'));

  await b.kill();
  const [silent] = await linesOf(a, 'peer is silent');
  assert.deepEqual([silent.peer, silent.level], ['b', 'warning']);
  await b.start();
  await linesOf(a, 'peer is heard again');
  assert.equal((await linesOf(a, 'peer connected'))[0].peer, 'b');
  assert.equal(a.logLines().filter(({ event }) => event === 'connection opened').length, 0, 'ordinary lives are not told at info');
});

scenario('a clock that is far off is warned of once, and once when it is right again', { ...two, skip: skewMissing, start: false, timeoutMs: 90_000 }, async (cluster) => {
  const { a, b } = cluster;
  b.clock = new SkewedClock(join(b.folder, 'clock'));
  await cluster.start();
  b.clock.set(8);
  const warning = 'peer\'s clock is far off: see that both nodes\' clocks are synchronised';
  const [line] = await linesOf(a, warning);
  assert.equal(line.level, 'warning');
  assert.equal(line.peer, 'b');
  assert.ok(Math.abs(line.offset_seconds - 8) < 2.5, String(line.offset_seconds));
  assert.equal(line.limit_seconds, 5);
  const { body } = await httpGet(a.ports.admin, '/metrics');
  assert.match(body, /^anabranch_peer_clock_warning\{peer="b"\} 1$/m);
  const { stdout } = await runBinary(['status', '--admin', `127.0.0.1:${a.ports.admin}`]);
  assert.match(stdout, /\+\d+\.\d ms !/);
  assert.equal((await a.status()).clock_offset_limit_ms, 5000);

  // Writes cross in both directions; their lag is told by one clock.
  const [writer, far] = [await b.connect('alice'), await a.connect('alice')];
  const { stamp, ack } = writer.write([{ path: 'x', value: 1 }]);
  await ack;
  await far.arrival(stamp);
  const lag = (await httpGet(a.ports.admin, '/metrics')).body;
  const sum = Number(/^anabranch_replication_lag_seconds_sum\{peer="b"\} (\S+)$/m.exec(lag)[1]);
  assert.ok(sum >= 0 && sum < 4, `a lag of ${sum} s`);

  b.clock.set(0);
  await linesOf(a, 'peer\'s clock is right again');
  assert.equal((await linesOf(a, warning)).length, 1);
  assert.equal((await linesOf(b, warning)).length, 1);
});
