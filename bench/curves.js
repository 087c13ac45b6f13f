// How an update's cost grows with the work: `./dev bench curves`.
//
//   node bench/curves.js --program build/release/anabranch [--short] [--only NAME] [--save]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { curves, curvesPlot, curveTable, measurePoint } from './compare/curves.js';
import { describeMachine } from './compare/machine.js';
import { replaceBetween } from './compare/report.js';

const root = new URL('..', import.meta.url).pathname;

const { values: options } = parseArgs({
  options: {
    program: { type: 'string', default: join(root, 'build', 'release', 'anabranch') },
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const program = resolve(options.program);
const folder = join(root, 'build', 'bench');
mkdirSync(folder, { recursive: true });

const chosen = curves.filter(({ of }) => !options.only || of === options.only);
if (chosen.length === 0) {
  console.error(`--only takes one of: ${curves.map(({ of }) => of).join(', ')}`);
  process.exit(2);
}

const measured = [];
for (const curve of chosen) {
  const points = [];
  for (const x of curve.points) {
    points.push(await measurePoint(join(folder, 'curve'), program, curve, x, options));
    console.error(`${curve.of}: ${JSON.stringify(points.at(-1))}`);
  }
  measured.push({ curve, points });
}

const machine = describeMachine({ folder, program });
writeFileSync(join(folder, 'curves.json'), `${JSON.stringify({ machine, measured }, null, 2)}\n`);
const tables = measured.map(({ curve, points }) => curveTable(curve, points)).join('\n\n');
console.log(`${tables}\n\n${machine.join('\n')}`);
if (options.save) {
  const page = join(root, 'docs', 'benchmarks.md');
  const told = `${tables}\n\n![The cost of an update over the work](curves.svg)\n\n${machine.map((line) => `- ${line}`).join('\n')}`;
  writeFileSync(page, replaceBetween(readFileSync(page, 'utf8'), 'curves', told));
  writeFileSync(join(root, 'docs', 'curves.svg'), curvesPlot(measured));
}
