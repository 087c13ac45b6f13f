// A test with nodes of its own.

import test from 'node:test';

import { Cluster } from './cluster.js';
import { within } from './wait.js';

/**
 * Runs `body(cluster, t)` against fresh nodes. `options`: what Cluster.create takes, and `start`
 * (false: the body starts them itself), `skip`, `timeoutMs`, `keepsFiles` (where the test has failed).
 * A failure shows the ends of the nodes' logs, and a node that crashes fails the test whatever the
 * body saw.
 */
export function scenario(name, { skip = false, start = true, timeoutMs = 60_000, keepsFiles = false, ...options }, body) {
  test(name, { skip }, async (t) => {
    const cluster = await Cluster.create(options);
    const run = async () => {
      if (start) await cluster.start();
      await body(cluster, t);
    };
    let failure = null;
    try {
      await within(timeoutMs, 'the whole test', run());
    } catch (error) {
      failure = error;
      failure.message += `\n${cluster.describe()}`;
    }
    const problems = await cluster.destroy();
    if (!failure && problems.length > 0) failure = new Error(`${problems.join('; ')}\n${cluster.describe()}`);
    if (failure && keepsFiles) failure.message += `\nThe nodes' files and logs are kept in ${cluster.folder}`;
    else cluster.removeFiles();
    if (failure) throw failure;
  });
}
