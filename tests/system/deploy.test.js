// What can be said of deploy/ without the systems that it is for.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { repositoryRoot, runBinary } from './lib/binary.js';
import { makeKey } from './lib/cluster.js';
import { scenario } from './lib/scenario.js';

const manifest = readFileSync(join(repositoryRoot, 'deploy/kubernetes/node.yaml'), 'utf8');

/** The text of one file of the manifest's ConfigMap. */
function fileOf(name) {
  const [, block] = new RegExp(`^  ${name}: \\|\\n((?:    .*\\n)+)`, 'm').exec(manifest) ?? assert.fail(`${name} is not in the manifest`);
  return block.replaceAll(/^ {4}/gm, '');
}

test('the settings in the Kubernetes manifest are in order, once the key is filled in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anabranch-deploy-'));
  try {
    const key = await makeKey(join(folder, 'node.key'));
    for (const name of ['jwt.secret', 'admin.token']) writeFileSync(join(folder, name), randomBytes(24).toString('hex'), { mode: 0o600 });
    writeFileSync(join(folder, 'node.toml'), fileOf('node.toml').replaceAll('/etc/anabranch-secrets/', ''));
    const placeholder = /PUT-THE-40-CHARACTERS-OF-THIS-NODE-HERE\./;
    assert.match(fileOf('cluster.toml'), placeholder);
    writeFileSync(join(folder, 'cluster.toml'), fileOf('cluster.toml').replace(placeholder, () => key));
    const { code, stderr } = await runBinary(['check', '--config', join(folder, 'node.toml')]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

scenario('what the Kubernetes manifest does before a stop drains the node', { names: ['eu', 'us'], start: false }, async (cluster) => {
  const { eu } = cluster;
  eu.demandToken(randomBytes(24).toString('hex'));
  cluster.writeFiles(eu);
  await cluster.start();
  const device = await eu.connect('alice');

  const [program, ...args] = /preStop:\s+exec:\s+command: \[([^\]]*)\]/.exec(manifest)[1].split(',').map((word) => word.trim().replaceAll('"', ''));
  assert.equal(program, 'anabranch');
  const here = { '127.0.0.1:9101': `127.0.0.1:${eu.ports.admin}`, '/etc/anabranch-secrets/admin.token': join(eu.folder, 'admin.token') };
  const { code, stdout, stderr } = await runBinary(args.map((word) => here[word] ?? word), { timeoutMs: 50_000 });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /safe to stop/);
  assert.equal((await device.end).code, 1012);

  const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(manifest)[1]);
  const patience = Number(/^(\d+)s$/.exec(args[args.indexOf('--timeout') + 1])[1]);
  assert.ok(patience + 10 <= grace, 'the stop itself has time left');
});
