// The edit histories of three dashboards that people keep in public. They lie beside the repository,
// where there are any: one revision a line, {"at", "state"}, oldest first.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { repositoryRoot } from './binary.js';

const folder = join(repositoryRoot, '..', 'shared', 'data', 'dashboards');
const files = { apache: 'apache-full', node: 'node-exporter-bsd', haproxy: 'haproxy' };

/** Why the histories cannot be replayed here; false when they can. */
export const historiesMissing = !existsSync(folder) && 'the dashboards\' histories are not beside this repository';

/** Each dashboard's revisions, whole states, by a short name. */
export function loadHistories() {
  const load = (file) =>
    gunzipSync(readFileSync(join(folder, `${file}.jsonl.gz`)))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).state);
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, load(file)]));
}
