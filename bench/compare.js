// Anabranch, what its users run today, and its limit, side by side: `./dev bench compare`. The stacks are
// measured in turn, round by round, so that whatever else the machine does hits all of them.
//
//   node bench/compare.js --program build/release/anabranch [--short] [--rounds N] [--only NAME] [--save]
//
// The limit, bench_relay, is looked for beside the program. --stacks anabranch,relay leaves the others out.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { describeMachine } from './compare/machine.js';
import { pause } from './compare/processes.js';
import { replaceBetween, stackNames, summarise, toPlot, toTable } from './compare/report.js';
import { AnabranchStack, RelayStack, SocketIoStack } from './compare/stacks.js';
import { workloads } from './compare/workloads.js';

const root = new URL('..', import.meta.url).pathname;
const page = join(root, 'docs', 'benchmarks.md');

/** Below these something is badly wrong, whatever machine it is. */
const grossLoss = { updates: 2, deliveries4: 2, connects: 2 };

const { values: options } = parseArgs({
  options: {
    program: { type: 'string', default: join(root, 'build', 'release', 'anabranch') },
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    stacks: { type: 'string', default: Object.keys(stackNames).join() },
    save: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.short ? 1 : 3));
if (!Number.isInteger(rounds) || rounds < 1) usage('--rounds takes a number above 0');
if (options.short && options.save) usage('what --short measures is not worth keeping');
const stacks = options.stacks.split(',');
if (!stacks.every((name) => name in stackNames)) usage(`--stacks takes some of: ${Object.keys(stackNames).join()}`);
if (options.save && stacks.length < Object.keys(stackNames).length) usage('what is kept is of all stacks');
if (availableParallelism() < 2) usage('this takes two cores: one for the servers, one for the generator');

function usage(words) {
  console.error(words);
  process.exit(2);
}

const folder = join(root, 'build', 'bench');
mkdirSync(folder, { recursive: true });
const notes = new Set();
const note = (words) => {
  if (!notes.has(words)) console.error(words);
  notes.add(words);
};
const setting = { program: resolve(options.program), short: options.short };

const relayProgram = join(dirname(setting.program), 'bench_relay');
const hasRelay = !options.short && existsSync(relayProgram);
if (!options.short && stacks.includes('relay') && !hasRelay) {
  note(`the durable relay took no part: there is no ${relayProgram}; ./dev bench compare builds it`);
}

const start = {
  everysec: (workload) => SocketIoStack.start(join(folder, 'everysec'), { nodes: workload.nodes ?? 1, fsync: 'everysec' }),
  always: (workload) => SocketIoStack.start(join(folder, 'always'), { nodes: workload.nodes ?? 1, fsync: 'always' }),
  anabranch: (workload) => AnabranchStack.start(join(folder, 'anabranch'), { nodes: workload.nodes ?? 1, started: workload.started, program: setting.program }),
  relay: () => RelayStack.start(join(folder, 'relay'), { program: relayProgram }),
};

function takesPart(name, workload) {
  if (!stacks.includes(name)) return false;
  if (workload.only) return name === workload.only;
  if (name === 'relay') return hasRelay && workload.relay;
  return name !== 'always' || (workload.always && !options.short);
}

async function measure(name, workload) {
  const stack = await start[name](workload);
  try {
    return await workload.run(stack, { ...setting, note: (words) => note(`${stackNames[name]}: ${words}`) });
  } catch (error) {
    throw new Error(`${name}, ${workload.name}: ${error.message}\n${stack.describe()}`);
  } finally {
    await stack.stop();
  }
}

const measured = {};
const chosen = workloads.filter((workload) => (options.only ? workload.name === options.only : !options.short || workload.short));
if (chosen.length === 0) usage(`--only takes one of: ${workloads.map(({ name }) => name).join(', ')}`);
for (let round = 1; round <= rounds; round++) {
  for (const workload of chosen) {
    for (const name of Object.keys(stackNames).filter((one) => takesPart(one, workload))) {
      const figures = await measure(name, workload);
      console.error(`round ${round}, ${workload.name}, ${stackNames[name]}: ${JSON.stringify(figures)}`);
      for (const [key, figure] of Object.entries(figures)) ((measured[name] ??= {})[key] ??= []).push(figure);
      await pause(options.short ? 100 : 2000);
    }
  }
}

const summary = summarise(measured);
const hasPeers = stacks.includes('everysec') || stacks.includes('always');
const machine = describeMachine({ folder, program: setting.program, peers: hasPeers && join(root, 'bench', 'peers') });
const table = toTable(summary);
writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ machine, rounds, notes: [...notes], measured }, null, 2)}\n`);
console.log([table, '', ...machine, ...notes].join('\n'));

if (options.save) {
  const told = [...machine, ...notes].map((line) => `- ${line}`).join('\n');
  const text = `${table}\n\n![How many times better](benchmarks.svg)\n\n${told}\n- ${rounds === 1 ? 'one round' : `the median of ${rounds} rounds, and the least and the most in brackets`}`;
  writeFileSync(page, replaceBetween(readFileSync(page, 'utf8'), 'figures', text));
  writeFileSync(join(root, 'docs', 'benchmarks.svg'), toPlot(summary));
}

if (options.short) {
  const lost = summary.filter(({ key, ratios }) => ratios.everysec < grossLoss[key]);
  for (const { name, ratios, key } of lost) console.error(`${name}: only ${ratios.everysec.toFixed(1)} times as good as Socket.IO with Redis, not ${grossLoss[key]}`);
  process.exitCode = lost.length > 0 ? 1 : 0;
}
