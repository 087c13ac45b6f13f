// Serves the test's page, the built client, and tokens.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { repositoryRoot } from '../../system/lib/binary.js';
import { makeToken } from '../../system/lib/settings.js';

const types = { '.html': 'text/html', '.js': 'text/javascript' };
const client = join(repositoryRoot, 'clients/typescript/dist');
const page = join(repositoryRoot, 'tests/browser/page');

const fileFor = (path) => (path.startsWith('/client/') ? join(client, path.slice(8)) : join(page, path === '/' ? 'index.html' : path));

/** Resolves to `{ url, close }`. */
export async function openSite(secret) {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/token') return response.end(makeToken(secret, searchParams.get('user')));
    try {
      const bytes = await readFile(fileFor(pathname));
      response.setHeader('content-type', types[extname(pathname)] ?? 'text/html');
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
