// The program under test.

import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export const binary = resolve(process.env.ANABRANCH ?? join(repositoryRoot, 'build', 'release', 'anabranch'));

/** Runs a subcommand to its end: {code, stdout, stderr}. */
export function runBinary(args, { timeoutMs = 15_000, cwd } = {}) {
  return new Promise((resolveRun, rejectRun) => {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, cwd });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => (output[name] += data));
    child.on('error', rejectRun);
    child.on('close', (code, signal) => resolveRun({ code: code ?? signal, ...output }));
  });
}
