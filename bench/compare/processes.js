// Processes that are measured, and the one that measures them: the servers share one core, the load
// generator has another.

import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const serverCore = process.env.BENCH_SERVER_CORE ?? '0';
export const generatorCore = process.env.BENCH_GENERATOR_CORE ?? '1';

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Calls `look` until it says yes; throws when that takes too long. */
export async function until(what, look, { timeoutMs = 120_000, everyMs = 10 } = {}) {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await pause(everyMs);
  }
}

export function freePort() {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** A server on the servers' core; what it prints goes to a file in `folder`. */
export class ServerProcess {
  constructor(name, folder, command, args) {
    Object.assign(this, { name, folder, command, args });
    mkdirSync(folder, { recursive: true });
    this.log = join(folder, `${name}.log`);
  }

  start() {
    const log = openSync(this.log, 'a');
    // taskset becomes the program itself, so that the process has its id.
    this.child = spawn('taskset', ['-c', serverCore, this.command, ...this.args], { cwd: this.folder, stdio: ['ignore', log, log] });
    closeSync(log);
    running.add(this.child);
    this.end = new Promise((ended) =>
      this.child.once('exit', () => {
        running.delete(this.child);
        ended();
      }),
    );
  }

  get pid() {
    return this.child.pid;
  }

  async stop() {
    this.child.kill('SIGTERM');
    const stuck = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.end;
    clearTimeout(stuck);
  }

  logTail() {
    return readFileSync(this.log, 'utf8').split('\n').slice(-20).join('\n');
  }
}

/** Runs the generator on its core: the report that it prints. */
export function generate(program, args) {
  return new Promise((done, failed) => {
    const command = ['-c', generatorCore, program, 'bench', ...args, '--json', '--quiet'];
    execFile('taskset', command, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (stdout === '') return failed(new Error(`${command.join(' ')}: ${error?.message ?? ''} ${stderr}`));
      done(JSON.parse(stdout));
    });
  });
}
