// Which fault strikes whom and when: the same for the same seed.

import { chance } from '../lib/random.js';

/**
 * `seconds`: how long it lasts, from and to. `often`: how many cards it has in the deck. `needs`: what
 * the machine must offer for it. Those with `on: 'door'` concern the way of the devices to a node.
 */
const kinds = [
  { kind: 'kill', on: 'node', seconds: [0, 4], often: 3 },
  { kind: 'kill alone', on: 'node and links', seconds: [5, 10], often: 2 },
  { kind: 'kill all', on: 'all nodes', seconds: [0, 2], often: 1 },
  { kind: 'restart', on: 'node', seconds: [0, 3], often: 1 },
  { kind: 'freeze', on: 'node', seconds: [2, 12], often: 1 },
  { kind: 'long freeze', on: 'node', seconds: [30, 30], often: 1 },
  { kind: 'backup', on: 'node', seconds: [0, 1], often: 1 },
  { kind: 'restore', on: 'all of a node', seconds: [10, 10], often: 1 },
  { kind: 'replace disk', on: 'all of a node', seconds: [10, 10], often: 1 },
  { kind: 'lose disk', on: 'all nodes', seconds: [3, 8], often: 3, needs: 'losses' },
  { kind: 'full disk', on: 'disk', seconds: [3, 10], often: 1, needs: 'disk' },
  { kind: 'clock', on: 'clock', seconds: [0, 0], often: 2, needs: 'clock' },
  { kind: 'isolate', on: 'links', seconds: [3, 15], often: 2 },
  { kind: 'cut', on: 'link', seconds: [1, 12], often: 2 },
  { kind: 'stall', on: 'link', seconds: [1, 15], often: 1 },
  { kind: 'slow', on: 'link', seconds: [5, 15], often: 1 },
  { kind: 'half-open', on: 'link', seconds: [4, 16], often: 2 },
  { kind: 'forget', on: 'link', seconds: [6, 16], often: 1 },
  { kind: 'cut', on: 'door', seconds: [1, 6], often: 1 },
  { kind: 'stall', on: 'door', seconds: [2, 15], often: 1 },
  { kind: 'slow', on: 'door', seconds: [5, 15], often: 1 },
  { kind: 'half-open', on: 'door', seconds: [4, 15], often: 1 },
  { kind: 'forget', on: 'door', seconds: [6, 12], often: 1 },
];

const clockSkews = [-3600, -60, -8, 0, 8, 60, 3600];

const linkBetween = (left, right) => `link ${[left, right].sort().join(' ')}`;

/** What two faults must not have in their hands at the same time. */
function claimsOf({ on, node, other }, names) {
  const links = names.filter((name) => name !== node).map((name) => linkBetween(node, name));
  if (on === 'all of a node') return [`node ${node}`, `door ${node}`, ...links];
  if (on === 'all nodes') return [...names.map((name) => `node ${name}`), `door ${node}`, ...links];
  if (on === 'node and links') return [`node ${node}`, ...links];
  if (on === 'links') return links;
  if (on === 'link') return [linkBetween(node, other)];
  return [`${on === 'disk' ? 'node' : on} ${node}`];
}

function shuffled(cards, pick) {
  const left = [...cards];
  return cards.map(() => left.splice(pick(left.length), 1)[0]);
}

/** One fault of a kind, at somebody; who is busy at that time is looked over. */
function deal(card, at, names, pick, { busyUntil, backups, diskOf }) {
  const [from, to] = card.seconds;
  for (const node of shuffled(names, pick)) {
    const other = shuffled(names.filter((name) => name !== node), pick)[0];
    const seconds = from + pick((to - from) * 10 + 1) / 10;
    const fault = { ...card, at, node, other, seconds, detail: pick(1 << 30) };
    fault.claims = claimsOf(fault, names);
    if (card.on === 'disk' && node !== diskOf) continue;
    if (card.kind === 'restore' && !(backups.get(node) < at - 5)) continue;
    if (fault.claims.some((claim) => busyUntil.get(claim) > at)) continue;
    return fault;
  }
  return null;
}

/**
 * `seconds`: how long faults go on. `names`: the nodes. `diskOf`: the one whose disk may fill up, if
 * any. `hasClocks`: whether clocks can be set. `hasLosses`: whether disks may go with what only they
 * hold. `everySeconds`: how often a fault begins. Every kind
 * comes once before one comes again; one for which nobody is free waits for its next turn.
 */
export function makePlan(seed, { seconds, names, diskOf = null, hasClocks = false, hasLosses = false, everySeconds = 3 }) {
  const pick = chance(seed);
  const has = { disk: diskOf, clock: hasClocks, losses: hasLosses };
  const offered = kinds.filter(({ needs }) => !needs || has[needs]);
  const deck = offered.flatMap((kind) => Array(kind.often).fill(kind));
  const known = { busyUntil: new Map(), backups: new Map(), diskOf };
  const plan = [];
  let cards = [];
  for (let at = 2; at < seconds; at += everySeconds * (0.5 + pick(101) / 100)) {
    if (cards.length === 0) cards = shuffled(deck, pick);
    for (let tries = 0; tries < cards.length; tries++) {
      const card = cards.shift();
      const fault = at + card.seconds[1] < seconds + 5 && deal(card, at, names, pick, known);
      if (!fault) {
        cards.push(card);
        continue;
      }
      plan.push(fault);
      for (const claim of fault.claims) known.busyUntil.set(claim, at + fault.seconds + 1);
      if (fault.kind === 'backup') known.backups.set(fault.node, at);
      break;
    }
  }
  return plan;
}

export const skewOf = ({ detail }) => clockSkews[detail % clockSkews.length];

export const paceOf = ({ detail }) => ({ latencyMs: 20 + (detail % 280), bytesPerSecond: 8_000 + (detail % 60_000) });
