// The demo, as a person would use it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryRoot } from '../system/lib/binary.js';
import { scenario } from '../system/lib/scenario.js';
import { toToml } from '../system/lib/settings.js';
import { eventually, within } from '../system/lib/wait.js';
import { launchBrowser, noBrowser, picture } from './lib/browser.js';

const names = ['eu', 'us', 'ap'];

/** The demo's server over a cluster; the nodes get the files that it makes for them. */
async function openDemo(cluster) {
  const [example, work] = [join(cluster.folder, 'example'), join(cluster.folder, 'work')];
  mkdirSync(example);
  writeFileSync(join(example, 'jwt.secret'), cluster.secret, { mode: 0o600 });
  writeFileSync(join(example, 'cluster.toml'), `${toToml(cluster.fileFor(cluster.eu))}\n`);
  for (const node of cluster.nodes) {
    writeFileSync(join(example, `${node.name}.toml`), `${toToml(node.config())}\n`);
  }
  const server = spawn(process.execPath, ['server.js', '--example', example, '--work', work, '--port', '0'], {
    cwd: join(repositoryRoot, 'examples/dashboard'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = new Promise((heard) => server.stdout.once('data', (data) => heard(`${data}`)));
  const url = /http:\S+/.exec(await within(15_000, 'the demo starts', told))[0];
  for (const node of cluster.nodes) node.configFile = join(work, `${node.name}.toml`);
  return { url, close: () => server.kill() };
}

const withDemo = (name, body) =>
  scenario(name, { names, start: false, skip: noBrowser, timeoutMs: 120_000 }, async (cluster) => {
    const demo = await openDemo(cluster);
    const browser = await launchBrowser();
    try {
      await cluster.start();
      await body({ cluster, browser, url: demo.url });
    } finally {
      await browser.close();
      demo.close();
    }
  });

const pane = (page, region) => page.locator(`.pane.${region}`);
const note = (page, region) => pane(page, region).locator('[data-widget=handover] textarea');
const linkSwitch = (page, region) => pane(page, region).getByText('Region link');
const networkSwitch = (page, region) => pane(page, region).getByText('Device network');

async function openPage(browser, url, options) {
  const page = await browser.newPage(options);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  for (const region of names) await note(page, region).waitFor({ timeout: 30_000 });
  await page.getByText('All regions hold the same state').waitFor({ timeout: 30_000 });
  return { page, errors };
}

const notesAre = (page, text) =>
  eventually(`all notes say ${JSON.stringify(text)}`, async () => {
    for (const region of names) if ((await note(page, region).inputValue()) !== text) return false;
    return true;
  });

withDemo('a region is cut off, edited on both sides and healed: all agree', async ({ cluster, browser, url }) => {
  const { page, errors } = await openPage(browser, url, { viewport: { width: 1440, height: 1150 } });
  await note(page, 'us').fill('all together');
  await notesAre(page, 'all together');
  await picture(page, 'demo-together');

  await linkSwitch(page, 'eu').click();
  await page.getByText('eu cut off').waitFor();
  await note(page, 'eu').fill('from eu alone');
  await note(page, 'us').fill('from us, at the same time');
  await eventually('ap has what us wrote', async () => (await note(page, 'ap').inputValue()) === 'from us, at the same time');
  assert.equal(await note(page, 'eu').inputValue(), 'from eu alone');
  await picture(page, 'demo-cut');

  await linkSwitch(page, 'eu').click();
  await page.getByText('All regions hold the same state').waitFor({ timeout: 30_000 });
  await notesAre(page, 'from us, at the same time');
  await page.locator('#timeline .badge.lost').first().waitFor();
  await page.locator('#timeline .badge.won').first().waitFor();
  await picture(page, 'demo-healed');
  await page.close();
  await cluster.converged();
  assert.deepEqual(errors, []);
});

withDemo('a device is unplugged, edited and plugged in again', async ({ browser, url }) => {
  const { page, errors } = await openPage(browser, url, { viewport: { width: 1440, height: 1150 } });
  await networkSwitch(page, 'ap').click();
  await pane(page, 'ap').getByText('offline').waitFor();
  await note(page, 'ap').fill('written without a network');
  await pane(page, 'ap').getByText(/waiting/).waitFor();
  await picture(page, 'demo-unplugged');
  await networkSwitch(page, 'ap').click();
  await notesAre(page, 'written without a network');
  assert.deepEqual(errors, []);
});

withDemo('widgets are added, moved, resized, renamed and deleted in one pane, and so in all', async ({ browser, url }) => {
  const { page, errors } = await openPage(browser, url, { viewport: { width: 1440, height: 1150 } });
  const tile = (region, id) => pane(page, region).locator(`[data-widget=${id}]`);
  const drag = async (handle, right, down) => {
    const box = await handle.boundingBox();
    const [x, y] = [box.x + box.width * 0.7, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + right, y + down, { steps: 6 });
    await page.mouse.up();
  };
  const boxOf = async (region, id) => {
    const [inner, outer] = [await tile(region, id).boundingBox(), await pane(page, region).locator('.board').boundingBox()];
    return [inner.x - outer.x, inner.y - outer.y, inner.width, inner.height].map(Math.round).join(' ');
  };
  const alike = (id, than) =>
    eventually(`${id} lies alike in all panes, and not at ${than}`, async () => {
      const boxes = await Promise.all(names.map((region) => boxOf(region, id)));
      return new Set(boxes).size === 1 && boxes[0] !== than;
    });

  const first = await boxOf('eu', 'handover');
  await drag(tile('eu', 'handover').locator('.handle'), 0, -80);
  await alike('handover', first);
  const moved = await boxOf('eu', 'handover');
  await drag(tile('us', 'handover').locator('.corner'), -150, 0);
  await alike('handover', moved);

  await tile('ap', 'beds').locator('.name').fill('Beds in use');
  await tile('us', 'beds').getByLabel('One more').click();
  for (const region of names) {
    await eventually('it is renamed and counted', async () =>
      (await tile(region, 'beds').locator('.name').inputValue()) === 'Beds in use' &&
      (await tile(region, 'beds').locator('output').textContent()) === '13');
  }

  const count = (region) => pane(page, region).locator('.tile').count();
  // Every device writes a point of the pulse each second: one made at the very moment of the delete
  // outlives it, and who wants it gone deletes it again.
  await eventually('it is deleted', async () => {
    const counts = await Promise.all(names.map(count));
    if (counts.every((tiles) => tiles === 3)) await tile('eu', 'pulse').getByTitle('Delete').click();
    return counts.every((tiles) => tiles === 2);
  });
  // Last, for it may come to lie over anything.
  await pane(page, 'us').getByText('+ Note').click();
  for (const region of names) await eventually('it is added', async () => (await count(region)) === 3);
  await picture(page, 'demo-edited');
  assert.deepEqual(errors, []);
});

withDemo('the tour shows it by itself, on a phone too', async ({ browser, url }) => {
  const { page, errors } = await openPage(browser, url, {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, 'nothing is wider than the phone');
  await picture(page, 'demo-phone');
  await page.getByText('Show me').click();
  await page.waitForFunction(() => document.querySelectorAll('#steps .done').length === 3, null, { timeout: 60_000 });
  await page.getByText('All regions hold the same state').waitFor({ timeout: 30_000 });
  await picture(page, 'demo-phone-after', { fullPage: true });
  assert.deepEqual(errors, []);
});
