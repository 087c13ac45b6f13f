// The C++ files of the repository.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folders = ['base', 'crdt', 'wire', 'cluster', 'storage', 'transport', 'load', 'node', 'bench', 'tests'];

function* sourcesIn(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* sourcesIn(path);
    else if (/\.(h|cpp)$/.test(entry.name)) yield path;
  }
}

/** A map from each path, relative to the root, to the file's text. */
export function readTree() {
  const files = new Map();
  for (const folder of folders) {
    for (const path of sourcesIn(folder)) files.set(path, readFileSync(join(root, path), 'utf8'));
  }
  return files;
}
