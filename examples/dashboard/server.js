// Serves the demo: its page, tokens for it, and the switches that cut a region off.
//
//   node server.js --example DIR --work DIR [--port 8100]
//
// DIR of the example holds cluster.toml, REGION.toml and jwt.secret. The nodes are to be started with
// the files that this leaves in the work folder: they meet each other through its relays.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { prepareCluster } from './server/cluster.js';
import { serveFile } from './server/files.js';
import { makeToken } from './server/tokens.js';

const folder = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const roots = { '/client/': resolve(folder, '../../clients/typescript/dist'), '/': resolve(folder, 'page') };
const { values: options } = parseArgs({
  options: { example: { type: 'string' }, work: { type: 'string' }, port: { type: 'string', default: '8100' } },
});
if (!options.example || !options.work) {
  console.error('usage: node server.js --example DIR --work DIR [--port 8100]');
  process.exit(2);
}

const cluster = await prepareCluster(options.example, options.work);
const secret = (await readFile(resolve(options.example, 'jwt.secret'), 'utf8')).replace(/\n$/, '');

const regions = () =>
  cluster.regions.map(({ name, region, clientUrl, isCut }) => ({ name, region, url: clientUrl, isCut }));

/** What each node says of itself; null where it does not answer. */
async function statuses() {
  const ask = async ({ name, admin }) => {
    try {
      const answer = await fetch(`http://${admin}/v1/status`, { signal: AbortSignal.timeout(1000) });
      return [name, await answer.json()];
    } catch {
      return [name, null];
    }
  };
  return Object.fromEntries(await Promise.all(cluster.regions.map(ask)));
}

const routes = {
  'GET /api/regions': () => regions(),
  'GET /api/status': () => statuses(),
  'GET /api/token': (query) => ({ token: makeToken(secret, query.get('user') ?? 'demo', 3600) }),
  'POST /api/cut': (query) => {
    cluster.setCut(query.get('region'), query.get('cut') === 'true');
    return regions();
  },
};

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const route = routes[`${request.method} ${url.pathname}`];
  if (!route) return serveFile(roots, url.pathname, response);
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(await route(url.searchParams)));
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`the demo is at http://127.0.0.1:${server.address().port}/`);
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
