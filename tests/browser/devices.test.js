// Tabs and devices in a real browser.

import assert from 'node:assert/strict';

import { picture } from './lib/browser.js';
import { has, stateOf, synced, until, withDevices, write, writeAndWait } from './lib/devices.js';

withDevices('two tabs of one browser share a state, and each has an id of its own', ['a'], async ({ cluster, browser, open }) => {
  const context = await browser.newContext();
  const [one, other] = [await open(context, [cluster.a]), await open(context, [cluster.a])];
  await Promise.all([synced(one), synced(other)]);
  await writeAndWait(one, 'from.one', 1);
  await writeAndWait(other, 'from.other', 2);
  await Promise.all([has(one, 'from.other', 2), has(other, 'from.one', 1)]);
  const ids = [await one.evaluate(() => client.tabId), await other.evaluate(() => client.tabId)];
  assert.match(ids[0], /^tab-[0-9a-f]{8}$/);
  assert.notEqual(ids[0], ids[1]);
  await picture(one, 'two-tabs');
});

withDevices('a reloaded tab keeps its id', ['a'], async ({ cluster, browser, open }) => {
  const page = await open(await browser.newContext(), [cluster.a]);
  await synced(page);
  const id = await page.evaluate(() => client.tabId);
  await page.reload();
  await synced(page);
  assert.equal(await page.evaluate(() => client.tabId), id);
});

withDevices('what one device writes is at another, by another node, within 500 ms', ['a', 'b'], async ({ cluster, browser, open }) => {
  const one = await open(await browser.newContext(), [cluster.a]);
  const other = await open(await browser.newContext(), [cluster.b]);
  await Promise.all([synced(one), synced(other)]);
  const took = [];
  for (let i = 1; i <= 20; ++i) {
    const sent = Date.now();
    await write(one, 'probe', i);
    await until(other, '(client, i) => window.arrivals.has(i)', i);
    took.push((await other.evaluate((n) => window.arrivals.get(n), i)) - sent);
  }
  took.sort((x, y) => x - y);
  console.log(`two devices on two nodes: median ${took[10]} ms, longest ${took.at(-1)} ms`);
  assert.ok(took[10] < 500, `the median of ${took} is not below 500 ms`);
});

withDevices('edits made offline survive a reload, and none is lost', ['a', 'b'], async ({ cluster, browser, open }) => {
  const context = await browser.newContext();
  const device = await open(context, [cluster.a]);
  const other = await open(await browser.newContext(), [cluster.b]);
  await Promise.all([synced(device), synced(other)]);
  await writeAndWait(device, 'before', true);

  cluster.door(cluster.a).cut();
  await until(device, 'client => client.status === "offline"');
  for (let i = 0; i < 20; ++i) await write(device, `offline.edit${i}`, i);
  await write(device, 'offline.edit0', 'changed again');
  await device.evaluate(() => void client.delete('before'));
  await until(device, 'client => client.pending > 0');
  await picture(device, 'offline-before-reload');
  await device.reload();
  await has(device, 'offline.edit19', 19);
  await picture(device, 'offline-after-reload');
  await writeAndWait(other, 'meanwhile', 'elsewhere');

  cluster.door(cluster.a).heal();
  await until(device, 'client => client.status === "synced" && client.pending === 0');
  await Promise.all([has(other, 'offline.edit19', 19), has(device, 'meanwhile', 'elsewhere')]);
  const state = await stateOf(other);
  assert.deepEqual(state, await stateOf(device));
  assert.equal(state.offline.edit0, 'changed again');
  assert.equal(Object.keys(state.offline).length, 20);
  assert.equal(state.before, undefined);
});

withDevices('a device whose node is killed moves on to another, with all that it wrote', ['a', 'b'], async ({ cluster, browser, open }) => {
  const device = await open(await browser.newContext(), [cluster.a, cluster.b]);
  const other = await open(await browser.newContext(), [cluster.b]);
  await Promise.all([synced(device), synced(other)]);
  // Which node was nearer is for the race to say: the one that it is at is killed.
  const name = await device.evaluate(() => client.node.name);
  const survivor = cluster.nodes.find((node) => node.name !== name);
  if (name === 'b') {
    await other.close();
  }
  const watcher = name === 'b' ? await open(await browser.newContext(), [survivor]) : other;
  await synced(watcher);
  await writeAndWait(device, 'before', 1);
  await has(watcher, 'before', 1);
  await cluster[name].kill();
  for (let i = 0; i < 10; ++i) await write(device, `during.w${i}`, i);
  await until(device, '(client, gone) => client.status === "synced" && client.node.name !== gone && client.pending === 0', name);
  await has(watcher, 'during.w9', 9);
  assert.deepEqual(await stateOf(watcher), await stateOf(device));
  await picture(device, 'moved-on');
  await cluster[name].start();
});

withDevices('a conflict on one path ends the same everywhere', ['a', 'b'], async ({ cluster, browser, open }) => {
  const one = await open(await browser.newContext(), [cluster.a]);
  const other = await open(await browser.newContext(), [cluster.b]);
  await Promise.all([synced(one), synced(other)]);
  await writeAndWait(one, 'title', 'first');
  await has(other, 'title', 'first');
  cluster.between(cluster.a, cluster.b, 'cut');
  await writeAndWait(one, 'title', 'from a');
  await writeAndWait(other, 'title', 'from b, later');
  await writeAndWait(one, 'only.a', 1);
  cluster.between(cluster.a, cluster.b, 'heal');
  await Promise.all([has(one, 'title', 'from b, later'), has(other, 'only.a', 1)]);
  await cluster.converged();
  assert.deepEqual(await stateOf(one), await stateOf(other));
  await picture(one, 'conflict');
});
