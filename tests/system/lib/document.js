// A user's records as a careful client keeps them, and as the nodes must: by path and stamp, merged in
// whatever order they come. Written from the protocol's page alone, so that it can judge the nodes.

import { comparePaths, splitPath } from './json_path.js';
import { layOut } from './layout.js';

const bytewise = (left, right) => (left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right)));

/** Stamps are {version, timestamp, sourceTabId}. */
export const compareStamps = (left, right) =>
  left.version - right.version ||
  Date.parse(left.timestamp) - Date.parse(right.timestamp) ||
  bytewise(left.sourceTabId, right.sourceTabId);

function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}

/** What a record says, as text that decides between equal stamps; a delete is the lowest. */
export const contentOf = (record) => (record.delete ? '' : canonical(record.value));

/** One record, for comparing. */
const lineOf = (record) =>
  `${record.path} ${record.version}/${Date.parse(record.timestamp)}/${record.sourceTabId} ${record.delete ? 'deleted' : contentOf(record)}`;

export class Document {
  #children = new Map();
  #record = undefined;

  /** Forgets all and takes a complete delta's records instead. */
  reset(records) {
    this.#children = new Map();
    this.#record = undefined;
    this.take(records);
  }

  take(records) {
    for (const record of records) this.#merge(record);
  }

  #merge(record) {
    if (this.standingFor(record)) return;
    let at = this;
    for (const segment of splitPath(record.path)) {
      if (!at.#children.has(segment)) at.#children.set(segment, new Document());
      at = at.#children.get(segment);
    }
    at.#record = record;
    at.#dropBelow(record);
  }

  #dropBelow(winner) {
    for (const [segment, child] of this.#children) {
      if (child.#record && compareStamps(winner, child.#record) > 0) child.#record = undefined;
      child.#dropBelow(winner);
      if (!child.#record && child.#children.size === 0) this.#children.delete(segment);
    }
  }

  /** The record that shows that this one has been taken: itself, or one that wins over it. */
  standingFor(record) {
    const segments = splitPath(record.path);
    let at = this;
    for (const segment of segments) {
      at = at.#children.get(segment);
      if (!at) return undefined;
      if (!at.#record) continue;
      const order = compareStamps(at.#record, record);
      if (order > 0) return at.#record;
      if (order === 0 && at.#record.path === record.path && bytewise(contentOf(at.#record), contentOf(record)) >= 0) return at.#record;
    }
    return undefined;
  }

  /** In path order. */
  records() {
    const collected = [];
    this.#collect([], collected);
    return collected.sort((a, b) => comparePaths(a[0], b[0])).map(([, record]) => record);
  }

  #collect(segments, collected) {
    if (this.#record) collected.push([segments, this.#record]);
    for (const [segment, child] of this.#children) child.#collect([...segments, segment], collected);
  }

  /** One line for each record: equal documents have equal lines. */
  lines() {
    return this.records().map(lineOf);
  }

  state() {
    return layOut(this.records().map((record) => [splitPath(record.path), record]));
  }
}

/** The first record in which two documents differ, for people; empty when they are equal. */
export function describeDocuments(got, want) {
  const [left, right] = [got.lines(), want.lines()];
  const [extra, missing] = [left.filter((line) => !new Set(right).has(line)), right.filter((line) => !new Set(left).has(line))];
  if (extra.length + missing.length === 0) return '';
  const short = (lines) => `${lines.length}${lines.length > 0 ? `, the first is ${lines[0].slice(0, 160)}` : ''}`;
  return `records too many: ${short(extra)}; missing: ${short(missing)}`;
}
