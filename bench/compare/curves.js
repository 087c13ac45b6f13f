// How the cost of an update grows with the work: one dimension at a time, the others as they usually are.

import { generate } from './processes.js';
import { AnabranchStack } from './stacks.js';

const usual = { users: 100, devices: 2, paths: 10, 'value-bytes': 200, rate: 1000 };

/** `of`: what the dimension is called, `points`: its values, `load`: what a value makes of the usual load. */
export const curves = [
  { of: 'users at work', points: [1, 10, 100, 1000, 5000], load: (users) => ({ users }) },
  { of: 'users on disk, of 10 paths', points: [1000, 10_000, 100_000], load: () => ({}), stored: (users) => ({ users, paths: 10 }) },
  { of: 'devices of a user', points: [2, 5, 10, 20, 50], load: (devices) => ({ devices, users: 4, rate: 200 }) },
  { of: 'paths of a user', points: [1, 10, 100, 1000, 10_000], load: (paths) => ({ paths, users: 10 }), stored: (paths) => ({ users: 10, paths }) },
  { of: 'bytes of a value', points: [50, 200, 1000, 10_000, 50_000], load: (bytes) => ({ 'value-bytes': bytes, rate: 200 }) },
  { of: 'nodes, all on one core', points: [1, 2, 3, 5, 7], load: () => ({ rate: 200 }), nodes: (nodes) => nodes },
];

const slice = 2000;

async function store(stack, program, { users, paths }) {
  for (let first = 0; first < users; first += slice) {
    await generate(program, ['fill', ...stack.generatorArguments, '--users', `${Math.min(slice, users - first)}`, '--first-user', `${first}`, '--paths', `${paths}`]);
  }
}

/** {x, cpu, p50, p99, memory} of one point: µs for an update, ms, MB of all nodes. */
export async function measurePoint(folder, program, curve, x, { short }) {
  const stack = await AnabranchStack.start(folder, { program, nodes: curve.nodes?.(x) ?? 1 });
  try {
    if (curve.stored) await store(stack, program, curve.stored(x));
    const load = Object.entries({ ...usual, ...curve.load(x) }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const report = await generate(program, ['updates', ...stack.generatorArguments, ...load, '--for', short ? '2s' : '10s', '--warm-up', '1s']);
    if (!report.whole) throw new Error(`${curve.of} ${x}: ${report.advice.join('; ')}`);
    const { delivery } = report.latency_ms;
    return { x, cpu: report.server.cpu_us_per_update, p50: delivery.p50, p99: delivery.p99, memory: report.server.memory_bytes / 1e6 };
  } finally {
    await stack.stop();
  }
}

const heads = { cpu: 'processor for an update, µs', p50: 'median, ms', p99: '99 %, ms', memory: 'memory, MB' };
const digits = { cpu: 0, p50: 2, p99: 2, memory: 0 };

/** Markdown of one curve. */
export function curveTable({ of }, points) {
  const head = [of, ...Object.values(heads)];
  const lines = points.map(({ x, ...figures }) => [x.toLocaleString('en-US'), ...Object.keys(heads).map((key) => figures[key].toFixed(digits[key]))]);
  return [head, head.map(() => '--:'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** One picture of all curves: the processor's time over each dimension, both logarithmic. */
export function curvesPlot(measured) {
  const [width, height, perRow, gap] = [250, 170, 3, 60];
  const log = (value, [from, to]) => (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from) || 1);
  const range = (values, margin) => [Math.min(...values) / margin, Math.max(...values) * margin];
  const all = range(measured.flatMap(({ points }) => points.map(({ cpu }) => cpu)), 1.3);
  const panels = measured.map(({ curve, points }, at) => {
    const [left, top] = [gap + (at % perRow) * (width + gap), 40 + Math.floor(at / perRow) * (height + gap + 20)];
    const across = range(points.map(({ x }) => x), 1);
    const places = points.map(({ x, cpu }) => [left + log(x, across) * width, top + height - log(cpu, all) * height]);
    const marks = places.map(([x, y], n) => `<circle cx="${x}" cy="${y}" r="3" fill="#3b7dd8"/><text x="${x}" y="${y - 7}" text-anchor="middle">${points[n].cpu.toFixed(0)}</text><text x="${x}" y="${top + height + 16}" text-anchor="middle">${points[n].x.toLocaleString('en-US')}</text>`);
    return [
      `<text x="${left}" y="${top - 14}" font-weight="bold">${curve.of}</text>`,
      `<path d="M${left} ${top}v${height}h${width}" fill="none" stroke="#999"/>`,
      `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="#3b7dd8" stroke-width="2"/>`,
      ...marks,
    ].join('\n');
  });
  const rows = Math.ceil(measured.length / perRow);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${gap + perRow * (width + gap)} ${40 + rows * (height + gap + 20)}" font-family="sans-serif" font-size="11">`,
    '<title>Microseconds of the processor for an update, over the work</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...panels,
    '</svg>', '',
  ].join('\n');
}
