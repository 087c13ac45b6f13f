// What became of each write: when it was on a disk, when it reached each region, who won.

/** How many writes are remembered. */
const maxWrites = 200;

const keyOf = (path, { version, time }) => `${path} ${version} ${time}`;
const isOlder = (one, other) => one.version - other.version || one.time - other.time;

/**
 * @typedef {object} Entry
 * @property {string} path
 * @property {string} by the region whose device wrote it; known once it is acknowledged
 * @property {number} sent when it was sent, on the page's clock
 * @property {Map<string, number>} arrived when each region's device heard of it
 * @property {Set<string>} passed regions that have something newer and will not be told of it
 * @property {string} lost '' or why another write stands in its place
 */

/** `onChange(entry)` hears of each entry that is new or has changed. */
export function createLog(devices, onChange) {
  const entries = new Map();
  /** The last write of each device at each path. */
  const latest = new Map();
  /** The newest that each region has at each path. */
  const newest = new Map();

  function entryOf(path, stamp) {
    const key = keyOf(path, stamp);
    if (entries.has(key)) return entries.get(key);
    const { version, time } = stamp;
    const entry = { key, path, version, time, arrived: new Map(), passed: new Set(), lost: '' };
    for (const { region } of devices) {
      const there = newest.get(`${region.name} ${path}`);
      if (there && isOlder(entry, there) < 0) entry.passed.add(region.name);
    }
    entries.set(key, entry);
    if (entries.size > maxWrites) entries.delete(entries.keys().next().value);
    return entry;
  }

  /** What is older at the path will not come to this region any more. */
  function passOlder(name, arrived) {
    const at = `${name} ${arrived.path}`;
    if (!newest.has(at) || isOlder(newest.get(at), arrived) < 0) newest.set(at, arrived);
    for (const entry of entries.values()) {
      const isPassed = entry.path === arrived.path && isOlder(entry, arrived) < 0 && !entry.arrived.has(name);
      if (!isPassed || entry.passed.has(name)) continue;
      entry.passed.add(name);
      onChange(entry);
    }
  }

  /** Of two writes made without knowing of each other one has lost. */
  function noteConflict(name, other) {
    const own = latest.get(`${name} ${other.path}`);
    if (!own || own.lost || !other.by || own.arrived.get(other.by) <= other.sent) return;
    const [loser, winner] = isOlder(own, other) < 0 ? [own, other] : [other, own];
    loser.lost = `to ${winner.by}'s`;
    winner.won = true;
    onChange(loser);
    onChange(winner);
  }

  for (const { client, region } of devices) {
    const { name } = region;
    client.on('acked', (write) => {
      const now = performance.now();
      for (const path of write.paths) {
        const entry = entryOf(path, write);
        Object.assign(entry, { by: name, sent: now - write.tookMs });
        entry.value ??= client.get(path);
        entry.arrived.set(name, now);
        if (!write.applied) entry.lost = 'to a newer one';
        latest.set(`${name} ${path}`, entry);
        passOlder(name, entry);
        onChange(entry);
      }
    });
    client.on('received', (record) => {
      const entry = entryOf(record.path, record);
      if (entry.arrived.has(name)) return;
      entry.arrived.set(name, performance.now());
      entry.value = record.value;
      noteConflict(name, entry);
      passOlder(name, entry);
      onChange(entry);
    });
  }
}
