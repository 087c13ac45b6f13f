// The dashboard in deploy/grafana, as far as it can be judged without Grafana.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryRoot } from './binary.js';

export const dashboard = JSON.parse(readFileSync(join(repositoryRoot, 'deploy/grafana/anabranch.json'), 'utf8'));

/** Every query: {panel, expr, legend}, with Grafana's variables still in it. */
export const queries = dashboard.panels.flatMap(({ title: panel, targets = [] }) =>
  targets.map(({ expr, legendFormat: legend }) => ({ panel, expr, legend })));

/** The query as Grafana would send it with all nodes chosen. */
export function filledIn(expr, { job, range }) {
  const filled = expr
    .replaceAll('$__rate_interval', range)
    .replaceAll('$__range', range)
    .replaceAll('$job', job)
    .replaceAll('$instance', '.*');
  if (filled.includes('$')) throw new Error(`a variable is left in ${filled}`);
  return filled;
}

/** The names of metrics that a query reads; recorded ones have colons in them. */
export function metricsIn(expr) {
  return [...new Set(expr.match(/(?<![\w:])(?:\w+:)?(?:anabranch|process)_\w+(?::\w+)?|\bup\b|\bALERTS\b/g))];
}
