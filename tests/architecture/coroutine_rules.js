// g++ 12 miscompiles some statements that hold co_await together with a capturing lambda literal or
// a brace temporary: the temporary is destroyed while it is still in use. So the arguments of an
// awaited call are names, moves of names, or results of functions.

import { codeOf, folderOf } from './source_text.js';

const mayHoldCoroutines = (path) => /^(transport|node|tests)$/.test(folderOf(path).split('/')[0]);

/** Does the `{` after `before` open a block of statements (rather than an initialiser)? */
function opensBlock(before, lambdaPending) {
  if (lambdaPending) return true;
  if (/(\)|\]\]|\belse|\bdo|\btry|[;{}])\s*$/.test(before)) return true;
  if (/\)\s*(const|noexcept|override|final|mutable|&|->[^;{}]*)+\s*$/.test(before)) return true;
  return /\b(namespace|class|struct|union|enum|extern)\b[^;{}()=]*$/.test(before) || before.trim() === '';
}

/** Does the `[` after `before` begin a lambda (rather than a subscript, a binding, an attribute)? */
const beginsLambda = (before, after) =>
  !after.startsWith('[[') && !/\[$/.test(before) && !/([\w)\]"]|\bauto\s*&{0,2})\s*$/.test(before.replace(/\b(return|co_await|co_return|co_yield)\s*$/, ''));

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/**
 * Walks the code once. A frame is a block of statements; `open` counts its unclosed ( [ and
 * initialiser braces, so that a lambda's body within an argument list becomes a frame of its own and
 * the statement around it goes on afterwards.
 */
export function findBadAwaits(text) {
  const code = codeOf(text).replace(/^[ \t]*#.*$/gm, (line) => ' '.repeat(line.length));
  const found = [];
  const fresh = (start) => ({ start, awaitAt: -1, bad: null, lambdaPending: false, open: [] });
  const frames = [fresh(0)];

  const finish = (frame, next) => {
    if (frame.awaitAt >= 0 && frame.bad) found.push({ line: lineAt(code, frame.awaitAt), what: frame.bad });
    Object.assign(frame, fresh(next));
  };

  const openBrace = (frame, index) => {
    const before = code.slice(frame.start, index);
    const inInitialiser = frame.open.length > 0 && !frame.lambdaPending;
    if (inInitialiser || !opensBlock(before, frame.lambdaPending)) {
      frame.bad ??= 'a brace temporary';
      frame.open.push('{');
      return;
    }
    const isLambda = frame.lambdaPending;
    frame.lambdaPending = false;
    if (!isLambda) finish(frame, index + 1);
    frames.push(fresh(index + 1));
  };

  const closeBrace = (index) => {
    const frame = frames.at(-1);
    if (frame.open.at(-1) === '{') {
      frame.open.pop();
      return;
    }
    finish(frame, index + 1);
    if (frames.length > 1) frames.pop();
    const outer = frames.at(-1);
    if (outer.open.length === 0 && outer.awaitAt < 0 && !outer.bad) outer.start = index + 1;
  };

  for (let index = 0; index < code.length; index++) {
    const frame = frames.at(-1);
    const character = code[index];
    if (character === '{') openBrace(frame, index);
    else if (character === '}') closeBrace(index);
    else if (character === ';' && frame.open.length === 0) finish(frame, index + 1);
    else if (character === '(') frame.open.push('(');
    else if (character === '[') {
      if (beginsLambda(code.slice(Math.max(frame.start, index - 40), index), code.slice(index, index + 2))) {
        frame.bad = 'a lambda literal';
        frame.lambdaPending = true;
      }
      frame.open.push('[');
    } else if (character === ')' || character === ']') frame.open.pop();
    else if (code.startsWith('co_await', index) && !/\w/.test(code[index - 1] ?? ' ')) {
      frame.awaitAt = frame.awaitAt < 0 ? index : frame.awaitAt;
    }
  }
  return found;
}

export function checkCoroutines(path, text, report) {
  if (!/\bco_(await|return|yield|spawn)\b/.test(text)) return;
  const code = codeOf(text);
  if (!/\bco_(await|return|yield)\b/.test(code)) return;
  if (!mayHoldCoroutines(path)) {
    report(lineAt(code, code.search(/\bco_(await|return|yield)\b/)), 'coroutines stay in transport/ and node/');
  }
  for (const { line, what } of findBadAwaits(text)) {
    report(line, `co_await in one statement with ${what}: give it a name first`);
  }
}
