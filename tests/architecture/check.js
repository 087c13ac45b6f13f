// Holds the sources against the architecture's rules: `node tests/architecture/check.js` prints each
// finding as file:line and fails if there is one.

import { findingsOf, longFiles, rules } from './rules.js';
import { readTree } from './tree.js';

const files = readTree();
let count = 0;
for (const rule of Object.values(rules)) {
  for (const { path, line, message } of findingsOf(rule, files)) {
    console.log(`${path}:${line}: ${message}`);
    count += 1;
  }
}
for (const { path, lines } of longFiles(files)) console.log(`${path}: ${lines} lines: is there a seam?`);
console.log(`${files.size} files, ${count} findings`);
process.exitCode = count > 0 ? 1 : 0;
