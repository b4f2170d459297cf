import { describe, expect, test } from "vitest";
import {
  bootstrapHypervolume,
  hypervolume,
  pairedDifference,
  type ScoredMethods,
  uncertaintyOf,
} from "../../src/metrics/index.js";
import { normals, seeded } from "./generator.js";

/** Two methods, `seeds` seeds, three candidates, two values; B is A minus `gap`. */
function scored(seeds: number, prompts: number, gap: number): ScoredMethods {
  const generator = seeded(5);
  const a = Array.from({ length: seeds }, () =>
    [
      [1, 3],
      [2, 2],
      [3, 1],
    ].map(([x, y]) => [
      ...normals(generator, prompts).map((e) => (x as number) + e),
      ...normals(generator, prompts).map((e) => (y as number) + e),
    ]),
  );
  const b = a.map((candidates) => candidates.map((scores) => scores.map((score) => score - gap)));
  return {
    methods: [
      { name: "A", seeds: a },
      { name: "B", seeds: b },
    ],
    prompts,
    reference: [0, 0],
    sense: "max",
  };
}

/** The definition: means over the drawn prompts, then hypervolume, by the public functions only. */
function plainVolume(data: ScoredMethods, method: number, seed: number, prompts: readonly number[]): number {
  const points = (data.methods[method]?.seeds[seed] ?? []).map((scores) =>
    data.reference.map(
      (_, v) => prompts.reduce((sum, p) => sum + (scores[v * data.prompts + p] as number), 0) / prompts.length,
    ),
  );
  return hypervolume(points, { reference: data.reference, sense: data.sense }).value;
}

describe("bootstrap of hypervolume", () => {
  test("estimate and leave-one-out values follow the definition", () => {
    const data = scored(3, 20, 0.3);
    const [a, b] = bootstrapHypervolume(data, { generator: seeded(1), resamples: 10 });
    const all = Array.from({ length: 20 }, (_, p) => p);
    for (const [m, result] of [a, b].entries()) {
      for (let s = 0; s < 3; s++) expect(result?.perSeed[s]).toBeCloseTo(plainVolume(data, m, s, all), 12);
      const others = all.filter((p) => p !== 7);
      const expected = [0, 1, 2].reduce((sum, s) => sum + plainVolume(data, m, s, others), 0) / 3;
      expect(result?.withoutPrompt[7]).toBeCloseTo(expected, 12);
    }
  });
});

export { plainVolume, scored };
