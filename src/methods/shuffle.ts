/** Seeded order. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** 0 … count − 1 in an order that follows from the seed alone (Fisher–Yates). */
export function shuffledIndices(count: number, seed: number): number[] {
  const random = xoroshiro128plus(seed);
  const items = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [items[i], items[j]] = [items[j] as number, items[i] as number];
  }
  return items;
}
