// A node is drained before it goes: its clients move away, and it goes only when the others have everything.

import assert from 'node:assert/strict';
import WebSocket from 'ws';

import { Refusal } from './lib/device.js';
import { scenario } from './lib/scenario.js';
import { eventually } from './lib/wait.js';

const three = { names: ['a', 'b', 'c'] };

/** Writes until the connection ends; then says which values were acked. */
function writeUntilClosed(device, path) {
  const acked = [];
  const done = (async () => {
    try {
      for (let n = 0; ; n++) {
        await device.set(`${path}.w${n}`, n);
        acked.push(n);
      }
    } catch (error) {
      if (!device.closed && !(error instanceof Refusal && error.code === 'unavailable')) throw error;
      return acked;
    }
  })();
  done.catch(() => {});
  return { acked, done };
}

/** What an upgrade is answered with. */
const upgradeStatus = (node) =>
  new Promise((answer, failed) => {
    const socket = new WebSocket(`ws://127.0.0.1:${node.ports.clients}/v1/sync`);
    socket.on('unexpected-response', (_, { statusCode }) => (answer(statusCode), socket.terminate()));
    socket.on('open', () => (answer(101), socket.terminate()));
    socket.on('error', failed);
  });

const readyAt = async (node, name) => JSON.parse((await node.http('/v1/nodes')).body).find((one) => one.name === name).ready;
const peerOf = async (node, name) => (await node.status()).peers.find((peer) => peer.name === name);

scenario('a node is drained under writes, stopped and removed, and the others go on', three, async (cluster) => {
  const { a, b, c } = cluster;
  const [leaving, staying] = [await a.connect('alice'), await b.connect('alice')];
  const [atA, atB] = [writeUntilClosed(leaving, 'a'), writeUntilClosed(staying, 'b')];
  await eventually('there are writes', () => atA.acked.length > 50 && atB.acked.length > 50);

  const { code, stdout, stderr } = await a.command('drain', '--timeout', '20s');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /safe to stop: b and c have on disk everything/);
  assert.equal((await leaving.end).code, 1012);
  assert.ok(atB.acked.length > 50 && !staying.closed, 'the others were not held up');
  assert.equal(await upgradeStatus(a), 503);
  assert.equal((await a.http('/readyz')).status, 503);
  assert.equal((await a.http('/healthz')).status, 200);
  const { ready, draining } = await a.status();
  assert.deepEqual([ready, draining], [false, true]);
  assert.equal(await readyAt(a, 'a'), false);
  await eventually('b sends nobody to a', async () => !(await readyAt(b, 'a')) && (await peerOf(b, 'a')).draining);
  assert.equal(await readyAt(b, 'c'), true);

  await a.stop();
  a.loseData();
  cluster.epoch = 2;
  cluster.remove(a);
  for (const node of [b, c]) assert.equal((await cluster.reload(node)).code, 0);
  await staying.close();
  const [fromA, fromB] = [await atA.done, await atB.done];
  await (await c.connect('alice')).set('after', true);
  await cluster.converged([b, c]);
  const state = await cluster.stateEverywhere('alice', undefined, [b, c]);
  for (const n of fromA) assert.equal(state.a[`w${n}`], n);
  for (const n of fromB) assert.equal(state.b[`w${n}`], n);
  assert.equal(state.after, true);
});

scenario('what only the node has goes to the others before it is safe to stop', { ...three, links: true }, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  for (const other of [b, c]) cluster.between(a, other, 'cut');
  await device.set('only', 'here');
  const impatient = await a.command('drain', '--timeout', '500ms');
  assert.equal(impatient.code, 1);
  assert.match(impatient.stderr, /not safe to stop: after 500ms b is not connected, c is not connected/);
  const draining = a.command('drain', '--timeout', '40s');
  cluster.between(a, b, 'heal');
  await cluster.connected([a, b]);
  cluster.between(a, c, 'heal');
  const { code, stderr } = await draining;
  assert.equal(code, 0, stderr);
  await a.kill();
  a.loseData();
  await cluster.stateEverywhere('alice', { only: 'here' }, [b, c]);
});

scenario('a dead member holds the drain up until it is excepted', three, async (cluster) => {
  const { a, b, c } = cluster;
  const device = await a.connect('alice');
  await c.kill();
  await device.set('written', 'meanwhile');
  await cluster.converged([a, b]);
  const refused = await a.command('drain', '--timeout', '1s');
  assert.equal(refused.code, 1);
  assert.equal(refused.stdout, '');
  assert.match(refused.stderr, /c is not connected/);
  assert.doesNotMatch(refused.stderr, /b (is|lacks)/);
  assert.equal((await a.status()).draining, true, 'the node stays draining');

  for (const name of ['nobody', 'b', '']) {
    const { code, stderr } = await b.command('drain', '--except', name);
    assert.equal(code, 2, `--except "${name}"`);
    assert.match(stderr, /is no other member/);
  }
  assert.equal((await b.status()).draining, false, 'wrong usage changes nothing');

  const { code, stdout } = await a.command('drain', '--except', 'c');
  assert.equal(code, 0);
  assert.match(stdout, /safe to stop: b has/);
  const nobody = await a.command('drain', '--except', 'b', '--except', 'c');
  assert.equal(nobody.code, 0);
  assert.match(nobody.stdout, /nobody to wait for/);
});

scenario('a drained node serves again once it is told so, or started anew', three, async (cluster) => {
  const { a, b } = cluster;
  const before = await a.connect('alice');
  assert.equal((await a.command('drain')).code, 0);
  assert.equal((await before.end).code, 1012);
  assert.equal((await a.command('drain')).code, 0, 'twice is as good as once');
  assert.equal((await cluster.reload(a)).code, 0);
  assert.equal((await a.status()).draining, true, 'a reload changes nothing in it');

  const { code, stdout } = await a.command('drain', '--cancel');
  assert.equal(code, 0);
  assert.match(stdout, /takes clients again/);
  assert.equal((await a.command('drain', '--cancel')).code, 0);
  await a.untilReady();
  await (await a.connect('alice')).set('again', 1);
  await eventually('the others know', async () => (await readyAt(b, 'a')) && !(await peerOf(b, 'a')).draining);

  assert.equal((await a.command('drain')).code, 0);
  assert.deepEqual(await a.stop(), { code: 0, signal: null });
  await a.start();
  const { draining, ready } = await a.status();
  assert.deepEqual([draining, ready], [false, true]);
  await (await a.connect('alice')).set('again', 2);
  await cluster.converged();
});

scenario('a node that is told to stop while it drains stops', three, async (cluster) => {
  const { a, c } = cluster;
  await c.kill();
  const draining = a.command('drain', '--timeout', '40s');
  await eventually('it drains', async () => (await a.status()).draining);
  assert.deepEqual(await a.stop(), { code: 0, signal: null });
  const { code, stderr } = await draining;
  assert.equal(code, 1);
  assert.match(stderr, /no answer from a node/);
});

scenario('a node that is alone has nobody to wait for', { names: ['a'] }, async ({ a }) => {
  await (await a.connect('alice')).set('x', 1);
  const { code, stdout } = await a.command('drain');
  assert.equal(code, 0);
  assert.match(stdout, /nobody to wait for; what this node has is on its disk alone/);
});

scenario('a web page cannot have a node drained', { names: ['a'] }, async ({ a }) => {
  const ask = (headers) => fetch(`http://127.0.0.1:${a.ports.admin}/v1/drain`, { method: 'POST', headers });
  assert.equal((await ask({ Origin: 'https://example.com' })).status, 403);
  assert.equal((await a.status()).draining, false);
  assert.equal((await ask({})).status, 200);
  assert.equal((await a.status()).draining, true);
});
