// `anabranch bench` against real nodes: what it tells must be what the nodes tell.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { createServer } from 'node:tls';

import { binary, runBinary } from './lib/binary.js';
import { scenario } from './lib/scenario.js';

const one = { names: ['a'] };

const secretOf = (node) => join(node.folder, 'jwt.secret');
const urlOf = (node) => `ws://127.0.0.1:${node.ports.clients}/v1/sync`;
const argumentsFor = (mode, nodes, more) => {
  const secret = more.includes('--secret-file') ? [] : ['--secret-file', secretOf(nodes[0])];
  return ['bench', mode, '--json', ...secret, ...nodes.flatMap((node) => ['--url', urlOf(node)]), ...more];
};

async function bench(mode, nodes, ...more) {
  const { code, stdout, stderr } = await runBinary(argumentsFor(mode, nodes, more), { timeoutMs: 50_000 });
  return { code, stderr, report: stdout === '' ? null : JSON.parse(stdout) };
}

/** A function that waits for the next line of `stream` that satisfies `wanted`. */
function linesOf(stream) {
  const lines = createInterface({ input: stream });
  return (wanted) => new Promise((found, missing) => {
    const look = (line) => wanted(line) && (lines.off('line', look), found(line));
    lines.on('line', look);
    lines.once('close', () => missing(new Error('it ended without telling what was waited for')));
  });
}

scenario('updates: every one is counted, and the node has counted the same', one, async ({ a }) => {
  const { code, report, stderr } = await bench('updates', [a], '--users', '3', '--devices', '4', '--rate', '300', '--for', '2s', '--pid', `${a.pid}`);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /updates +\d+ s: /, 'tells its progress');
  assert.equal(report.whole, true);
  assert.equal(report.updates.sent, 900);
  assert.equal(report.updates.acked, 900);
  assert.deepEqual(report.deliveries, { expected: 2700, received: 2700, lost: 0, per_second: 900 });
  assert.equal(report.latency_ms.ack.count, 600, 'the warm-up is not measured');
  for (const latency of Object.values(report.latency_ms)) {
    assert.ok(latency.p50 > 0 && latency.p50 <= latency.p99 && latency.p99 <= latency.p999 && latency.p999 <= latency.max, JSON.stringify(latency));
  }
  assert.ok(report.server.cpu_us_per_update > 0);
  assert.ok(report.server.memory_bytes > 1e6);
  const { counters, state } = await a.status();
  assert.equal(counters.updates_accepted, 900);
  assert.equal(counters.updates_rejected, 0);
  assert.equal(state.users, 3);
  assert.equal(state.records, 3 * 10);
});

scenario('updates: writers at one node, readers at another', { names: ['a', 'b'] }, async ({ a, b }) => {
  const { code, report, stderr } = await bench('updates', [a, b], '--users', '5', '--rate', '200', '--for', '1s', '--threads', '2');
  assert.equal(code, 0, stderr);
  assert.equal(report.deliveries.received, report.updates.acked);
  assert.equal((await a.status()).counters.updates_accepted, 400);
  assert.equal((await b.status()).counters.updates_accepted, 0);
  assert.equal((await b.status()).clients.connections, 0, 'its connections are gone');
});

scenario('updates: a rate limit in the way is named, and fails the run', { ...one, limits: { updates_per_minute: 60, update_burst: 10 } }, async ({ a }) => {
  const { code, report, stderr } = await bench('updates', [a], '--users', '1', '--rate', '50', '--for', '1s', '--warm-up', '0s');
  assert.equal(code, 1);
  assert.match(stderr, /allows a user 60 updates a minute.*updates_per_minute = 0/);
  assert.equal(report.updates.sent, 50);
  assert.equal(report.updates.refused, 50 - report.updates.acked);
  assert.equal(report.errors.rate_limited, report.updates.refused);
  assert.ok(report.updates.refused > 0);
  assert.match(report.advice.join(), /updates_per_minute = 0/);
});

scenario('updates: a node that stands still shows in every update that was due meanwhile', one, async ({ a }) => {
  const child = spawn(binary, argumentsFor('updates', [a], ['--users', '4', '--rate', '500', '--for', '4s', '--warm-up', '0s']), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += data));
  const ended = new Promise((done) => child.once('close', done));
  const told = linesOf(child.stderr);
  await told((line) => /^updates /.test(line));
  a.freeze();
  const frozenAt = performance.now();
  // It stands still until half a second's updates wait for it.
  await told((line) => Number(/ (\d+) unanswered/.exec(line)?.[1]) >= 250);
  a.thaw();
  const frozenMs = performance.now() - frozenAt;
  assert.equal(await ended, 0);
  const report = JSON.parse(stdout);
  assert.equal(report.updates.sent, 2000, 'the rate goes on');
  assert.equal(report.updates.acked, 2000);
  const { p50, p90, p99, max } = report.latency_ms.ack;
  // So many of all were due while it stood still, and waited for what was left of that.
  const share = frozenMs / 4000;
  const left = (quantile) => frozenMs * (1 - (1 - quantile) / share);
  assert.ok(max >= 0.95 * frozenMs, `max ${max} of ${frozenMs}`);
  assert.ok(p99 >= 0.9 * left(0.99), `p99 ${p99} of ${frozenMs}`);
  assert.ok(p90 >= 0.7 * left(0.9), `p90 ${p90} of ${frozenMs}`);
  assert.ok(p50 < 0.4 * frozenMs, `p50 ${p50} of ${frozenMs}`);
});

scenario('search: finds a rate that holds', one, async ({ a }) => {
  const { code, report, stderr } = await bench('search', [a], '--users', '4', '--rate', '100', '--for', '300ms', '--warm-up', '100ms', '--bound', '2s');
  assert.equal(code, 0, stderr);
  assert.ok(report.best.rate >= 100);
  assert.ok(report.trials.length > 1);
  assert.ok(report.trials.every(({ rate, holds }) => !holds || rate <= report.best.rate));
});

scenario('connect: each client is connected and authenticated', one, async ({ a }) => {
  const { code, report } = await bench('connect', [a], '--users', '50', '--devices', '2');
  assert.equal(code, 0);
  assert.equal(report.connections.connected, 100);
  assert.ok(report.per_second > 0);
  assert.equal(report.latency_ms.count, 100);
});

scenario('connect: at a given rate', one, async ({ a }) => {
  const { code, report } = await bench('connect', [a], '--users', '30', '--rate', '60');
  assert.equal(code, 0);
  assert.ok(report.seconds >= 29 / 60, `${report.seconds} s`);
});

scenario('connect: tokens that are not taken are told', one, async ({ a }) => {
  const file = join(a.folder, 'other.secret');
  writeFileSync(file, 'another secret, of enough bytes to be one', { mode: 0o600 });
  const { code, report, stderr } = await bench('connect', [a], '--users', '2', '--secret-file', file);
  assert.equal(code, 1, stderr);
  assert.equal(report.connections.connected, 0);
  assert.match(Object.keys(report.connections.reasons)[0], /HTTP 401/);
});

/** A TLS front of a node, with a certificate of its own: {url, certificate, close}. */
async function tlsFront(node) {
  const [key, certificate] = [join(node.folder, 'front-key.pem'), join(node.folder, 'front.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
    const inner = connect(node.ports.clients, '127.0.0.1');
    for (const [from, to] of [[socket, inner], [inner, socket]]) from.on('error', () => to.destroy()).pipe(to);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `wss://localhost:${server.address().port}/v1/sync`, certificate, close: () => server.close() };
}

scenario('wss: a node behind TLS is loaded like any other, if its certificate is good', one, async ({ a }) => {
  const front = await tlsFront(a);
  const run = (...more) => runBinary(['bench', 'updates', '--json', '--secret-file', secretOf(a), '--url', front.url, '--rate', '200', '--for', '1s', ...more]);
  try {
    const good = await run('--ca-file', front.certificate);
    assert.equal(good.code, 0, good.stderr);
    assert.equal(JSON.parse(good.stdout).updates.acked, 400);
    assert.equal((await run('--insecure')).code, 0);
    const unknown = await run();
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /no TLS: .*certificate/);
    assert.equal((await run('--ca-file', secretOf(a))).code, 2);
  } finally {
    front.close();
  }
});

scenario('resume: all get their state at once, in full or what they missed', one, async ({ a }) => {
  const full = await bench('resume', [a], '--users', '20', '--paths', '50');
  assert.equal(full.code, 0, full.stderr);
  assert.equal(full.report.resumed, 20);
  assert.ok(full.report.bytes > 20 * 50 * 200);
  const missed = await bench('resume', [a], '--users', '20', '--paths', '50', '--by-cursor', '--changes', '3', '--reconnect');
  assert.equal(missed.code, 0, missed.stderr);
  assert.equal(missed.report.resumed, 20);
  assert.ok(missed.report.bytes > 20 * 3 * 200 && missed.report.bytes < 20 * 10 * 200, `${missed.report.bytes} bytes for 3 changes each`);
});

scenario('fill: writes a state for each user', one, async ({ a }) => {
  const { code, report } = await bench('fill', [a], '--users', '10', '--paths', '300');
  assert.equal(code, 0);
  assert.equal(report.records, 3000);
  assert.equal((await a.status()).state.records, 3000);
  assert.equal((await bench('fill', [a], '--users', '10', '--first-user', '5', '--paths', '10')).code, 0);
  const { users, records } = (await a.status()).state;
  assert.deepEqual({ users, records }, { users: 15, records: 3050 });
});

scenario('idle: tells what connections cost', one, async ({ a }) => {
  const { code, report } = await bench('idle', [a], '--users', '300', '--for', '500ms', '--pid', `${a.pid}`);
  assert.equal(code, 0);
  assert.equal(report.connections.connected, 300);
  assert.equal(report.ended, 0);
  assert.ok(report.bytes_per_connection > 0);
});

scenario('idle: connections stay small when they have been pinged', { ...one, clients: { idle_timeout: '6s' } }, async ({ a }) => {
  const { code, report } = await bench('idle', [a], '--users', '4000', '--for', '5s', '--pid', `${a.pid}`);
  assert.equal(code, 0);
  assert.equal(report.ended, 0);
  // The WebSocket's stream alone takes 2,600 bytes where it is not put away.
  assert.ok(report.bytes_per_connection < 2500, `${report.bytes_per_connection} bytes for each`);
});

scenario('a node that dies fails the run', one, async ({ a }) => {
  const child = spawn(binary, argumentsFor('updates', [a], ['--rate', '100', '--for', '5s', '--patience', '1s']), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += data));
  const ended = new Promise((done) => child.once('close', done));
  await new Promise((told) => child.stderr.on('data', (data) => /updates/.test(data) && told()));
  await a.kill();
  assert.equal(await ended, 1);
  const report = JSON.parse(stdout);
  assert.equal(report.whole, false);
  assert.ok(report.updates.skipped > 0);
});

const secretArguments = ['--secret-file', '/dev/null'];
for (const [what, args, complaint] of [
  ['no mode', [], /required|subcommand/i],
  ['no rate', ['updates', ...secretArguments], /--rate/],
  ['a rate that is none', ['updates', ...secretArguments, '--rate', '0'], /--rate/],
  ['no secret', ['updates', '--rate', '10'], /--secret-file/],
  ['an address that is none', ['connect', '--token', 'x', '--users', '1', '--url', 'http://127.0.0.1/'], /--url.*ws:/],
  ['a span that is none', ['updates', '--token', 'x', '--users', '1', '--rate', '10', '--for', 'long'], /--for/],
  ['one token for many', ['connect', '--token', 'x', '--users', '2'], /--token/],
  ['more writers than devices', ['updates', '--token', 'x', '--users', '1', '--rate', '1', '--writers', '3'], /--writers/],
]) {
  test(`wrong usage: ${what}`, async () => {
    const { code, stdout, stderr } = await runBinary(['bench', ...args]);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, complaint);
  });
}

test('--help teaches by example', async () => {
  const { code, stdout } = await runBinary(['bench', '--help']);
  assert.equal(code, 0);
  assert.match(stdout, /anabranch bench updates --secret-file/);
  assert.match(stdout, /updates_per_minute = 0/);
});
