// Paths of the client protocol: segments joined by dots, with `.` and `\` in a segment escaped.

export const limits = { segments: 32, segmentBytes: 256, pathBytes: 1024 };

/** May `segment` stand in a path at all? An object's key may be anything, a segment may not. */
export function isSegment(segment) {
  const bytes = Buffer.byteLength(segment);
  return bytes > 0 && bytes <= limits.segmentBytes && segment !== '__proto__' && !/[\u0000-\u001f\u007f]/.test(segment);
}

export const joinPath = (segments) => segments.map((segment) => segment.replace(/[.\\]/g, '\\$&')).join('.');

export function splitPath(path) {
  const segments = [''];
  for (let at = 0; at < path.length; at++) {
    if (path[at] === '.') segments.push('');
    else segments[segments.length - 1] += path[at] === '\\' ? path[++at] : path[at];
  }
  return segments;
}

/** May these segments be sent as one path? */
export const isPath = (segments) =>
  segments.length > 0 &&
  segments.length <= limits.segments &&
  segments.every(isSegment) &&
  Buffer.byteLength(joinPath(segments)) <= limits.pathBytes;

const isIndex = (segment) => /^(0|[1-9]\d*)$/.test(segment);

/** The place of an array's element that a segment names, or -1. */
export const indexOf = (segment) => (isIndex(segment) && Number(segment) <= Number.MAX_SAFE_INTEGER ? Number(segment) : -1);

function compareSegments(left, right) {
  const [a, b] = [isIndex(left), isIndex(right)];
  if (a && b) return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
  if (a !== b) return a ? -1 : 1;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The order in which state is laid out: ancestors first, canonical indices by number. */
export function comparePaths(left, right) {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = compareSegments(left[at], right[at]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
