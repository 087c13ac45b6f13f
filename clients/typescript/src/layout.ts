/**
 * How standing records become one value, place by place.
 *
 * @module
 */

import { isArray, isObject, share, type Json } from './json.js';
import { indexOf } from './path.js';
import { compareRecords, type Place, type Rec } from './place.js';
import { compareStamps, type Stamp } from './stamps.js';

/** The greatest record at a place: it alone counts there. */
const topOf = ({ received, pending }: Place): Rec | undefined =>
  pending.reduce<Rec | undefined>((top, record) => (top && compareRecords(top, record) > 0 ? top : record), received);

/** A container while it is laid out: undefined elements are holes. */
type Draft = Record<string, Json | undefined> | (Json | undefined)[];

/** What a container holds for a segment. */
export function memberOf(container: unknown, segment: string): Json | undefined {
  if (isArray(container)) return container[indexOf(segment)];
  return isObject(container) && Object.hasOwn(container, segment) ? (container[segment] as Json) : undefined;
}

/** Puts a member; where the container cannot take it, it becomes an object. */
function insert(draft: Draft, segment: string, value: Json): Draft {
  const index = isArray(draft) ? indexOf(segment) : 0;
  const target = (index >= 0 && (!isArray(draft) || index <= draft.length) ? draft : {}) as Record<string, Json>;
  target[segment] = value;
  return target;
}

/** Cuts the holes at an array's end; inner ones read as null. */
function finish(draft: Draft): Json {
  if (!isArray(draft)) return draft as Json;
  let size = draft.length;
  while (size && draft[size - 1] === undefined) size--;
  return draft.slice(0, size).map((element) => element ?? null);
}

function layChildren(place: Place, base: Json | undefined, above: Stamp | undefined): Json | undefined {
  let draft: Draft | undefined;
  for (const child of place.order) {
    const current = memberOf(draft ?? base, child.segment);
    const value = layOut(child, current, above);
    if (value === current) continue;
    draft ??= isArray(base) ? [...base] : { ...(isObject(base) && base) };
    if (value !== undefined) draft = insert(draft, child.segment, value);
    else if (isArray(draft)) draft[Number(child.segment)] = undefined;
    else delete draft[child.segment];
  }
  return draft ? Object.freeze(finish(draft)) : base;
}

/**
 * The value at a place: `base` is what its parents' values hold there, `above` the greatest stamp at
 * its ancestors.
 */
export function layOut(place: Place, base: Json | undefined, above: Stamp | undefined): Json | undefined {
  const { laid } = place;
  if (laid && laid.base === base && laid.above === above) return place.result;
  const top = topOf(place);
  const order = top && above ? compareStamps(top, above) : 1;
  const own = top && order >= 0 ? top.value : base;
  const result = layChildren(place, own, top && order > 0 ? top : above);
  place.laid = { base, above };
  return (place.result = share(place.result, result));
}
