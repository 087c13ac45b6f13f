// The workloads, and what each of them tells: figures by the keys of `rows`. `always`, `relay`: whether
// these stacks take part; `only`: the one that does.

import { generate } from './processes.js';

/** What is told of all of them, in the order of the table. `better`: which of two figures is. */
export const rows = {
  updates: { name: 'updates a second, 1 other device', better: 'more', digits: 0 },
  cpu: { name: 'processor for an update, µs', better: 'less', digits: 1 },
  deliveries4: { name: 'deliveries a second, 4 other devices', better: 'more', digits: 0 },
  deliveries50: { name: 'deliveries a second, 50 other devices', better: 'more', digits: 0 },
  latency50: { name: 'latency at 1,000 updates a second, median, ms', better: 'less', digits: 2 },
  latency99: { name: 'latency at 1,000 updates a second, 99 %, ms', better: 'less', digits: 2 },
  twoUpdates: { name: 'two nodes: updates a second', better: 'more', digits: 0 },
  twoLatency50: { name: 'two nodes: latency at 1,000 a second, median, ms', better: 'less', digits: 2 },
  idle: { name: 'memory of 1,000 idle connections, MB', better: 'less', digits: 2 },
  connects: { name: 'connects a second, with JWT', better: 'more', digits: 0 },
  full: { name: 'full state of 1,000 paths, 200 KB, ms', better: 'less', digits: 2 },
  storm: { name: '1,000 clients ask for such a state at once, s', better: 'less', digits: 2 },
  cursorStorm: { name: '1,000 clients resume by cursor, 10 changes, s', better: 'less', digits: 3 },
  catchUp: { name: 'catch-up of an empty node while serving, records a second', better: 'more', digits: 0 },
  restart: { name: 'restart with 1,000,000 records, s', better: 'less', digits: 2 },
};

const pair = ['--users', '32', '--devices', '2'];
const atAThousand = ['--users', '10', '--devices', '2', '--rate', '1000'];

const searchIn = ({ short }) => (short ? ['--for', '500ms', '--warm-up', '200ms'] : ['--for', '3s', '--warm-up', '1s']);

/** Every figure of a search is of the highest rate that held. */
async function search(stack, setting, load, rate) {
  const report = await generate(setting.program, ['search', ...stack.generatorArguments, ...load, '--rate', `${rate}`, ...searchIn(setting)]);
  if (!report.best) throw new Error('no rate held');
  if (report.is_limited_by_generator) setting.note(`limited by the generator: ${load.join(' ')}`);
  return report.best;
}

/** Runs a mode in which the generator says whether it was the limit itself. */
async function run(mode, stack, setting, ...load) {
  const report = await generate(setting.program, [mode, ...stack.generatorArguments, ...load]);
  if (report.generator.is_limit) setting.note(`limited by the generator: ${mode} ${load.join(' ')}`);
  return report;
}

const updates = (stack, setting, load) => generate(setting.program, ['updates', ...stack.generatorArguments, ...load, '--for', '20s', '--warm-up', '2s']);

const records = 1_000_000;
const fill = (stack, setting) => generate(setting.program, ['fill', ...stack.generatorArguments, '--users', '1000', '--paths', `${records / 1000}`]);

export const workloads = [
  {
    name: 'pairs',
    relay: true,
    always: true,
    short: true,
    async run(stack, setting) {
      const best = await search(stack, setting, pair, 4000);
      return { updates: best.updates.per_second, cpu: best.server.cpu_us_per_update };
    },
  },
  {
    name: 'five devices',
    relay: true,
    always: true,
    short: true,
    async run(stack, setting) {
      const best = await search(stack, setting, ['--users', '16', '--devices', '5'], 2000);
      return { deliveries4: best.deliveries.per_second };
    },
  },
  {
    name: '51 devices',
    relay: true,
    async run(stack, setting) {
      const best = await search(stack, setting, ['--users', '4', '--devices', '51'], 250);
      return { deliveries50: best.deliveries.per_second };
    },
  },
  {
    name: 'latency',
    relay: true,
    always: true,
    async run(stack, setting) {
      const { latency_ms: latency } = await updates(stack, setting, atAThousand);
      return { latency50: latency.delivery.p50, latency99: latency.delivery.p99 };
    },
  },
  {
    name: 'two nodes',
    nodes: 2,
    always: true,
    async run(stack, setting) {
      const { latency_ms: latency } = await updates(stack, setting, atAThousand);
      const best = await search(stack, setting, pair, 4000);
      return { twoUpdates: best.updates.per_second, twoLatency50: latency.delivery.p50 };
    },
  },
  {
    name: 'idle connections',
    async run(stack, setting) {
      const report = await run('idle', stack, setting, '--users', '10000', '--for', '5s');
      return { idle: report.bytes_per_connection / 1000 };
    },
  },
  {
    name: 'connects',
    short: true,
    async run(stack, setting) {
      const report = await run('connect', stack, setting, '--users', setting.short ? '2000' : '10000');
      return { connects: report.per_second };
    },
  },
  {
    name: 'one full state',
    async run(stack, setting) {
      const report = await run('resume', stack, setting, '--users', '1');
      return { full: report.latency_ms.max };
    },
  },
  {
    name: 'a storm of full states',
    async run(stack, setting) {
      const report = await run('resume', stack, setting, '--users', '1000');
      return { storm: report.seconds };
    },
  },
  {
    name: 'a storm by cursor',
    only: 'anabranch',
    async run(stack, setting) {
      const report = await run('resume', stack, setting, '--users', '1000', '--by-cursor', '--changes', '10');
      return { cursorStorm: report.seconds };
    },
  },
  {
    name: 'catch-up',
    only: 'anabranch',
    nodes: 2,
    started: 1,
    async run(stack, setting) {
      await fill(stack, setting);
      const serving = generate(setting.program, ['updates', ...stack.generatorArguments, '--users', '10', '--rate', '500', '--for', '10s']);
      const seconds = await stack.timeToReady(1);
      await serving;
      return { catchUp: records / seconds };
    },
  },
  {
    name: 'restart',
    only: 'anabranch',
    async run(stack, setting) {
      await fill(stack, setting);
      await stack.servers.pop().stop();
      return { restart: await stack.timeToReady(0) };
    },
  },
];
