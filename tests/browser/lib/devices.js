// Devices in a browser: each page has a client, each context is a browser of its own.

import { scenario } from '../../system/lib/scenario.js';
import { launchBrowser, noBrowser } from './browser.js';
import { openSite } from './site.js';

const patienceMs = 30_000;

/** Waits until `condition(client, argument)` holds in the page. */
export const until = (page, condition, argument) =>
  page.waitForFunction(new Function('argument', `return (${condition})(window.client, argument)`), argument, {
    timeout: patienceMs,
    polling: 20,
  });

export const synced = (page) => until(page, 'client => client?.status === "synced"');
export const stateOf = (page) => page.evaluate(() => client.get());
export const has = (page, path, value) =>
  until(page, '(client, [path, value]) => JSON.stringify(client.get(path)) === value', [path, JSON.stringify(value)]);

/** What a page writes without waiting for it to be acked. */
export const write = (page, path, value) => page.evaluate(([at, what]) => void client.set(at, what), [path, value]);
export const writeAndWait = (page, path, value) => page.evaluate(([at, what]) => client.set(at, what), [path, value]);

/**
 * Runs `body({ cluster, browser, open })` with fresh nodes whose devices come through doors, and a
 * browser. `open(context, nodes, { user, discover })` opens a device that knows these nodes.
 */
export function withDevices(name, names, body) {
  const options = { names, doors: true, links: true, skip: noBrowser, timeoutMs: 120_000, limits: { updates_per_minute: 0 } };
  scenario(name, options, async (cluster) => {
    const [browser, site] = [await launchBrowser(), await openSite(cluster.secret)];
    const open = async (context, nodes, { user = 'alice', discover = false } = {}) => {
      const page = await context.newPage();
      const query = new URLSearchParams({ user });
      for (const node of nodes) query.append('url', `ws://127.0.0.1:${cluster.door(node).port}/v1/sync`);
      if (discover) query.set('discover', '1');
      await page.goto(`${site.url}?${query}`);
      return page;
    };
    try {
      await body({ cluster, browser, open });
    } finally {
      await browser.close();
      site.close();
    }
  });
}
