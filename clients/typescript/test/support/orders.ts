/** All orders of a few things; of many, some that differ much. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length > 5) return rotations(items).flatMap((order) => [order, [...order].reverse()]);
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

const rotations = <T>(items: readonly T[]): T[][] => items.map((_, at) => [...items.slice(at), ...items.slice(0, at)]);
