import { expect, expectTypeOf, it } from 'vitest';

import { path, type Client, type Json, type PathOf, type Snapshot, type ValueAt } from '../src/index.js';

interface Widget {
  title: string;
  at: { x: number; y: number };
  tags?: string[];
}

interface State {
  title: string;
  widgets: Record<string, Widget>;
  list: { done: boolean }[];
  'a.b': number;
}

/** Never called: the compiler is the judge. */
export function typed(client: Client<State>, any: Client): void {
  void client.set('title', 'x');
  void client.set('widgets.w1.at.x', 5);
  void client.set('widgets.w1', { title: 'x', at: { x: 1, y: 2 } });
  void client.set('list.0.done', true);
  void client.set('a\\.b', 1);
  void client.set(path('widgets', 'w1', 'title'), 'x');
  void client.delete('widgets.w1');
  // @ts-expect-error a title is a text
  void client.set('title', 1);
  // @ts-expect-error there is no such path
  void client.set('titel', 'x');
  // @ts-expect-error x is a number
  void client.set('widgets.w1.at.x', 'five');
  // @ts-expect-error snapshots are immutable
  client.get('widgets.w1.at')!.x = 5;
  void any.set('what.ever', { is: ['json'] });
}

it('knows the value of a path', () => {
  expectTypeOf<ValueAt<State, 'title'>>().toEqualTypeOf<string>();
  expectTypeOf<ValueAt<State, 'widgets.w1'>>().toEqualTypeOf<Widget>();
  expectTypeOf<ValueAt<State, 'widgets.w1.at.y'>>().toEqualTypeOf<number>();
  expectTypeOf<ValueAt<State, 'list.3.done'>>().toEqualTypeOf<boolean>();
  expectTypeOf<ValueAt<State, 'a\\.b'>>().toEqualTypeOf<number>();
  expectTypeOf<ValueAt<Json, 'any.thing'>>().toEqualTypeOf<Json>();
  expectTypeOf<PathOf<Json>>().toEqualTypeOf<string>();
  expectTypeOf<'widgets.w1.tags.0'>().toExtend<PathOf<State>>();
  expectTypeOf<'nothing'>().not.toExtend<PathOf<State>>();
  expectTypeOf<Snapshot<State, 'title'>>().toEqualTypeOf<string | undefined>();
  expect(path('widgets', 'a.b', 3)).toBe('widgets.a\\.b.3');
});
