// Who may include what: the picture in docs/architecture.md as a table.

import { folderOf, includesOf, isHeader } from './source_text.js';

const below = {
  base: [],
  crdt: ['base'],
  wire: ['crdt', 'base'],
  cluster: ['wire', 'crdt', 'base'],
  storage: ['wire', 'crdt', 'base'],
  transport: ['wire', 'crdt', 'base'],
  'transport/client': ['transport', 'wire', 'crdt', 'base'],
  'transport/peer': ['transport', 'wire', 'crdt', 'base'],
  load: ['base'],
  node: ['load', 'transport/client', 'transport/peer', 'transport', 'storage', 'cluster', 'wire', 'crdt', 'base'],
};

/** What may include everything, and is included by nothing. */
const outside = new Set(['bench', 'tests']);

const projectFolders = new Set([...Object.keys(below).map((name) => name.split('/')[0]), ...outside]);

/** Folders that see the standard library alone. */
const pure = new Set(['crdt', 'cluster']);

/** The one third-party header that belongs to the vocabulary of all: Result is made of it. */
const vocabulary = 'tl/expected.hpp';

/** Headers of Asio and Beast are for the sources of transport/client, and for what they share. */
const beastSeam = new Set(['transport/client/server.h', 'transport/client/sessions.h']);

const isSystemHeader = (target) =>
  /^(sys|netinet|arpa|linux)\//.test(target) || /^(unistd|fcntl|poll|signal|netdb|dirent|pthread|sysexits)\.h$/.test(target);

const isStandardHeader = (target) => /^[a-z_]+$/.test(target);

function isPrivateHeader(path, target) {
  if (path.endsWith('_detail.h')) return true;
  return folderOf(path) === 'transport/client' && !beastSeam.has(path) && target.startsWith('boost/');
}

function checkProjectInclude(path, include, report) {
  const from = folderOf(path);
  const to = folderOf(include.target);
  if (outside.has(from)) return;
  if (outside.has(to)) report(include.line, `product code includes ${include.target}`);
  else if (from !== to && !below[from]?.includes(to)) {
    report(include.line, `${from}/ must not include ${to}/: ${include.target}`);
  } else if (include.target.endsWith('_detail.h') && from !== to) {
    report(include.line, `${include.target} is private to ${to}/`);
  }
}

function checkForeignInclude(path, include, report) {
  const { target, line, quoted } = include;
  const from = folderOf(path);
  if (!quoted && isStandardHeader(target)) return;
  if (quoted && from === 'tests' && !target.includes('/')) return;  // a neighbour in the same folder
  if (!quoted && target === vocabulary) return;
  if (quoted && target === vocabulary) report(line, `a third-party header is included in <>: ${target}`);
  else if (pure.has(from)) report(line, `${from}/ is pure: it includes standard headers alone, not ${target}`);
  else if (quoted) report(line, `a third-party header is included in <>: ${target}`);
  else if (isSystemHeader(target)) return;
  else if (!outside.has(from) && isHeader(path) && !isPrivateHeader(path, target)) {
    report(line, `third-party headers belong into .cpp files: ${target}`);
  }
}

export function checkIncludes(path, text, report) {
  for (const include of includesOf(text)) {
    const isProject = include.quoted && projectFolders.has(include.target.split('/')[0]);
    if (isProject) checkProjectInclude(path, include, report);
    else checkForeignInclude(path, include, report);
  }
}

export function checkHeaderGuard(path, text, report) {
  if (isHeader(path) && !/^#pragma once$/m.test(text)) report(1, 'a header starts with #pragma once');
}
