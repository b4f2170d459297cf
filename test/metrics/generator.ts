import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "../../src/metrics/index.js";

/** A seeded generator for tests. */
export function seeded(seed: number): RandomGenerator {
  return xoroshiro128plus(seed);
}

/** Standard normal draws, by summing twelve uniforms' worth of bits the plain way. */
export function normals(generator: RandomGenerator, count: number): number[] {
  return Array.from({ length: count }, () => {
    const u = ((generator.next() >>> 0) + 0.5) / 4294967296;
    const v = (generator.next() >>> 0) / 4294967296;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });
}

/** `[rows][columns]` of standard normal draws. */
export function normalMatrix(generator: RandomGenerator, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => normals(generator, columns));
}
