// Prints what a page loads, and fails when the core, which it waits for, is too large.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limit = 8 * 1024;
const loadedLater = ['./keeper.js', './scout.js', './split.js'];

async function sizeOf(name, external) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../dist/${name}`, import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external,
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

const core = await sizeOf('index.js', loadedLater);
const all = await sizeOf('index.js', []);
console.log(`core: ${core} bytes gzipped, the limit is ${limit}; with what it loads later, for storage, other tabs, other nodes and large values: ${all}`);
if (core >= limit) {
  console.error('The core has grown too large: load what a page can do without at first when it is needed.');
  process.exitCode = 1;
}
