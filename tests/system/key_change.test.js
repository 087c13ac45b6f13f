// A node gets another CURVE key while everything runs: by reloads alone, as docs/operations.md has it.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { makeKey } from './lib/cluster.js';
import { changesOf } from './lib/memory.js';
import { scenario } from './lib/scenario.js';

const encrypted = { names: ['eu', 'us', 'ap'], keys: true };

/** However fast a node is, its user's state stays within its limit. */
const pathsEach = 1000;

/** What the contract gives a link to be rebuilt. */
const linkPatienceMs = 10_000;

async function reload(cluster, nodes = cluster.nodes) {
  const said = [];
  for (const node of nodes) {
    const { code, stdout, stderr } = await cluster.reload(node);
    assert.equal(code, 0, `${node.name}: ${stderr}`);
    said.push(stdout);
  }
  return said.join('');
}

/** A device that writes at its node until it is told to stop. */
class Writer {
  acked = {};
  #count = 0;
  #isStopped = false;
  #done;

  static async at(node) {
    const writer = new Writer();
    Object.assign(writer, { node, device: await node.connect('alice') });
    writer.#done = writer.#write();
    writer.#done.catch(() => {}); // told by stop
    return writer;
  }

  async #write() {
    while (!this.#isStopped) {
      const value = ++this.#count;
      await this.device.set(this.#pathOf(value), value);
      this.acked[`w${value % pathsEach}`] = value;
    }
  }

  #pathOf(value) {
    return `from.${this.node.name}.w${value % pathsEach}`;
  }

  /** A write that is still to be begun. */
  get next() {
    return { path: this.#pathOf(this.#count + 1), value: this.#count + 1 };
  }

  /** The write, or what has replaced it while no link carried it. */
  hears({ path, value }) {
    const tells = (event) => changesOf(event).some((change) => change.path === path && change.value >= value);
    return this.device.next(`${path} = ${value}`, tells, linkPatienceMs);
  }

  async stop() {
    this.#isStopped = true;
    await this.#done;
  }
}

/** What each device writes from now on gets to all others, in the time that a link has to be rebuilt. */
async function writesGetThrough(writers) {
  await Promise.all(writers.flatMap((from) => writers.filter((to) => to !== from).map((to) => to.hears(from.next))));
}

scenario('a node changes its key under writes, and nothing is lost or dropped', encrypted, async (cluster) => {
  const { eu } = cluster;
  const writers = await Promise.all(cluster.nodes.map((node) => Writer.at(node)));
  const settled = async () => {
    await writesGetThrough(writers);
    await cluster.connected(cluster.nodes, linkPatienceMs);
  };
  await settled();

  const oldKeyFile = join(eu.folder, 'eu-old.key');
  copyFileSync(eu.keyFile, oldKeyFile);
  const newKeyFile = join(eu.folder, 'eu-2.key');
  const oldKey = eu.publicKey;
  eu.nextPublicKey = await makeKey(newKeyFile);
  cluster.epoch = 2;
  assert.match(await reload(cluster), /member eu has a next key/);
  await settled();

  eu.keyFile = newKeyFile;
  const said = await reload(cluster, [eu]);
  assert.ok(said.includes(`this node goes by another key, whose public half is ${eu.nextPublicKey}`), said);
  await settled();

  eu.publicKey = eu.nextPublicKey;
  eu.nextPublicKey = undefined;
  cluster.epoch = 3;
  assert.match(await reload(cluster), /member eu has another key/);
  await settled();

  for (const writer of writers) await writer.stop();
  await cluster.converged();
  const from = Object.fromEntries(writers.map(({ node, acked }) => [node.name, acked]));
  await cluster.stateEverywhere('alice', { from });
  assert.deepEqual(writers.map(({ device }) => device.closed), [null, null, null], 'no device was dropped');

  // Who has the old key connects to the others as eu, and hears and says nothing.
  const thief = await cluster.makeOther('eu', 'thief');
  thief.keyFile = oldKeyFile;
  const file = cluster.fileFor(eu);
  Object.assign(file.member.find(({ name }) => name === 'eu'), { public_key: oldKey });
  thief.writeFiles(file);
  await thief.start(); // ready only after five seconds in which nobody has answered it
  await (await thief.connect('alice')).set('forged', 1);
  await writers[0].device.set('last', 1);
  await cluster.converged();
  const { peers, replica_id: replica } = await thief.status();
  assert.deepEqual(peers.map(({ connected }) => connected), [false, false]);
  assert.deepEqual(await thief.stateOf('alice'), { forged: 1 });
  for (const node of cluster.nodes) {
    assert.ok(!(replica in (await node.status()).version_vector), `${node.name} has the thief's writes`);
  }
  await cluster.stateEverywhere('alice', { from, last: 1 });
});

scenario('a node refuses a key that its cluster file does not give it', encrypted, async (cluster) => {
  const { eu, us } = cluster;
  const goodKeyFile = eu.keyFile;
  eu.keyFile = join(eu.folder, 'other.key');
  const other = await makeKey(eu.keyFile);
  const refused = await cluster.reload(eu);
  assert.equal(refused.code, 2, refused.stdout);
  assert.ok(refused.stderr.includes(`cluster.toml:7: member.public_key: does not belong to this node's`), refused.stderr);
  assert.ok(refused.stderr.includes(other), refused.stderr);

  // Nor does it drop the key that it goes by: the file must wait until it goes by the next one.
  eu.keyFile = goodKeyFile;
  const file = cluster.fileFor(eu);
  file.epoch = 2;
  file.member[0].public_key = other;
  assert.equal((await cluster.reload(eu, file)).code, 2);
  assert.equal((await eu.status()).cluster.epoch, 1);

  await (await us.connect('alice')).set('still', 'together');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { still: 'together' });
});

scenario('a node starts with the key that it changes to', encrypted, async (cluster) => {
  const { eu, us, ap } = cluster;
  const newKeyFile = join(eu.folder, 'eu-2.key');
  eu.nextPublicKey = await makeKey(newKeyFile);
  cluster.epoch = 2;
  await reload(cluster);
  await eu.stop();
  await (await us.connect('alice')).set('while', 'away');
  eu.keyFile = newKeyFile;
  cluster.writeFiles(eu);
  await eu.start();
  await cluster.connected(cluster.nodes, linkPatienceMs);
  await (await eu.connect('alice')).set('with', 'the next key');
  await cluster.converged();
  await cluster.stateEverywhere('alice', { while: 'away', with: 'the next key' }, [eu, us, ap]);
});
