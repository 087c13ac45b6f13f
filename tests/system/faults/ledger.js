// What devices have sent and what was acked, kept beside the nodes in order to judge them at the end.

import { compareStamps, contentOf, Document } from '../lib/document.js';

const isAtOrAbove = (upper, lower) => upper === lower || lower.startsWith(`${upper}.`);

/** Would `winner` hide `loser`, or be it? Both are {path, version, timestamp, sourceTabId, …}. */
const hides = (winner, loser) => isAtOrAbove(winner.path, loser.path) && compareStamps(winner, loser) >= 0;

const keyOf = (user, record) => JSON.stringify([user, record.path, record.version, record.sourceTabId, contentOf(record)]);

export class Ledger {
  #sent = new Set();
  #acked = new Map();
  #replicated = new Set();
  #lost = new Map();
  count = 0;

  /** Stamps may be given another time by a node whose clock is far behind, but no other version. */
  sent(user, changes, { version, sourceTabId }) {
    for (const change of changes) this.#sent.add(keyOf(user, { ...change, version, sourceTabId }));
  }

  /** `ack`: with the stamp as stored, and where it was. */
  acked(user, changes, sourceTabId, { version, timestamp, dot }) {
    this.count += 1;
    if (!this.#acked.has(user)) this.#acked.set(user, []);
    for (const change of changes) this.#acked.get(user).push({ ...change, version, timestamp, sourceTabId, dot });
  }

  /** The node has promised that another one has this write, too. */
  replicated(dot) {
    this.#replicated.add(dot);
  }

  get replicatedCount() {
    return this.#replicated.size;
  }

  /** Those that acked writes came from. */
  get origins() {
    const dots = [...this.#acked.values()].flat().map(({ dot }) => dot?.split(':')[0]);
    return [...new Set(dots)].filter(Boolean);
  }

  /** A disk was lost with what it alone had: of these origins, what is beyond the covered seqs. */
  excuse(origins, covered) {
    for (const origin of origins) {
      this.#lost.set(origin, Math.min(this.#lost.get(origin) ?? Infinity, covered.get(origin) ?? 0));
    }
  }

  get hasExcuses() {
    return this.#lost.size > 0;
  }

  #wasOnLostDiskOnly({ dot }) {
    if (this.#replicated.has(dot)) return false;
    const [origin, seq] = dot?.split(':') ?? [];
    return Number(seq) > (this.#lost.get(origin) ?? Infinity);
  }

  /**
   * Compares with the records that a node has: {missing: acked changes that neither stand nor lost to
   * a newer one, excused: those of them that only a lost disk had, strange: what nobody has written}.
   */
  judge(user, records) {
    const document = new Document();
    document.take(records);
    const acked = this.#acked.get(user) ?? [];
    const gone = acked.filter((change) => !document.standingFor(change));
    const onLostDisk = gone.length > 0 ? acked.filter((change) => this.#wasOnLostDiskOnly(change)) : [];
    const isExcused = (change) => onLostDisk.some((lost) => lost === change || hides(lost, change));
    return {
      missing: gone.filter((change) => !isExcused(change)),
      excused: gone.filter(isExcused),
      strange: records.filter((record) => !this.#sent.has(keyOf(user, record))),
    };
  }
}
