import fc from "fast-check";
import { expect, test } from "vitest";
import { seeded } from "./generator.js";

/** Runs of each law; the mutation check asks for fewer. fast-check prints seed and path of a failure, which `FC_SEED` replays. */
const RUNS = Number(process.env.LAW_RUNS ?? 1000);

/** A law that must hold for every input: 1,000 random ones a run. */
export function law<Ts extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  holds: (...input: Ts) => void,
): void {
  test(name, () => {
    const seed = process.env.FC_SEED;
    fc.assert(
      fc.property(...arbitraries, (...input: Ts) => holds(...input)),
      {
        numRuns: RUNS,
        // the mutation check asks whether a law fails, not how simply
        endOnFailure: process.env.LAW_RUNS !== undefined,
        ...(seed === undefined ? {} : { seed: Number(seed) }),
      },
    );
  });
}

/** |actual − expected| ≤ relative · scale, where scale is the size of what was summed. */
export function near(actual: number, expected: number, scale = Math.abs(expected), relative = 1e-12): void {
  expect(Number.isFinite(actual), `${actual} is not finite`).toBe(true);
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(relative * scale);
}

/** The items in an order that `by` decides; every order can occur. */
export function shuffled<T>(items: readonly T[], by: number): T[] {
  const generator = seeded(by);
  const pool = [...items];
  return items.map(() => pool.splice((generator.next() >>> 0) % pool.length, 1)[0] as T);
}

/** Coordinates with many ties. */
export const small = fc.integer({ min: -4, max: 4 });

/** Any reasonable number. */
export const real = fc.double({ min: -10, max: 10, noNaN: true });

export function pointsOf(
  coordinate: fc.Arbitrary<number>,
  dimension: number,
  length: { min?: number; max: number },
): fc.Arbitrary<number[][]> {
  return fc.array(fc.array(coordinate, { minLength: dimension, maxLength: dimension }), {
    minLength: length.min ?? 0,
    maxLength: length.max,
  });
}

/** Points of 1 … `dimensions` objectives, ties and all, within (−5, 5), so that 5 is a reference that all are better than. */
export function anyPoints(options: {
  min?: number;
  max: number;
  from?: number;
  dimensions: number;
}): fc.Arbitrary<number[][]> {
  return fc
    .tuple(fc.integer({ min: options.from ?? 1, max: options.dimensions }), fc.boolean())
    .chain(([d, ties]) => pointsOf(ties ? small : fc.double({ min: -4.5, max: 4.5, noNaN: true }), d, options));
}
