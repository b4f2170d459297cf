import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  averagedHausdorff,
  bestCandidates,
  coverage,
  coverageBothWays,
  epsilonAdditive,
  epsilonMultiplicative,
  expectedUtility,
  expectedUtilityLoss,
  extent,
  gd,
  gdPlus,
  hypervolume,
  igd,
  igdPlus,
  kendallTauB,
  maximumUtilityLoss,
  meanInnerProduct,
  monotoneStepShare,
  r2,
  type Sense,
  spacing,
  sparsity,
} from "../../src/metrics/index.js";
import { sharedFolder } from "../skip.js";
import { law, near, pointsOf, real } from "./laws.js";
import { average, covers, euclid, pareto, type Rows } from "./twins.js";

const pairOfSets = fc
  .integer({ min: 1, max: 4 })
  .chain((d) => fc.tuple(pointsOf(real, d, { min: 1, max: 8 }), pointsOf(real, d, { min: 1, max: 8 })));
const oneSet = fc
  .integer({ min: 1, max: 4 })
  .chain((d) => pointsOf(fc.oneof(real, fc.integer({ min: 0, max: 3 })), d, { min: 1, max: 12 }));
const unique = (points: Rows): number[][] => [...new Map(points.map((p) => [String(p), [...p]])).values()];

describe("values that everybody agrees on (METHODS §3.6)", () => {
  const A = [
    [3.5, 5.5],
    [3.6, 4.1],
    [4.1, 3.2],
    [5.5, 1.5],
  ];
  const R = [
    [1, 6],
    [2, 5],
    [3, 4],
    [4, 3],
    [5, 2],
    [6, 1],
  ];
  const options = { sense: "min", referenceSet: R } as const;

  test("distances and epsilons", () => {
    near(igd(A, options).value, 1.0627908666722465);
    near(averagedHausdorff(A, options).value, 1.0627908666722465);
    near(igdPlus(A, options).value, 0.9855036468106652);
    near(epsilonAdditive(A, options).value, 2.5);
    near(epsilonMultiplicative(A, options).value, 3.5);
  });

  test("hypervolume and exact R2", () => {
    const points = [
      [5, 5],
      [4, 6],
      [2, 7],
      [7, 4],
    ];
    expect(hypervolume(points, { reference: [10, 10], sense: "min" }).value).toBe(38);
    expect(hypervolume(points, { reference: [0, 0], sense: "max" }).value).toBe(39);
    near(r2(points, { reference: [0, 0], sense: "min" }).value, 2.594191919191919);
    near(r2(points, { reference: [10, 10], sense: "max" }).value, 2.519696969696969);
  });

  test("golden indicators", (ctx) => {
    const golden = JSON.parse(readFileSync(sharedFolder(ctx, "fixtures/golden.json"), "utf8")) as {
      indicators: {
        sense: Sense;
        A: number[][];
        R: number[][];
        igd: number;
        gd: number;
        igdPlus: number;
        epsilonAdditive: number;
        coverageAR: number;
        coverageRA: number;
      }[];
    };
    for (const { sense, A: points, R: referenceSet, ...expected } of golden.indicators) {
      const both = { sense, referenceSet };
      near(igd(points, both).value, expected.igd);
      near(gd(points, both).value, expected.gd);
      near(igdPlus(points, both).value, expected.igdPlus);
      near(epsilonAdditive(points, both).value, expected.epsilonAdditive);
      expect(coverage(points, both).value).toBe(expected.coverageAR);
      expect(coverageBothWays(points, both)).toEqual({
        of: expected.coverageAR,
        by: expected.coverageRA,
        method: "weak-dominance",
      });
    }
  });
});

describe("distance indicators", () => {
  const worse = (a: readonly number[], r: readonly number[]): number =>
    Math.sqrt(a.reduce((s, x, k) => s + Math.max(0, x - (r[k] as number)) ** 2, 0));

  law("follow their definitions", [pairOfSets, fc.constantFrom(1, 2, 3)], ([a, r], p) => {
    const options = { sense: "min", referenceSet: r, p } as const;
    const power = (values: number[]): number => average(values.map((x) => x ** p)) ** (1 / p);
    const GD = power(a.map((x) => Math.min(...r.map((y) => euclid(x, y)))));
    const IGD = power(r.map((y) => Math.min(...a.map((x) => euclid(x, y)))));
    near(gd(a, options).value, GD, 30);
    near(igd(a, options).value, IGD, 30);
    near(averagedHausdorff(a, options).value, Math.max(GD, IGD), 30);
    near(gdPlus(a, options).value, power(a.map((x) => Math.min(...r.map((y) => worse(x, y))))), 30);
    near(igdPlus(a, options).value, power(r.map((y) => Math.min(...a.map((x) => worse(x, y))))), 30);
  });

  law("default to the plain mean", [pairOfSets], ([a, r]) => {
    for (const indicator of [gd, igd, gdPlus, igdPlus, averagedHausdorff]) {
      expect(indicator(a, { sense: "min", referenceSet: r }).value).toBe(
        indicator(a, { sense: "min", referenceSet: r, p: 1 }).value,
      );
    }
  });

  law("are 0 for the reference set itself, and averaged Hausdorff only then", [pairOfSets], (sets) => {
    // single precision: the twin's squares must not vanish
    const [a, r] = sets.map((points) => points.map((p) => p.map(Math.fround))) as [number[][], number[][]];
    for (const indicator of [gd, igd, gdPlus, igdPlus, averagedHausdorff]) {
      expect(indicator(r, { sense: "max", referenceSet: r }).value).toBe(0);
    }
    const same =
      unique(a).every((x) => r.some((y) => euclid(x, y) === 0)) &&
      unique(r).every((y) => a.some((x) => euclid(x, y) === 0));
    expect(averagedHausdorff(a, { sense: "min", referenceSet: r }).value === 0).toBe(same);
  });

  law(
    "IGD+ and additive epsilon do not rise when a set is improved (weak compliance)",
    [pairOfSets, fc.nat(), fc.nat({ max: 4 })],
    ([a, r], by, gain) => {
      const better = a.map((p, i) => (i === by % a.length ? p.map((x, k) => (k === by % p.length ? x - gain : x)) : p));
      const options = { sense: "min", referenceSet: r } as const;
      expect(igdPlus(better, options).value).toBeLessThanOrEqual(igdPlus(a, options).value + 1e-12);
      expect(epsilonAdditive(better, options).value).toBeLessThanOrEqual(epsilonAdditive(a, options).value);
    },
  );

  law("of maximised points are those of their negatives", [pairOfSets], ([a, r]) => {
    const negate = (rows: Rows): number[][] => rows.map((p) => p.map((x) => -x));
    for (const indicator of [gd, igd, gdPlus, igdPlus, averagedHausdorff, epsilonAdditive, coverage]) {
      expect(indicator(negate(a), { sense: "max", referenceSet: negate(r) }).value).toBe(
        indicator(a, { sense: "min", referenceSet: r }).value,
      );
    }
  });

  test("empty sets are errors that name the set", () => {
    expect(() => igd([], { sense: "min", referenceSet: [[1]] })).toThrow(/no points/);
    expect(() => igd([[1]], { sense: "min", referenceSet: [] })).toThrow(/no points in the reference set/);
    expect(() => igd([[1]], { sense: "min", referenceSet: [[1]], p: 0 })).toThrow(/p is 0/);
  });
});

describe("distances of any size", () => {
  law(
    "keep their digits where squares would leave the range of numbers",
    // single precision times 2^−900 or more is exact: all of it are multiples of 2^−149
    [pairOfSets, fc.integer({ min: -900, max: 1000 })],
    ([a, r], exponent) => {
      const plain = (points: Rows): number[][] => points.map((p) => p.map(Math.fround));
      const scaled = (points: Rows): number[][] => plain(points).map((p) => p.map((x) => x * 2 ** exponent));
      for (const measure of [igd, igdPlus, gd, gdPlus, averagedHausdorff]) {
        const expected = measure(plain(a), { sense: "min", referenceSet: plain(r) }).value;
        const found = measure(scaled(a), { sense: "min", referenceSet: scaled(r) }).value;
        near(found / 2 ** exponent, expected, 20, 1e-14);
      }
      for (const variant of ["euclidean", "schott"] as const) {
        const expected = spacing(plain(a), { sense: "min", variant }).value;
        near(spacing(scaled(a), { sense: "min", variant }).value / 2 ** exponent, expected, 20, 1e-14);
      }
    },
  );
});

describe("dominance indicators", () => {
  const positive = fc.double({ min: 0.1, max: 10, noNaN: true });
  const positiveSets = fc
    .integer({ min: 1, max: 4 })
    .chain((d) => fc.tuple(pointsOf(positive, d, { min: 1, max: 8 }), pointsOf(positive, d, { min: 1, max: 8 })));
  const extreme = (values: number[][][]): number =>
    Math.max(...values.map((perPoint) => Math.min(...perPoint.map((ks) => Math.max(...ks)))));

  law("additive epsilon follows its definition", [pairOfSets], ([a, r]) => {
    const expected = extreme(r.map((y) => a.map((x) => x.map((v, k) => v - (y[k] as number)))));
    expect(epsilonAdditive(a, { sense: "min", referenceSet: r }).value).toBe(expected);
  });

  law("multiplicative epsilon follows its definition, both senses", [positiveSets], ([a, r]) => {
    const min = extreme(r.map((y) => a.map((x) => x.map((v, k) => v / (y[k] as number)))));
    const max = extreme(r.map((y) => a.map((x) => x.map((v, k) => (y[k] as number) / v))));
    near(epsilonMultiplicative(a, { sense: "min", referenceSet: r }).value, min);
    near(epsilonMultiplicative(a, { sense: "max", referenceSet: r }).value, max);
  });

  law("additive epsilon is at most 0 just when every reference point is covered", [pairOfSets], ([a, r]) => {
    const options = { sense: "min", referenceSet: r } as const;
    const all = r.every((y) => a.some((x) => covers(x, y)));
    expect(epsilonAdditive(a, options).value <= 0).toBe(all);
    expect(coverage(a, options).value === 1).toBe(all);
  });

  law("coverage is the share of covered points", [pairOfSets], ([a, r]) => {
    const expected = r.filter((y) => a.some((x) => covers(x, y))).length / r.length;
    expect(coverage(a, { sense: "min", referenceSet: r }).value).toBe(expected);
  });

  test("an equal point covers, one that is worse in a single objective does not", () => {
    const options = { sense: "min", referenceSet: [[1, 2]] } as const;
    expect(coverage([[1, 2]], options).value).toBe(1);
    expect(coverage([[1, 3]], options).value).toBe(0);
    expect(coverage([[0, 2]], options).value).toBe(1);
  });

  test("coordinates that are not above 0 have no ratio", () => {
    expect(() => epsilonMultiplicative([[1, 0]], { sense: "min", referenceSet: [[1, 1]] })).toThrow(/above 0/);
    expect(() => epsilonMultiplicative([[1, 1]], { sense: "max", referenceSet: [[1, -1]] })).toThrow(/reference set/);
  });
});

describe("diversity indicators", () => {
  law("follow their definitions on the non-dominated points", [oneSet], (points) => {
    const front = unique(pareto(points));
    const n = front.length;
    const d = front[0]?.length ?? 0;
    let sum = 0;
    const ranges: number[] = [];
    for (let k = 0; k < d; k++) {
      const xs = front.map((p) => p[k] as number).sort((a, b) => a - b);
      xs.slice(1).forEach((x, i) => {
        sum += (x - (xs[i] as number)) ** 2;
      });
      ranges.push((xs[n - 1] as number) - (xs[0] as number));
    }
    near(sparsity(points, { sense: "min" }).value, n < 2 ? 0 : sum / (n - 1), 1000);
    near(extent(points, { sense: "min" }).value, Math.hypot(...ranges), 30);
    const nearest = (distance: (a: number[], b: number[]) => number): number[] =>
      front.map((p, i) => Math.min(...front.filter((_, j) => j !== i).map((q) => distance(p, q))));
    const deviation = (xs: number[], divisor: number): number =>
      Math.sqrt(xs.reduce((s, x) => s + (x - average(xs)) ** 2, 0) / divisor);
    const block = (a: number[], b: number[]): number => a.reduce((s, x, k) => s + Math.abs(x - (b[k] as number)), 0);
    near(spacing(points, { sense: "min" }).value, n < 2 ? 0 : deviation(nearest(euclid), n), 30);
    near(spacing(points, { sense: "min", variant: "schott" }).value, n < 2 ? 0 : deviation(nearest(block), n - 1), 30);
  });

  test("of an empty set are errors", () => {
    for (const indicator of [sparsity, spacing, extent])
      expect(() => indicator([], { sense: "max" })).toThrow(/no points/);
  });
});

test("an unknown variant of spacing is an error", () => {
  expect(() => spacing([[1]], { sense: "max", variant: "other" as "schott" })).toThrow(/variant is other/);
});

describe("utility indicators", () => {
  const simplex = (d: number): fc.Arbitrary<number[][]> =>
    fc
      .array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: d, maxLength: d }), { minLength: 1, maxLength: 6 })
      .map((rows) => rows.map((w) => w.map((x) => x / w.reduce((s, y) => s + y, 0))));
  const withWeights = fc
    .integer({ min: 1, max: 4 })
    .chain((d) => fc.tuple(pointsOf(real, d, { min: 1, max: 8 }), pointsOf(real, d, { min: 1, max: 8 }), simplex(d)));
  const dot = (w: readonly number[], p: readonly number[]): number =>
    w.reduce((s, x, k) => s + x * (p[k] as number), 0);

  law("follow their definitions", [withWeights, fc.nat()], ([a, r, weights], by) => {
    const sense = "max" as const;
    const best = (set: Rows, w: readonly number[]): number => Math.max(...set.map((p) => dot(w, p)));
    near(expectedUtility(a, { sense, weights }).value, average(weights.map((w) => best(a, w))), 10);
    const losses = weights.map((w) => best(r, w) - best(a, w));
    near(expectedUtilityLoss(a, { sense, weights, referenceSet: r }).value, average(losses), 20);
    near(maximumUtilityLoss(a, { sense, weights, referenceSet: r }).value, Math.max(...losses), 20);
    const candidateOf = weights.map((_, i) => (by + i) % a.length);
    const mip = average(weights.map((w, i) => dot(w, a[candidateOf[i] as number] as number[])));
    near(meanInnerProduct(a, { sense, weights, candidateOf }).value, mip, 10);
    // minimised objectives are worth their negative
    const negated = a.map((p) => p.map((x) => -x));
    near(expectedUtility(negated, { sense: "min", weights }).value, expectedUtility(a, { sense, weights }).value, 10);
    near(meanInnerProduct(negated, { sense: "min", weights, candidateOf }).value, mip, 10);
  });

  law("expected utility is the mean inner product of the best candidates", [withWeights], ([a, , weights]) => {
    const sense = "max" as const;
    const candidateOf = bestCandidates(a, { sense, weights });
    near(meanInnerProduct(a, { sense, weights, candidateOf }).value, expectedUtility(a, { sense, weights }).value, 10);
  });

  law("R2 over weights follows its definition", [withWeights], ([a, , weights]) => {
    const expected = average(
      weights.map((w) => Math.min(...a.map((p) => Math.max(...p.map((x, k) => (w[k] as number) * (x + 10)))))),
    );
    near(r2(a, { sense: "min", reference: (a[0] as number[]).map(() => -10), weights }).value, expected, 20);
  });

  law(
    "exact R2 is the limit of averaging over ever more weights",
    [pointsOf(real, 2, { min: 1, max: 8 })],
    (points) => {
      const n = 1000;
      const weights = Array.from({ length: n }, (_, i) => [(i + 0.5) / n, 1 - (i + 0.5) / n]);
      const options = { sense: "min", reference: [-10, -10] } as const;
      near(r2(points, options).value, r2(points, { ...options, weights }).value, 20, 4e-6);
    },
  );

  law(
    "exact R2 does not change with dominated points, and falls or stays when a point is added",
    [pointsOf(real, 2, { min: 1, max: 8 }), fc.tuple(real, real)],
    (points, more) => {
      const options = { sense: "min", reference: [-10, -10] } as const;
      near(r2(pareto(points), options).value, r2(points, options).value, 20);
      expect(r2([...points, more], options).value).toBeLessThanOrEqual(r2(points, options).value + 1e-12);
    },
  );

  test("R2 refuses an ideal that is passed, and more than two objectives without weights", () => {
    expect(() => r2([[1, 2]], { sense: "min", reference: [2, 0] })).toThrow(/better than the reference/);
    expect(() => r2([], { sense: "min", reference: [0, 0] })).toThrow(/no points/);
    expect(() => r2([[1, 2]], { sense: "min", reference: [0, 0], weights: [] })).toThrow(/no weights/);
    expect(() => r2([[1, 2, 3]], { sense: "min", reference: [0, 0, 0] })).toThrow(/two objectives only/);
    expect(
      r2(
        [
          [0, 0],
          [1, 1],
        ],
        { sense: "min", reference: [0, 0] },
      ).value,
    ).toBe(0);
  });

  test("weights and maps are checked", () => {
    expect(() => expectedUtility([[1, 2]], { sense: "max", weights: [] })).toThrow(/no weights/);
    // the first of equally good ones
    expect([...bestCandidates([[0], [1], [1]], { sense: "max", weights: [[1]] })]).toEqual([1]);
    expect(() => expectedUtility([[1, 2]], { sense: "max", weights: [[1, -1]] })).toThrow(/below 0/);
    expect(() => expectedUtility([], { sense: "max", weights: [[1, 1]] })).toThrow(/no points/);
    expect(() => meanInnerProduct([[1, 2]], { sense: "max", weights: [[1, 0]], candidateOf: [1] })).toThrow(
      /candidateOf of weight 0 is 1/,
    );
    expect(() => meanInnerProduct([[1, 2]], { sense: "max", weights: [[1, 0]], candidateOf: [] })).toThrow(
      /candidateOf names: 0, expected 1/,
    );
  });
});

describe("controllability", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), {
    minLength: 2,
    maxLength: 15,
  });

  law("Kendall's tau-b follows its definition, ties included", [pairs], (xy) => {
    let concordant = 0;
    let discordant = 0;
    let tiesX = 0;
    let tiesY = 0;
    xy.forEach(([a, b], i) => {
      for (const [c, d] of xy.slice(i + 1)) {
        if (a === c) tiesX++;
        if (b === d) tiesY++;
        if ((a - c) * (b - d) > 0) concordant++;
        if ((a - c) * (b - d) < 0) discordant++;
      }
    });
    const n0 = (xy.length * (xy.length - 1)) / 2;
    const [x, y] = [xy.map(([a]) => a), xy.map(([, b]) => b)];
    if (tiesX === n0 || tiesY === n0) expect(() => kendallTauB(x, y)).toThrow(/constant/);
    else near(kendallTauB(x, y), (concordant - discordant) / Math.sqrt((n0 - tiesX) * (n0 - tiesY)), 1);
  });

  test("ties cap tau-b at .90 on a lattice of 7 with a perfect response (METHODS, issue figures)", () => {
    // vertices, edge midpoints, centre: w_1 of each
    const weights = [1, 0, 0, 0.5, 0.5, 0, 1 / 3];
    const scores = [7, 1, 2, 5, 6, 3, 4];
    expect(kendallTauB(weights, scores)).toBeCloseTo(0.9, 2);
  });

  law("monotone-step share follows its definition", [pairs], (xy) => {
    const weights = [...new Set(xy.map(([w]) => w))].sort((a, b) => a - b);
    const [x, y] = [xy.map(([a]) => a), xy.map(([, b]) => b)];
    if (weights.length < 2) {
      expect(() => monotoneStepShare(x, y)).toThrow(/distinct weights of a sweep: 1, needs at least 2/);
      return;
    }
    const means = weights.map((w) => average(xy.filter(([v]) => v === w).map(([, s]) => s)));
    const rising = means.slice(1).filter((m, i) => m > (means[i] as number)).length;
    expect(monotoneStepShare(x, y)).toEqual({ value: rising / (weights.length - 1), steps: weights.length - 1 });
  });

  test("pairs are checked", () => {
    expect(() => kendallTauB([1, 2], [1])).toThrow(/pairs/);
    expect(() => kendallTauB([1], [1])).toThrow(/at least 2/);
    expect(() => kendallTauB([1, Number.NaN], [1, 2])).toThrow(/pair 1 is NaN/);
    expect(() => kendallTauB([Number.NaN, 1], [1, 2])).toThrow(/pair 0 is NaN/);
    expect(() => kendallTauB([1, 2], [Number.POSITIVE_INFINITY, 1])).toThrow(/pair 0 is Infinity/);
    expect(() => monotoneStepShare([1, 2], [1, Number.NaN])).toThrow(/NaN/);
  });
});

describe("the ends of the range of numbers", () => {
  test("a high exponent neither vanishes nor overflows: it nears the largest distance", () => {
    const options = { sense: "min", referenceSet: [[0]] } as const;
    for (const unit of [1e-3, 1, 1e3]) {
      const points = [[0.1 * unit], [0.3 * unit]];
      near(gd(points, { ...options, p: 2000 }).value, 0.3 * unit * 0.5 ** (1 / 2000));
    }
    // far smaller than the coordinates
    const near1 = { sense: "min", referenceSet: [[1]], p: 2000 } as const;
    near(gd([[1.01], [1.03]], near1).value, 0.03 * 0.5 ** (1 / 2000));
    expect(gd([[0], [0]], { ...options, p: 3 }).value).toBe(0);
  });

  test("sparsity and utilities that overflow are errors", () => {
    const points = [
      [1e200, 0],
      [0, 1e200],
    ];
    expect(() => sparsity(points, { sense: "max" })).toThrow(/a square leaves the range of numbers/);
    const weights = [[1e200, 0]];
    expect(() => maximumUtilityLoss(points, { sense: "max", weights, referenceSet: points })).toThrow(
      /a utility leaves/,
    );
  });

  law(
    "tau-b stays within [−1, 1], and reaches both ends",
    [fc.uniqueArray(real, { minLength: 2, maxLength: 12 })],
    (x) => {
      expect(kendallTauB(x, x)).toBe(1);
      expect(
        kendallTauB(
          x,
          x.map((value) => -value),
        ),
      ).toBe(-1);
    },
  );
});
