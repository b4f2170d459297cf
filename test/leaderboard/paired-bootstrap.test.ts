import { fc, test as property } from "@fast-check/vitest";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { blockOf } from "../../src/leaderboard/comparable.js";
import { MethodMeasures } from "../../src/leaderboard/measures.js";
import { pairedBootstrap } from "../../src/leaderboard/paired-bootstrap.js";
import { bootstrapHypervolume, hypervolume, igdPlus, nondominated } from "../../src/metrics/index.js";
import { planted } from "./planted-pair.js";

const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i] ?? Number.NaN, 12);
};

describe("the paired bootstrap", () => {
  test("draws what the bootstrap of the metrics module draws, seed by seed", () => {
    const [a, b] = [planted({ random: 1, prompts: 30 }), planted({ random: 2, prompts: 30 })];
    const methods = a.methods.map((method, m) => {
      const [x, y] = [method.seeds[0], b.methods[m]?.seeds[0]];
      if (x === undefined || y === undefined) throw new Error("planted wrongly");
      return [{ a: blockOf(a, x), b: blockOf(b, y) }];
    });
    const found = pairedBootstrap(
      { prompts: 30, reference: [0, 0], preferences: [[0.5, 0.5]], methods },
      { generator: xoroshiro128plus(3), resamples: 50 },
    );
    const twin = bootstrapHypervolume(
      {
        methods: [a, b].flatMap((run) =>
          run.methods.map(({ id, seeds }) => ({
            name: id,
            seeds: seeds.map(({ selected }) => selected.map(({ scores }) => scores)),
          })),
        ),
        prompts: 30,
        reference: [0, 0],
        sense: "max",
      },
      { generator: xoroshiro128plus(3), resamples: 50, seeds: "fixed" },
    );
    found.forEach((measures, m) => {
      const [volume] = measures;
      const [x, y] = [twin[m], twin[m + found.length]];
      if (volume === undefined || x === undefined || y === undefined) throw new Error("nothing to compare");
      close(volume.resampledA, x.replicates);
      close(volume.resampledB, y.replicates);
      close(volume.withoutA, x.withoutPrompt);
      close(volume.withoutB, y.withoutPrompt);
      close(volume.a, x.perSeed);
    });
  });
});

/** In single precision, so that no product of them vanishes. */
const coordinate = fc.double({ min: -0.2, max: 1, noNaN: true }).map(Math.fround);
const points = (values: number) =>
  fc.array(fc.array(coordinate, { minLength: values, maxLength: values }), {
    minLength: 1,
    maxLength: 6,
  });

for (const values of [2, 3]) {
  property.prop([points(values), points(values)])(
    `measures of ${values} values are those of the metrics module`,
    (a, b) => {
      const preferences = [Array.from({ length: values }, () => 1 / values)];
      const reference = Array.from({ length: values }, () => 0);
      const measures = new MethodMeasures({ reference, preferences, capacity: 6, which: "all" });
      const [outA, outB] = [new Float64Array(measures.count), new Float64Array(measures.count)];
      measures.evaluate(Float64Array.from(a.flat()), a.length, Float64Array.from(b.flat()), b.length, outA, outB);
      const union = [...a, ...b];
      const front = [...nondominated(union, { sense: "max", duplicates: "first" })].map((i) => union[i] ?? []);
      for (const [side, out] of [
        [a, outA],
        [b, outB],
      ] as const) {
        const column = (v: number) => side.map((point) => point[v] ?? Number.NaN);
        close(out, [
          hypervolume(side, { reference, sense: "max" }).value,
          ...reference.map((_, v) => Math.max(...column(v))),
          ...reference.map((_, v) => column(v).reduce((sum, x) => sum + x, 0) / side.length),
          Math.max(...side.map((point) => point.reduce((sum, x) => sum + x / values, 0))),
          -igdPlus(side, { sense: "max", referenceSet: front }).value,
        ]);
      }
    },
  );
}
