// Clients by TLS: real nodes, certificates of the tests' own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { makeCertificate } from './lib/certificate.js';
import { runBinary } from './lib/binary.js';
import { httpGet } from './lib/http.js';
import { scenario } from './lib/scenario.js';
import { within } from './lib/wait.js';

const stopped = { names: ['a', 'b'], start: false };

/** Node a takes its clients by TLS, node b does not. */
async function startWithTls(cluster, options) {
  const { a } = cluster;
  a.tls = makeCertificate(a.folder, 'first', options);
  for (const node of cluster.nodes) cluster.writeFiles(node);
  await cluster.start();
}

async function expiryOf(node) {
  const { body } = await httpGet(node.ports.admin, '/metrics');
  return Number(/^anabranch_tls_certificate_expiry_seconds (\S+)$/m.exec(body)?.[1]);
}

/** What comes until the other side ends the connection. */
async function readToEnd(socket) {
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1'))).on('error', () => {});
  await within(10_000, 'the node hangs up', once(socket, 'close'));
  return text;
}

scenario('devices by wss and by ws share their state, and health is told by https', stopped, async (cluster) => {
  await startWithTls(cluster);
  const { a, b } = cluster;
  const [byTls, plain] = [await a.connect('alice'), await b.connect('alice')];
  const there = byTls.write([{ path: 'from.a', value: 'x'.repeat(60_000) }]);
  await plain.arrival(there.stamp);
  const back = plain.write([{ path: 'from.b', value: 1 }]);
  await byTls.arrival(back.stamp);
  assert.deepEqual(await a.http('/healthz'), { status: 200, body: 'ok\n' });
  const { body } = await b.http('/v1/nodes');
  assert.ok(body.includes(`"wss://127.0.0.1:${a.ports.clients}/v1/sync"`), body);
  const inDays = ((await expiryOf(a)) - Date.now() / 1000) / 86_400;
  assert.ok(inDays > 89 && inDays < 91, `the certificate ends in ${inDays} days`);
  assert.ok(Number.isNaN(await expiryOf(b)), 'b has no certificate');
  await byTls.close();
  assert.equal(byTls.closed.code, 1000);
});

scenario('a certificate is replaced while its clients stay', stopped, async (cluster) => {
  await startWithTls(cluster);
  const { a } = cluster;
  const [former, ends] = [a.tls, await expiryOf(a)];
  const before = await a.connect('alice');
  a.tls = makeCertificate(a.folder, 'second', { days: 365 });
  const { code, stdout, stderr } = await cluster.reload(a);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /new clients are shown another certificate/);
  assert.ok((await expiryOf(a)) > ends + 200 * 86_400);

  const after = await a.connect('alice');
  await assert.rejects(a.connect('alice', { ca: former.pem }));
  const { stamp } = before.write([{ path: 'still', value: 'here' }]);
  await after.arrival(stamp);
  assert.equal(before.closed, null);
});

scenario('a certificate that cannot be served changes nothing, and the reason is told', stopped, async (cluster) => {
  await startWithTls(cluster);
  const { a } = cluster;
  const good = a.tls;
  const other = makeCertificate(a.folder, 'other');
  a.tls = { ...good, key: other.key };
  const { code, stderr } = await cluster.reload(a);
  assert.equal(code, 2);
  assert.match(stderr, /node\.toml:\d+: clients\.tls_key: \S+other-key\.pem: is not the key of the first certificate/);
  a.tls = good;
  assert.equal((await a.http('/readyz')).status, 200);

  const checked = await runBinary(['check', '--config', a.configFile]);
  assert.equal(checked.code, 2);
  await a.stop();
  const started = await runBinary(['serve', '--config', a.configFile]);
  assert.equal(started.code, 2);
  assert.match(started.stderr, /is not the key of the first certificate/);
  cluster.writeFiles(a);
  await a.start();
});

scenario('what is wrong about TLS and works all the same is in the log', stopped, async (cluster) => {
  const { a } = cluster;
  await startWithTls(cluster, { days: 10 });
  assert.match(a.log(), /certificate for clients ends soon.*days_left=(9|10)$/m);
  assert.doesNotMatch(a.log(), /should begin with wss/);
  const file = cluster.fileFor(a);
  file.member[0].client_url = file.member[0].client_url.replace('wss', 'ws');
  assert.equal((await cluster.reload(a, file)).code, 0);
  assert.match(a.log(), /client_url should begin with wss/);
});

scenario('who does not speak what is spoken at a port is hung up on', stopped, async (cluster) => {
  await startWithTls(cluster);
  const { a, b } = cluster;
  for (const said of ['GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', '\0'.repeat(1000), '\x16\x03\x01\x00\x05hello']) {
    const socket = connect(a.ports.clients, '127.0.0.1');
    socket.write(said, 'latin1');
    assert.doesNotMatch(await readToEnd(socket), /HTTP/);
  }
  const byTls = connectTls({ host: '127.0.0.1', port: b.ports.clients, ca: a.tls.pem });
  await assert.rejects(within(10_000, 'an end', once(byTls, 'secureConnect')), /wrong version number|packet length too long/i);
  assert.equal((await a.http('/healthz')).status, 200);
  assert.equal((await b.http('/healthz')).status, 200);
  assert.doesNotMatch(a.log() + b.log(), / error /i);
});
