// All rules, over files given as a map from path to text.

import { checkCoroutines } from './coroutine_rules.js';
import { checkHeaderGuard, checkIncludes } from './include_rules.js';
import { checkPurity, checkSleeps } from './token_rules.js';

const longFileLines = 400;

export const rules = {
  'dependencies point downwards and third-party headers stay in sources': checkIncludes,
  'headers have a guard': checkHeaderGuard,
  'what decides is pure': checkPurity,
  'coroutines avoid what the compiler miscompiles': checkCoroutines,
  'tests do not sleep': checkSleeps,
};

/** [{path, line, message}] of one rule over all files. */
export function findingsOf(rule, files) {
  const findings = [];
  for (const [path, text] of files) {
    rule(path, text, (line, message) => findings.push({ path, line, message }));
  }
  return findings;
}

/** Worth a look, not wrong. */
export function longFiles(files) {
  return [...files]
    .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > longFileLines);
}
