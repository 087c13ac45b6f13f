// What the devices of a storm write.

const names = ['a', 'b', 'c', '0', '1'];

/** Each device has this many entries of its own before it starts over. */
const ownEntries = 300;

/** Where all devices of a user meet: at a path, above it and below it. The shorter the rarer. */
function sharedPath(pick) {
  const length = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3][pick(10)];
  return ['shared', ...Array.from({ length }, () => names[pick(names.length)])].join('.');
}

/** A value that no other write has. */
function uniqueValue(pick, tab, n) {
  const mark = `${tab}#${n}`;
  return [mark, { of: mark, a: { b: n } }, [mark, n], `${mark} ${'x'.repeat(200)}`, mark, `${mark} ${'y'.repeat(pick(3000))}`][pick(6)];
}

function sharedChange(pick, tab, n) {
  const path = sharedPath(pick);
  return pick(4) === 0 ? { path, delete: true } : { path, value: uniqueValue(pick, tab, n) };
}

/** Two paths that are only ever written together, and by one device: a batch shows them both. */
export const twinsOf = (tab) => [`twins.${tab}.left`, `twins.${tab}.right`];

function batch(pick, tab, n) {
  const changes = twinsOf(tab).map((path) => ({ path, value: `${tab}#${n}` }));
  if (pick(2) === 0) changes.push(sharedChange(pick, tab, n));
  return changes;
}

/** The n-th write of a device: [{path, value} or {path, delete: true}]. */
export function randomChanges(pick, tab, n) {
  const kind = pick(10);
  if (kind < 4) return [{ path: `own.${tab}.k${n % ownEntries}`, value: uniqueValue(pick, tab, n) }];
  if (kind < 5) return [{ path: `own.${tab}.k${pick(ownEntries)}`, delete: true }];
  return kind < 7 ? batch(pick, tab, n) : [sharedChange(pick, tab, n)];
}

/** What is wrong with one event or delta in which a batch must be whole; empty when nothing is. */
export function describeTornBatch(changes) {
  const stamps = new Map();
  for (const { path, version, timestamp, sourceTabId } of changes) {
    if (!path.startsWith('twins.')) continue;
    const batchOf = `${sourceTabId} ${version} ${timestamp}`;
    stamps.set(batchOf, [...(stamps.get(batchOf) ?? []), path]);
  }
  const torn = [...stamps].find(([, paths]) => paths.length !== 2);
  return torn ? `of the batch ${torn[0]} came only ${torn[1]}` : '';
}
