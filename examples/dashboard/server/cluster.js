// The example's cluster, with a relay on each way between two of its nodes.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { openRelay } from './relay.js';

const field = (text, key) => new RegExp(`^${key} = "([^"]*)"`, 'm').exec(text)?.[1];
const portOf = (address) => Number(/:(\d+)/.exec(address)[1]);

function readMembers(text) {
  return text
    .split('[[member]]')
    .slice(1)
    .map((member) => ({
      name: field(member, 'name'),
      region: field(member, 'region'),
      publish: field(member, 'publish'),
      sync: field(member, 'sync'),
      clientUrl: field(member, 'client_url'),
    }));
}

/** The cluster file as one node is to see it: the others' addresses are those of its relays. */
function seenBy(text, relays) {
  return relays.reduce((seen, { address, port }) => seen.replace(`"${address}"`, `"tcp://127.0.0.1:${port}"`), text);
}

/** One user on three devices that drag, type and feed charts all day long. */
const limits = '\n[limits]\nupdates_per_minute = 6000\nupdate_burst = 1000\n';

/** The node's own file, with its paths made whole, for it is going to lie elsewhere. */
function moved(text, example, clusterFile) {
  return (text.includes('[limits]') ? text : text + limits)
    .replace(/^data_dir = "(.*)"/m, (_, path) => `data_dir = "${resolve(example, path)}"`)
    .replace(/^cluster_file = ".*"/m, `cluster_file = "${clusterFile}"`)
    .replace(/^secret_file = "([^"]*)"/m, (_, path) => `secret_file = "${resolve(example, path)}"`);
}

/**
 * Opens the relays and writes `REGION.toml` and `REGION-cluster.toml` for each node into the work
 * folder. Resolves to the regions and to the switch that cuts one off from all others.
 */
export async function prepareCluster(example, work) {
  const clusterText = await readFile(resolve(example, 'cluster.toml'), 'utf8');
  const members = readMembers(clusterText);
  const relays = [];
  await mkdir(work, { recursive: true });

  for (const { name } of members) {
    for (const other of members.filter((member) => member.name !== name)) {
      for (const address of [other.publish, other.sync]) {
        const relay = await openRelay({ host: '127.0.0.1', port: portOf(address) });
        relays.push({ ...relay, address, ends: [name, other.name] });
      }
    }
    const clusterFile = resolve(work, `${name}-cluster.toml`);
    const own = relays.filter((relay) => relay.ends[0] === name);
    await writeFile(clusterFile, seenBy(clusterText, own));
    const nodeText = await readFile(resolve(example, `${name}.toml`), 'utf8');
    await writeFile(resolve(work, `${name}.toml`), moved(nodeText, example, clusterFile));
    const admin = nodeText.slice(nodeText.indexOf('[admin]'));
    Object.assign(members.find((member) => member.name === name), { admin: field(admin, 'listen'), isCut: false });
  }

  return {
    regions: members,
    setCut(region, isCut) {
      const member = members.find(({ name }) => name === region);
      if (!member) return;
      member.isCut = isCut;
      for (const relay of relays) {
        relay.setCut(members.some(({ name, isCut: cut }) => cut && relay.ends.includes(name)));
      }
    },
  };
}
