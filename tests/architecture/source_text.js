// What the rules see of a C++ file: its code without comments and literals, line by line, and its
// includes.

/** The text with comments and the insides of literals blanked out, of the same length and lines. */
export function codeOf(text) {
  const literal =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^\s()\\]*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'/g;
  return text.replace(literal, (match) => {
    const blank = match.replace(/[^\n]/g, ' ');
    return match.startsWith('/') ? blank : `"${blank.slice(2)}"`;
  });
}

/** Calls `visit(line number, line)` for each line. */
export function eachLine(text, visit) {
  text.split('\n').forEach((line, index) => visit(index + 1, line));
}

/** [{line, target, quoted}] of a file's #include lines. */
export function includesOf(text) {
  const found = [];
  eachLine(text, (line, content) => {
    const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(content);
    if (match) found.push({ line, target: match[2], quoted: match[1] === '"' });
  });
  return found;
}

export const isHeader = (path) => path.endsWith('.h');

/** The folder that a rule speaks of: "crdt", "transport/client", "tests". */
export function folderOf(path) {
  const parts = path.split('/');
  if (parts.length === 1) return '';
  return parts[0] === 'transport' && parts.length > 2 ? `transport/${parts[1]}` : parts[0];
}
