import { describe, expect, test } from "vitest";
import { sharedPromptVariance } from "../../src/metrics/bootstrap.js";
import {
  type BootstrappedMethod,
  bootstrapHypervolume,
  fewClustersInterval,
  hypervolume,
  MetricsError,
  pairedDifference,
  pairedTTest,
  type ScoredMethods,
  uncertaintyOf,
} from "../../src/metrics/index.js";
import { normals, seeded } from "./generator.js";
import { near } from "./laws.js";
import { average } from "./twins.js";

/** Two methods, three candidates, two values; B is A minus `gap`. */
function scored(seeds: number, prompts: number, gap: number, seed = 5): ScoredMethods {
  const generator = seeded(seed);
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
  const { center = data.reference.map(() => 0), scale = data.reference.map(() => 1) } = data;
  const normalised = (x: number, v: number): number => (x - (center[v] as number)) / (scale[v] as number);
  const points = (data.methods[method]?.seeds[seed] ?? []).map((scores) =>
    data.reference.map((_, v) => {
      const counted = prompts.filter((p) => data.scoredOn === undefined || data.scoredOn[v]?.[p] === 1);
      return normalised(average(counted.map((p) => scores[v * data.prompts + p] as number)), v);
    }),
  );
  return hypervolume(points, { reference: data.reference.map(normalised), sense: data.sense }).value;
}

/** The bootstrap as its definition reads, drawing from the generator in the same order: seeds, then prompts. */
function plainBootstrap(
  data: ScoredMethods,
  resamples: number,
  seed: number,
  options: { seeds: string; prompts: string },
): number[][] {
  const generator = seeded(seed);
  const draw = (bound: number): number => {
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const x = generator.next() >>> 0;
      if (x < limit) return x % bound;
    }
  };
  const seeds = data.methods[0]?.seeds.length ?? 0;
  const prompts = (): number[] => Array.from({ length: data.prompts }, () => draw(data.prompts));
  return Array.from({ length: resamples }, () => {
    const chosen = Array.from({ length: seeds }, (_, i) =>
      options.seeds === "fixed" || seeds === 1 ? i : draw(seeds),
    );
    const shared = options.prompts === "shared" ? prompts() : undefined;
    const perSlot = chosen.map(() => shared ?? prompts());
    return data.methods.map((_, m) => average(chosen.map((s, i) => plainVolume(data, m, s, perSlot[i] as number[]))));
  });
}

const both = (
  data: ScoredMethods,
  options: Parameters<typeof bootstrapHypervolume>[1],
): [BootstrappedMethod, BootstrappedMethod] =>
  bootstrapHypervolume(data, options) as [BootstrappedMethod, BootstrappedMethod];

const fewClustersHalf = (perSeed: Float64Array): number => {
  const { low, high } = fewClustersInterval(perSeed);
  return (high - low) / 2;
};

describe("bootstrap of hypervolume", () => {
  const variants: [string, ScoredMethods][] = [
    ["plain", scored(3, 20, 0.3)],
    ["one seed", scored(1, 20, 0.3)],
    ["scaled", { ...scored(3, 20, 0.3), center: [1, -2], scale: [2, 0.25], reference: [-1, 0.5] }],
    [
      "each value on its own prompts",
      {
        ...scored(3, 20, 0.3),
        scoredOn: [0, 1].map((v) => Array.from({ length: 20 }, (_, p) => (p % 2 === v ? 1 : 0))),
      },
    ],
    [
      "candidate sets of different size",
      (() => {
        const data = scored(3, 20, 0.3);
        return {
          ...data,
          methods: data.methods.map((m, i) => ({ ...m, seeds: m.seeds.map((c, s) => c.slice(0, 1 + ((i + s) % 3))) })),
        };
      })(),
    ],
    [
      "four values",
      (() => {
        const data = scored(2, 12, 0.3);
        return {
          ...data,
          reference: [0, 0, 0, 0],
          methods: data.methods.map((m) => ({
            ...m,
            seeds: m.seeds.map((c) => c.map((s) => [...Array.from(s), ...Array.from(s)])),
          })),
        };
      })(),
    ],
    [
      "minimised",
      (() => {
        const data = scored(2, 12, 0.3);
        return {
          ...data,
          sense: "min" as const,
          methods: data.methods.map((m) => ({
            ...m,
            seeds: m.seeds.map((c) => c.map((s) => Array.from(s, (x) => -x))),
          })),
        };
      })(),
    ],
  ];

  for (const [name, data] of variants) {
    const seeds = data.methods[0]?.seeds.length ?? 0;
    const all = Array.from({ length: data.prompts }, (_, p) => p);

    test(`${name}: estimates and leave-one-out values follow the definition`, () => {
      const results = both(data, { generator: seeded(1), resamples: 3 });
      results.forEach((result, m) => {
        const perSeed = Array.from({ length: seeds }, (_, s) => plainVolume(data, m, s, all));
        perSeed.forEach((v, s) => {
          near(result.perSeed[s] as number, v, 10);
        });
        near(result.estimate, average(perSeed), 10);
        for (const left of [6, 7]) {
          const others = all.filter((p) => p !== left);
          const expected = perSeed.map((_, s) => plainVolume(data, m, s, others));
          near(result.withoutPrompt[left] as number, average(expected), 10);
        }
        if (seeds > 1) near(result.withoutSeed[1] as number, average(perSeed.filter((_, s) => s !== 1)), 10);
        else expect(result.withoutSeed.length).toBe(0);
      });
    });

    for (const seedAxis of ["resample", "fixed"] as const) {
      for (const prompts of ["shared", "per-seed"] as const) {
        test(`${name}, seeds ${seedAxis}, prompts ${prompts}: replicates are those of the definition`, () => {
          const expected = plainBootstrap(data, 12, 9, { seeds: seedAxis, prompts });
          const results = both(data, { generator: seeded(9), resamples: 12, seeds: seedAxis, prompts });
          expected.forEach((volumes, b) => {
            volumes.forEach((v, m) => {
              near(results[m]?.replicates[b] as number, v, 10);
            });
          });
        });
      }
    }
  }

  test("what prompts put into all seeds alike is the mean covariance of two seeds, not the whole variance of the mean", () => {
    const generator = seeded(77);
    const prompts = 40;
    const common = normals(generator, prompts);
    const bySeed = [0.5, 1, 2, 1].map((share) =>
      Float64Array.from(normals(generator, prompts), (own, p) => share * (common[p] as number) + own),
    );
    const covariances = bySeed.flatMap((a, i) =>
      bySeed.slice(i + 1).map((b) => {
        const [ma, mb] = [average([...a]), average([...b])];
        return ((prompts - 1) / prompts) * a.reduce((s, x, p) => s + (x - ma) * ((b[p] as number) - mb), 0);
      }),
    );
    near(sharedPromptVariance(bySeed), average(covariances), 10);
    near(sharedPromptVariance(bySeed.slice(0, 2)), covariances[0] as number, 10);
    expect(sharedPromptVariance(bySeed.slice(0, 1))).toBe(0);
  });

  test("noise of prompts within seeds is counted once in the interval over seeds", () => {
    // One value, no difference between seeds but their own prompts' noise: the standard error is s/√S, give or take.
    const generator = seeded(5);
    const prompts = 50;
    const seeds = 8;
    const ratios = Array.from({ length: 200 }, () => {
      const scores = Array.from({ length: seeds }, () => [
        Float64Array.from(normals(generator, prompts), (e) => 5 + e),
      ]);
      const data = { methods: [{ name: "m", seeds: scores }], prompts, reference: [0], sense: "max" } as const;
      const [result] = bootstrapHypervolume(data, { generator, resamples: 2 }) as [BootstrappedMethod];
      const shown = uncertaintyOf(result).seeds;
      if (shown.kind !== "assessed") throw new Error("8 seeds are enough");
      const half = (shown.interval.high - shown.interval.low) / 2;
      return half / fewClustersHalf(result.perSeed);
    });
    expect(average(ratios)).toBeLessThan(1.12);
    expect(Math.min(...ratios)).toBeGreaterThan(0.8);
  });

  test("resamples seeds and shares prompts unless told otherwise", () => {
    const data = scored(3, 20, 0.3);
    const [a] = both(data, { generator: seeded(2), resamples: 5 });
    const [b] = both(data, { generator: seeded(2), resamples: 5, seeds: "resample", prompts: "shared" });
    expect(a.replicates).toEqual(b.replicates);
    expect(both(data, { generator: seeded(2) })[0].replicates.length).toBe(2000);
  });

  test("the same generator state gives the same replicates", () => {
    const data = scored(3, 20, 0.3);
    expect(both(data, { generator: seeded(4), resamples: 50 })[0].replicates).toEqual(
      both(data, { generator: seeded(4), resamples: 50 })[0].replicates,
    );
  });

  test("pairing: a constant gap is seen far more sharply than either volume", () => {
    const [a, b] = both(scored(5, 60, 0.2), { generator: seeded(3), resamples: 1000 });
    const own = uncertaintyOf(a);
    const gap = uncertaintyOf(pairedDifference(a, b));
    const width = (i: { low: number; high: number }): number => i.high - i.low;
    expect(gap.percentile.low).toBeGreaterThan(0);
    expect(width(gap.percentile)).toBeLessThan(width(own.percentile) / 3);
    expect(gap.p).toBeLessThan(0.01);
    expect(gap.seeds.kind).toBe("assessed");
    near(gap.estimate, a.estimate - b.estimate);
  });

  test("a method against itself: difference 0, p = 1", () => {
    const [a] = both(scored(4, 30, 0.2), { generator: seeded(3), resamples: 200 });
    const none = uncertaintyOf(pairedDifference(a, a));
    expect(none.estimate).toBe(0);
    expect([none.percentile.low, none.percentile.high]).toEqual([0, 0]);
    expect(none.p).toBe(1);
    expect(none.seeds).toMatchObject({ kind: "assessed", p: 1 });
  });

  test("three seeds are enough: the interval and p-value for few clusters, with what the prompts share", () => {
    const common = normals(seeded(8), 30);
    const data = scored(3, 30, 0.2);
    const luck = {
      ...data,
      methods: data.methods.map((method) => ({
        ...method,
        seeds: method.seeds.map((own) =>
          own.map((scores) => Array.from(scores, (x, i) => x + (common[i % 30] as number))),
        ),
      })),
    };
    const [a, b] = both(luck, { generator: seeded(3), resamples: 50 });
    expect(sharedPromptVariance(a.withoutPromptOfSeed)).toBeGreaterThan(0.01);
    for (const method of [a, pairedDifference(a, b)]) {
      const shared = sharedPromptVariance(method.withoutPromptOfSeed);
      expect(uncertaintyOf(method, 0.9).seeds).toEqual({
        kind: "assessed",
        interval: fewClustersInterval(method.perSeed, 0.9, shared, 29),
        p: pairedTTest(method.perSeed, shared, 29).p,
      });
    }
  });

  test("a resample that misses a value altogether is drawn again", () => {
    const data = {
      ...scored(2, 3, 0.1),
      scoredOn: [
        [1, 0, 0],
        [0, 1, 1],
      ],
      reference: [-20, -20],
    };
    for (const prompts of ["shared", "per-seed"] as const) {
      const [a] = both(data, { generator: seeded(6), resamples: 100, prompts });
      for (const volume of a.replicates) expect(volume).toBeGreaterThan(1);
      for (const volume of a.withoutPrompt) expect(volume).toBeGreaterThan(1);
    }
  });

  test("of one prompt none can be left out", () => {
    const [a] = both(scored(3, 1, 0.1), { generator: seeded(6), resamples: 5 });
    expect(a.withoutPrompt.length).toBe(0);
    expect(a.withoutPromptOfSeed.map((own) => own.length)).toEqual([0, 0, 0]);
  });

  test("options that make no sense are errors", () => {
    const data = scored(2, 3, 0.1);
    const generator = seeded(1);
    expect(() => bootstrapHypervolume(data, { generator, resamples: 0 })).toThrow(/resamples is 0/);
    expect(() => bootstrapHypervolume(data, { generator, seeds: "all" as "fixed" })).toThrow(/seeds is all/);
    expect(() => bootstrapHypervolume(data, { generator, prompts: "own" as "shared" })).toThrow(/prompts is own/);
    const [five] = both(data, { generator, resamples: 5 });
    const [six] = both(data, { generator, resamples: 6 });
    expect(() => pairedDifference(five, six)).toThrow(/same bootstrap/);
  });

  test("fewer than three seeds: nothing is said about seeds", () => {
    for (const seeds of [1, 2]) {
      const [a] = both(scored(seeds, 30, 0.2), { generator: seeded(3), resamples: 50 });
      expect(uncertaintyOf(a).seeds).toEqual({ kind: "not-assessed", count: seeds });
    }
  });

  test("naive hypervolume is biased upward by noise, and the correction takes most of it away", () => {
    // eleven candidates on one true front of area .5 (x + y = 1), noise of sd .5 per prompt, 25 prompts
    const generator = seeded(17);
    const weights = Array.from({ length: 11 }, (_, i) => i / 10);
    const truth = hypervolume(
      weights.map((w) => [w, 1 - w]),
      { reference: [0, 0], sense: "max" },
    ).value;
    const naive: number[] = [];
    const corrected: number[] = [];
    for (let round = 0; round < 150; round++) {
      const candidates = weights.map((w) => [
        ...normals(generator, 25).map((e) => w + 0.5 * e),
        ...normals(generator, 25).map((e) => 1 - w + 0.5 * e),
      ]);
      const [a] = bootstrapHypervolume(
        { methods: [{ name: "A", seeds: [candidates] }], prompts: 25, reference: [0, 0], sense: "max" },
        { generator, resamples: 60 },
      ) as [BootstrappedMethod];
      naive.push(a.estimate);
      corrected.push(uncertaintyOf(a).biasCorrected);
    }
    const bias = average(naive) - truth;
    expect(bias).toBeGreaterThan(0.03);
    expect(Math.abs(average(corrected) - truth)).toBeLessThan(0.6 * bias);
  });

  test.each([
    ["no methods", { ...scored(1, 3, 0), methods: [] }, "empty-set"],
    ["no seeds", { ...scored(1, 3, 0), methods: [{ name: "A", seeds: [] }] }, "empty-set"],
    ["no candidates", { ...scored(1, 3, 0), methods: [{ name: "A", seeds: [[]] }] }, "empty-set"],
    ["too few scores", { ...scored(1, 3, 0), methods: [{ name: "A", seeds: [[[1, 2]]] }] }, "dimension-mismatch"],
    [
      "seeds that differ between methods",
      { ...scored(2, 3, 0), methods: [...scored(2, 3, 0).methods, ...scored(1, 3, 0).methods] },
      "dimension-mismatch",
    ],
    ["NaN", { ...scored(1, 1, 0), methods: [{ name: "A", seeds: [[[1, Number.NaN]]] }] }, "not-finite"],
    ["scale 0", { ...scored(1, 3, 0), scale: [1, 0] }, "bad-option"],
    ["a short center", { ...scored(1, 3, 0), center: [1] }, "dimension-mismatch"],
    ["a center that is NaN", { ...scored(1, 3, 0), center: [1, Number.NaN] }, "not-finite"],
    [
      "a value that no prompt is scored on",
      {
        ...scored(1, 3, 0),
        scoredOn: [
          [1, 1, 1],
          [0, 0, 0],
        ],
      },
      "empty-set",
    ],
    [
      "a mask of another length",
      {
        ...scored(1, 3, 0),
        scoredOn: [
          [1, 1],
          [1, 1],
        ],
      },
      "dimension-mismatch",
    ],
    ["a mask too few", { ...scored(1, 3, 0), scoredOn: [[1, 1, 1]] }, "dimension-mismatch"],
    ["no prompts", { ...scored(1, 3, 0), prompts: 0 }, "bad-option"],
  ] as [string, ScoredMethods, string][])("%s is an error", (_, data, code) => {
    let thrown: unknown;
    try {
      bootstrapHypervolume(data, { generator: seeded(1), resamples: 5 });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MetricsError);
    expect((thrown as MetricsError).code).toBe(code);
  });

  test("a volume beyond the range of numbers is an error that names the method", () => {
    const huge = { name: "huge", seeds: [[[1e200, 1e200, 1e200, 1e200]]] };
    expect(() =>
      bootstrapHypervolume(
        { methods: [huge], prompts: 2, reference: [0, 0], sense: "max" },
        { generator: seeded(1), resamples: 2 },
      ),
    ).toThrow(/hypervolume of huge is (Infinity|NaN)/);
  });

  test("errors say where the score is", () => {
    const data = { ...scored(1, 1, 0), methods: [{ name: "soup", seeds: [[[1, Number.NaN]]] }] };
    expect(() => bootstrapHypervolume(data, { generator: seeded(1) })).toThrow(
      /soup.*candidate 0, value 1, prompt 0.*NaN/,
    );
    const [a] = both(scored(3, 5, 0), { generator: seeded(1), resamples: 5 });
    const [b] = both(scored(2, 5, 0), { generator: seeded(1), resamples: 5 });
    expect(() => pairedDifference(a, b)).toThrow(/same bootstrap/);
  });
});

describe("coverage of the interval for few clusters", () => {
  // True difference 0.3; seeds, prompts and their interaction all vary. The percentile bootstrap over three seeds is too narrow.
  for (const [seeds, seedSd, promptSd] of [
    [3, 0.3, 0.5],
    [5, 0.1, 1],
    [5, 0.4, 0],
  ] as const) {
    test(`${seeds} seeds, sd between seeds ${seedSd}, sd of prompts ${promptSd}: 95 % holds the truth in 92–99.5 %`, () => {
      const generator = seeded(100 + seeds);
      const prompts = 30;
      let held = 0;
      let percentileHeld = 0;
      const rounds = 600;
      for (let round = 0; round < rounds; round++) {
        const common = normals(generator, prompts).map((e) => promptSd * e);
        const shift = average(common);
        const perSeed = normals(generator, seeds).map((e) => {
          const noise = normals(generator, prompts).map((x) => 0.3 * x);
          return 0.3 + seedSd * e + shift + average(noise);
        });
        const shared = common.reduce((s, x) => s + (x - shift) ** 2, 0) / prompts / (prompts - 1);
        const { low, high } = fewClustersInterval(perSeed, 0.95, shared, prompts - 1);
        if (low <= 0.3 && 0.3 <= high) held++;
        const resampled = Array.from({ length: 200 }, () =>
          average(perSeed.map(() => perSeed[(generator.next() >>> 0) % seeds] as number)),
        ).sort((a, b) => a - b);
        if ((resampled[5] as number) <= 0.3 && 0.3 <= (resampled[194] as number)) percentileHeld++;
      }
      expect(held / rounds).toBeGreaterThan(0.92);
      expect(held / rounds).toBeLessThan(0.995);
      expect(percentileHeld).toBeLessThan(held);
    });
  }
});
