// Words that have no place in some folders.

import { codeOf, eachLine, folderOf } from './source_text.js';

const decides = new Set(['base', 'crdt', 'wire', 'cluster']);

const bans = [
  { token: /\bstd::(mutex|shared_mutex|recursive_mutex|thread|jthread|async)\b/, why: 'threads belong to node/, storage/ and transport/' },
  { token: /\b(system_clock|steady_clock|high_resolution_clock)\b/, why: 'time comes as an argument', except: ['base/clock.cpp'] },
  { token: /\b(rand|srand|getenv|std::time)\s*\(/, why: 'nothing here asks the machine' },
  { token: /\bstd::random_device\b/, why: 'chance comes as an argument', except: ['base/random.cpp'] },
];

export function checkPurity(path, text, report) {
  if (!decides.has(folderOf(path))) return;
  eachLine(codeOf(text), (line, content) => {
    for (const { token, why, except = [] } of bans) {
      const match = token.exec(content);
      if (match && !except.includes(path)) report(line, `${match[0].trim()}: ${why}`);
    }
  });
}

/** A pause within a loop that polls a condition is fine; one that just hopes is not. */
export function checkSleeps(path, text, report) {
  if (folderOf(path) !== 'tests') return;
  const lines = codeOf(text).split('\n');
  lines.forEach((content, index) => {
    const match = /\b(sleep_for|sleep_until|usleep|nanosleep)\b/.exec(content);
    const polls = lines.slice(Math.max(0, index - 4), index).some((line) => /\b(while|for|do)\b/.test(line));
    if (match && !polls) report(index + 1, `${match[0]}: a test awaits an event or polls a condition`);
  });
}
