// The status page of a node, while its cluster works and loses a node.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scenario } from '../system/lib/scenario.js';
import { toToml } from '../system/lib/settings.js';
import { launchBrowser, noBrowser, picture } from './lib/browser.js';

const patienceMs = 30_000;
const options = { skip: noBrowser, timeoutMs: 120_000 };
const urlOf = (node) => `http://127.0.0.1:${node.ports.admin}/`;

/** Opens the node's page, and notes what it does that it should not. */
async function open(browser, node, settings = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...settings });
  const wrong = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => request.url().startsWith(urlOf(node)) || wrong.push(`a request to ${request.url()}`));
  await page.goto(urlOf(node));
  return { page, wrong };
}

const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: patienceMs });
const says = (page, selector, text) =>
  until(page, ([at, what]) => document.querySelector(at)?.textContent.includes(what), [selector, text]);
const rowSays = (page, name, text) =>
  until(page, ([which, what]) => [...document.querySelectorAll('#peers tbody tr')].some(
    (row) => row.firstChild.textContent.startsWith(which) && row.textContent.includes(what)), [name, text]);
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Texts whose contrast with what is behind them is below what WCAG asks for (AA, 4.5). */
const faintTexts = (page) => page.evaluate(() => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return (channels(color)[3] ?? 1) === 0 ? behind(element.parentElement) : color;
  };
  const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const contrast = (element) => {
    const [dark, light] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => a - b);
    return ((light + 0.05) / (dark + 0.05)) * opacity(element);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const shown = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() && hasText(element));
  return shown.filter((element) => contrast(element) < 4.5).map((element) => `${element.textContent}: ${contrast(element).toFixed(2)}`);
});

/** Pictures of the page as it is, wide and narrow, light and dark; it never scrolls sideways. */
async function pictures(page, name) {
  for (const [width, height] of [[1440, 900], [1041, 700], [1040, 700], [390, 844], [360, 740]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.ok((await overflow(page)) <= 0, `no sideways scrolling at ${width} px`);
      assert.deepEqual(await faintTexts(page), [], `readable in ${colorScheme}`);
      await picture(page, `${name}-${width}-${colorScheme}`, { fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Runs `body(browser)`. */
async function withBrowser(body) {
  const browser = await launchBrowser();
  try {
    await body(browser);
  } finally {
    await browser.close();
  }
}

scenario('the status page shows its cluster, and says which node has died', { names: ['eu', 'us', 'ap'], ...options }, async (cluster) => {
  const { eu, us, ap } = cluster;
  await withBrowser(async (browser) => {
    const { page, wrong } = await open(browser, eu);
    await says(page, '#name', 'eu');
    await says(page, '#summary', '3 of 3 nodes up');
    const device = await us.connect('alice');
    for (let i = 0; i < 50; ++i) await device.set(`from.us.w${i}`, i);
    await cluster.converged();
    await rowSays(page, 'us', 'Equal');
    await rowSays(page, 'ap', 'Connected');
    await until(page, () => /M/.test(document.querySelector('#tiles path:not(.area)').getAttribute('d')));
    await pictures(page, 'status-page');

    await ap.kill();
    await rowSays(page, 'ap', 'Silent');
    await (await eu.connect('alice')).set('from.eu', 1);
    await rowSays(page, 'ap', 'Peak 1 write');
    await says(page, '#summary', '2 of 3 nodes up; this one ready; silent: ap.');
    await pictures(page, 'status-page-silent');
    assert.deepEqual(wrong, []);
    await ap.start();
    await says(page, '#summary', '3 of 3 nodes up; this one ready.');
  });
});

scenario('a node that is gone is told of, with when it was last seen', { names: ['a'], ...options }, async (cluster) => {
  await withBrowser(async (browser) => {
    const { page } = await open(browser, cluster.a);
    await says(page, '#summary', 'stands alone');
    assert.ok(await page.locator('#no-peers').isVisible());
    await cluster.a.kill();
    await says(page, '#banner', 'Last seen at');
    await pictures(page, 'status-page-unreachable');
    await cluster.a.start();
    await until(page, () => document.querySelector('#banner').hidden);
  });
});

scenario('a page asks for the token, and keeps it for the tab alone', { names: ['a'], start: false, ...options }, async ({ a }) => {
  const token = 'an-admin-token-of-more-than-thirty-two-bytes';
  const config = a.config();
  writeFileSync(join(a.folder, 'admin.token'), token, { mode: 0o600 });
  writeFileSync(a.configFile, toToml({ ...config, admin: { ...config.admin, token_file: 'admin.token' } }));
  await a.start();
  await withBrowser(async (browser) => {
    const page = await browser.newPage();
    await page.goto(urlOf(a));
    await page.fill('#token', 'wrong');
    await page.press('#token', 'Enter');
    await says(page, '#entrance-reason', 'does not take');
    await picture(page, 'status-page-token');
    await page.fill('#token', token);
    await page.press('#token', 'Enter');
    await says(page, '#name', 'a');
    const kept = await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]);
    assert.deepEqual(kept, [1, 0, '']);
  });
});

scenario('thirty members, long names and markup in them leave the page whole', { names: ['a'], ...options }, async (cluster) => {
  await withBrowser(async (browser) => {
    const status = await cluster.a.status();
    const peer = (at) => ({
      name: at === 0 ? '<img src=x onerror=alert(1)>' : `node-${at}-${'long'.repeat(at % 8)}`, region: `region-${'x'.repeat(at)}`,
      connected: at % 7 !== 3, ready: at % 5 !== 1, draining: at === 4, admitted: at !== 6, epoch: at % 6 === 2 ? 0 : 1, lag_writes: at * 1234, lag_seconds: at * 0.7,
      behind_writes: at % 3, digest_equal: [true, null, false][at % 3], last_heartbeat_seconds: 0.4, clock_offset_ms: at * 500 - 4000,
    });
    const collection = { held_back_by: `${peer(6).name} is not admitted yet` };
    const many = { ...status, ready: false, admitted: false, storage_ok: false, collection, peers: Array.from({ length: 29 }, (_, at) => peer(at)) };
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.route('**/v1/status', (route) => route.fulfill({ json: many }));
    await page.goto(urlOf(cluster.a));
    await says(page, '#states', 'Storage refuses writes');
    assert.equal(await page.locator('#peers tbody tr').count(), 29);
    assert.equal(await page.locator('img').count(), 0);
    await rowSays(page, '<img src=x', 'write');
    await rowSays(page, 'node-2-', 'peer is behind');
    await rowSays(page, 'node-28-', '!+10.0 s');
    await rowSays(page, 'node-6-', 'Not admitted yet');
    await says(page, '#facts', '0 tombstones collected, now held back: node-6-longlonglonglonglonglong is not admitted yet');
    await says(page, '#summary', 'this one not ready, not admitted yet, storage refuses writes');
    await says(page, '#summary', 'draining: node-4-');
    await says(page, '#summary', 'and 1 more');
    await pictures(page, 'status-page-thirty');
  });
});
