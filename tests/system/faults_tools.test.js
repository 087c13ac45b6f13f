// The tools of the tests with faults: they see what they are there to see.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import test from 'node:test';

import { describeTornBatch, randomChanges, twinsOf } from './faults/changes.js';
import { Ledger } from './faults/ledger.js';
import { makePlan } from './faults/plan.js';
import { describeDocuments, Document } from './lib/document.js';
import { Link } from './lib/link.js';
import { chance } from './lib/random.js';
import { eventually } from './lib/wait.js';

const record = (path, version, value, tab = 'tab') => ({
  path, version, timestamp: '2026-01-01T00:00:00.000Z', sourceTabId: tab, ...(value === undefined ? { delete: true } : { value }),
});

function documentOf(records) {
  const document = new Document();
  for (const one of records) document.take([one]);
  return document;
}

test('a document hides what is older at a path and below it, and nothing else', () => {
  const records = [record('a.b', 1, 'old'), record('a', 2, { c: 1 }), record('a.b', 3, 'new'), record('ab', 1, 1), record('a.c', 2, 'equal')];
  assert.deepEqual(documentOf(records).records().map(({ path, version }) => [path, version]), [['a', 2], ['a.b', 3], ['a.c', 2], ['ab', 1]]);
  assert.equal(JSON.stringify(documentOf(records).state()), '{"a":{"c":"equal","b":"new"},"ab":1}');
  assert.deepEqual(documentOf([record('a', 1), record('a', 1, 'beats a delete')]).records()[0].value, 'beats a delete');
});

test('a document does not depend on the order in which records came', () => {
  const pick = chance(7);
  const records = Array.from({ length: 300 }, (_, n) => randomChanges(pick, `t${n % 3}`, n).map((change) => ({ ...record(change.path, 1 + pick(9), change.value), sourceTabId: `t${n % 3}` }))).flat();
  const shuffled = [...records].sort(() => pick(3) - 1);
  assert.equal(describeDocuments(documentOf(shuffled), documentOf(records)), '');
  assert.match(describeDocuments(documentOf(records.slice(0, -1)), documentOf([...records, record('extra', 1, 1)])), /missing: \d/);
});

/** A ledger in which each record has been acked, with its place in origin "o". */
function ledgerOf(records) {
  const ledger = new Ledger();
  records.forEach(({ version, timestamp, sourceTabId, ...change }, at) => {
    ledger.sent('alice', [change], { version, sourceTabId });
    ledger.acked('alice', [change], sourceTabId, { version, timestamp, dot: `o:${at + 1}` });
  });
  return ledger;
}

test('an acked write that neither stands nor lost to a newer one is missing', () => {
  const records = [record('a.b', 1, 'below'), record('a', 2, 'above'), record('c', 1, 'gone'), record('d', 1)];
  const pathsOf = (changes) => changes.map(({ path }) => path);
  assert.deepEqual(ledgerOf(records).judge('alice', records.slice(1)).missing, []);
  assert.deepEqual(pathsOf(ledgerOf(records).judge('alice', [records[1]]).missing), ['c', 'd']);
  assert.deepEqual(pathsOf(ledgerOf(records).judge('alice', [{ ...records[1], version: 1 }, ...records.slice(2)]).missing), ['a.b', 'a']);
  assert.deepEqual(pathsOf(ledgerOf(records).judge('alice', [...records.slice(1), record('x', 1, 'nobody')]).strange), ['x']);
});

test('what only a lost disk had is excused, and what that had hidden, but nothing else', () => {
  const records = [record('a', 1, 'copied'), record('b', 1, 'hidden'), record('b', 2, 'on the lost disk')];
  const ledger = ledgerOf(records);
  ledger.excuse(['o'], new Map([['o', 2]]));
  const { missing, excused } = ledger.judge('alice', []);
  assert.deepEqual([missing.map(({ value }) => value), excused.map(({ value }) => value)], [['copied'], ['hidden', 'on the lost disk']]);
  ledger.replicated('o:3');
  assert.deepEqual(ledger.judge('alice', []).excused, []);
});

test('a batch of which only a part is told is torn', () => {
  const [left, right] = twinsOf('t1').map((path) => record(path, 4, 'same'));
  assert.equal(describeTornBatch([left, right, record('shared.a', 4, 1)]), '');
  assert.match(describeTornBatch([left, record('shared.a', 4, 1)]), /only twins\.t1\.left/);
  assert.match(describeTornBatch([left, { ...right, version: 5 }]), /only/);
});

test('a plan is the same for the same seed, has every kind of fault, and none in the way of another', () => {
  const options = { seconds: 180, names: ['a', 'b', 'c'], diskOf: 'c', hasClocks: true };
  for (let seed = 0; seed < 50; seed++) {
    const plan = makePlan(seed, options);
    assert.deepEqual(plan, makePlan(seed, options));
    const kinds = new Set(plan.map(({ kind, on }) => `${on} ${kind}`));
    assert.equal(kinds.size, 22, `seed ${seed}: only ${[...kinds]}`);
    const freeAt = new Map();
    for (const { at, seconds, claims } of plan) {
      for (const claim of claims) {
        assert.ok(!(freeAt.get(claim) > at), `seed ${seed}: two faults at ${claim} after ${at} s`);
        freeAt.set(claim, at + seconds);
      }
    }
  }
});

/** A port that sends back what it gets, a Link to it, and a way to talk through the link. */
async function withEcho(body) {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = await Link.to(server.address().port);
  const clients = [];
  const dial = () => {
    const client = { socket: connect(link.port, '127.0.0.1'), heard: '', isClosed: false };
    client.socket.on('data', (data) => (client.heard += data)).on('close', () => (client.isClosed = true)).on('error', () => {});
    client.hears = (text) => eventually(`the echo of ${text}`, () => client.heard === text);
    clients.push(client);
    return client;
  };
  try {
    await body(link, dial);
  } finally {
    for (const { socket } of clients) socket.destroy();
    link.close();
    server.close();
  }
}

test('a link holds, slows, swallows and forgets', () => withEcho(async (link, dial) => {
  const one = dial();
  one.socket.write('1');
  await one.hears('1');
  link.stall();
  one.socket.write('2');
  link.slow({ latencyMs: 5, bytesPerSecond: 1000 });
  await one.hears('12');
  link.halfOpen('back');
  one.socket.write('3');
  const other = dial();
  other.socket.write('x');
  link.heal();
  await eventually('what has lost something ends', () => one.isClosed || one.heard === '123');
  const third = dial();
  third.socket.write('a');
  await third.hears('a');
  link.forget();
  third.socket.write('b');
  const fourth = dial();
  fourth.socket.write('y');
  await fourth.hears('y');
  assert.equal(third.heard, 'a');
  link.heal();
  await eventually('the forgotten connection ends', () => third.isClosed);
  fourth.socket.write('z');
  await fourth.hears('yz');
  link.cut();
  await eventually('a cut ends all', () => fourth.isClosed);
}));
