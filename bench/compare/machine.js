// What the figures were measured on.

import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { join } from 'node:path';

import { median } from './report.js';

/** Milliseconds that it takes to append 4 KiB durably, the median. */
function fdatasyncMs(folder) {
  const file = join(folder, 'fdatasync');
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(4096, 1);
  const spans = [];
  for (let n = 0; n < 300; n++) {
    const before = performance.now();
    writeSync(handle, block);
    fdatasyncSync(handle);
    spans.push(performance.now() - before);
  }
  closeSync(handle);
  rmSync(file);
  return median(spans);
}

const firstLine = (command, args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0];

const peerPackages = ['socket.io', '@socket.io/redis-adapter', 'ioredis', 'ws'];

/** Sentences. `peers`: the folder of what is compared with, where something is. */
export function describeMachine({ folder, program, peers }) {
  const cpu = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const version = (name) => JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version;
  const others = () => [
    firstLine('redis-server', ['--version']).replace(/ sha=.*/, ''),
    `Node.js ${process.version}`,
    peerPackages.map((name) => `${name} ${version(name)}`).join(', '),
  ];
  return [
    `${cpu}, ${availableParallelism()} cores; Linux ${release()}; append and fdatasync ${fdatasyncMs(folder).toFixed(2)} ms`,
    [firstLine(program, ['--version']), ...(peers ? others() : [])].join('; '),
  ];
}
