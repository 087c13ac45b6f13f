/**
 * Paths and values by the type of an application's state.
 *
 * @module
 */

import type { Json } from './json.js';

/** A key as it stands in a path: dots in it are escaped. */
type Escape<K extends string | number> = K extends `${infer Head}.${infer Rest}` ? `${Head}\\.${Escape<Rest>}` : `${K}`;

/** How deep paths are completed; below, any path will do. */
type Deeper<Depth extends 0[]> = [...Depth, 0];

type Below<T, Depth extends 0[]> = Depth['length'] extends 6 ? string : PathOf<T, Deeper<Depth>>;

type Members<T, Depth extends 0[]> = T extends readonly (infer Element)[]
  ? `${number}` | `${number}.${Below<Element, Depth>}`
  : T extends object
    ? { [K in keyof T & (string | number)]-?: Escape<K> | `${Escape<K>}.${Below<NonNullable<T[K]>, Depth>}` }[keyof T & (string | number)]
    : never;

/**
 * The paths of a state: `'title' | 'widgets' | 'widgets.${string}' | …`. Of a state that may be any
 * JSON: any text.
 */
export type PathOf<State, Depth extends 0[] = []> = [Json] extends [State] ? string : Members<NonNullable<State>, Depth>;

type Split<P extends string, Head extends string = ''> = P extends `${infer First}.${infer Rest}`
  ? First extends `${infer Before}\\`
    ? Split<Rest, `${Head}${Before}.`>
    : [`${Head}${First}`, ...Split<Rest>]
  : [`${Head}${P}`];

type Member<T, K extends string> = T extends readonly (infer Element)[]
  ? K extends `${number}`
    ? Element
    : never
  : K extends keyof T
    ? T[K]
    : K extends `${infer N extends number}`
      ? N extends keyof T
        ? T[N]
        : never
      : never;

type At<T, Segments extends readonly string[]> = Segments extends readonly [infer K extends string, ...infer Rest extends string[]]
  ? At<Member<NonNullable<T>, K>, Rest>
  : T;

/** What a state holds at a path; of a state or a path that is not known in detail: any JSON. */
export type ValueAt<State, P extends string> = P extends ''
  ? State
  : string extends P
    ? Json
    : [Json] extends [State]
      ? Json
      : At<State, Split<P>>;

type Immutable<T> = [Json] extends [T] ? T : T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** What is handed out: frozen, and missing where nothing was written. */
export type Snapshot<State, P extends string> = Immutable<ValueAt<State, P>> | undefined;
