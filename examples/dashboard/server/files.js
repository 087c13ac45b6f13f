import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Answers with the file at `path`, below the root of the longest prefix that fits, or with 404. */
export async function serveFile(roots, path, response) {
  const prefix = Object.keys(roots)
    .filter((start) => path.startsWith(start))
    .sort((one, other) => other.length - one.length)[0];
  // Normalised from the root on, no path leads out of it.
  const name = normalize(`/${decodeURIComponent(path.slice(prefix.length)) || 'index.html'}`);
  try {
    const bytes = await readFile(join(roots[prefix], name));
    response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream');
    response.setHeader('cache-control', 'no-cache');
    response.end(bytes);
  } catch {
    response.writeHead(404).end('There is nothing here.');
  }
}
