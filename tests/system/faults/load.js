// The devices of several users, and the judgement on what has become of their writes.

import { describeDocuments, Document } from '../lib/document.js';
import { describeDifference } from '../lib/json_diff.js';
import { chance } from '../lib/random.js';
import { eventually } from '../lib/wait.js';
import { Ledger } from './ledger.js';
import { Roamer } from './roamer.js';
import { patienceMs } from './storm.js';

export class Load {
  ledger = new Ledger();

  /** The last device of each user is a simple one. */
  constructor({ cluster, timeline, seed, users = 3, devices = 4, everyMs }) {
    Object.assign(this, { cluster, timeline });
    this.users = Array.from({ length: users }, (_, at) => `user-${at}`);
    this.roamers = this.users.flatMap((user, u) =>
      Array.from({ length: devices }, (_, d) => {
        const pick = chance(seed * 1009 + u * 101 + d);
        return new Roamer({ cluster, timeline, ledger: this.ledger, user, tab: `t${u}-${d}`, pick, everyMs, isSimple: d === devices - 1 });
      }),
    );
  }

  start() {
    for (const roamer of this.roamers) roamer.start();
  }

  /** No more writes; all that were made have been acked. */
  async settle() {
    await Promise.all(this.roamers.map((roamer) => roamer.untilAllAcked(patienceMs)));
  }

  /** Devices start from what the nodes have, without what they saw of writes that are no more. */
  async startOver() {
    for (const roamer of this.roamers) roamer.forget();
    await Promise.all(this.roamers.map((roamer) => roamer.roam(patienceMs)));
  }

  async finish() {
    await Promise.all(this.roamers.map((roamer) => roamer.finish()));
  }

  /** What was not as it must be, for people. Asks all nodes, which must have converged. */
  async judge() {
    const problems = this.roamers.flatMap((roamer) => roamer.problems);
    for (const user of this.users) {
      const documents = [];
      for (const node of this.cluster.nodes) documents.push(await this.#documentAt(node, user, problems));
      const found = [...this.#judgeNodes(user, documents), ...this.#judgeWrites(user, documents[0])];
      problems.push(...found);
      if (found.length === 0) await this.#judgeDevices(user, documents[0], problems);
    }
    return problems;
  }

  /** What a new device gets, by records and laid out, which must come to the same. */
  async #documentAt(node, user, problems) {
    const device = await node.connect(user, { patienceMs });
    const document = new Document();
    document.take((await device.requestRecords()).changes);
    const difference = describeDifference((await device.requestFull()).state, document.state());
    if (difference) problems.push(`${user} at ${node.name}: the state is not what its records come to: ${difference}`);
    await device.close();
    return document;
  }

  #judgeNodes(user, documents) {
    return this.cluster.nodes.flatMap((node, at) => {
      const difference = describeDocuments(documents[at], documents[0]);
      return difference ? [`${user}: ${node.name} and ${this.cluster.nodes[0].name} differ: ${difference}`] : [];
    });
  }

  #judgeWrites(user, document) {
    const { missing, excused, strange } = this.ledger.judge(user, document.records());
    this.timeline.count('gone', excused.length);
    const sample = (changes) => JSON.stringify(changes.slice(0, 3)).slice(0, 400);
    return [
      ...(missing.length > 0 ? [`${user}: ${missing.length} acked changes are lost: ${sample(missing)}`] : []),
      ...(strange.length > 0 ? [`${user}: ${strange.length} records that nobody has written: ${sample(strange)}`] : []),
    ];
  }

  async #judgeDevices(user, document, problems) {
    const roamers = this.roamers.filter((roamer) => roamer.user === user);
    await Promise.all(roamers.map((roamer) => this.#judgeDevice(roamer, document, problems)));
  }

  /** A device has the nodes' records by what it was told, where it is and again at another node. */
  async #judgeDevice(roamer, document, problems) {
    for (const when of ['at the end', 'after going to another node']) {
      try {
        await eventually(`${roamer.tab} agrees`, () => !this.#describeDevice(roamer, document), patienceMs / 4);
      } catch {
        problems.push(`${roamer.tab} of ${roamer.user} does not agree with the nodes ${when}: ${this.#describeDevice(roamer, document)}`);
      }
      await roamer.roam(patienceMs);
    }
  }

  #describeDevice({ isSimple, memory }, document) {
    return isSimple ? describeDifference(memory.known.state(), document.state()) : describeDocuments(memory.known, document);
  }
}
