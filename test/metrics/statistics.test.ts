import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  gammaUpperTail,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentQuantile,
  studentTwoSided,
} from "../../src/metrics/distributions.js";
import {
  accelerationOf,
  bcaInterval,
  biasCorrected,
  bootstrapPValue,
  fewClustersInterval,
  holm,
  hypervolume,
  jackknifeVariance,
  mean,
  minimalDetectableEffect,
  pairedPermutationTest,
  pairedTTest,
  percentileInterval,
  quantileOfSorted,
  subsetHypervolume,
  variance,
  wilsonInterval,
} from "../../src/metrics/index.js";
import { shuffle, uniformIndex } from "../../src/metrics/random.js";
import { normals, seeded } from "./generator.js";
import { anyPoints, law, near, real } from "./laws.js";
import { average } from "./twins.js";

const values = fc.array(real, { minLength: 2, maxLength: 30 });

describe("distribution functions", () => {
  test("ln Γ at integers and halves", () => {
    let factorial = 1;
    for (let n = 1; n < 20; n++) {
      near(logGamma(n), Math.log(factorial), Math.max(1, Math.log(factorial)), 1e-13);
      factorial *= n;
    }
    near(logGamma(0.5), Math.log(Math.PI) / 2);
    near(logGamma(0.1), 2.2527126517342055);
  });

  test("normal distribution: known points, both tails, and its inverse", () => {
    near(normalCdf(0), 0.5);
    near(normalCdf(1.959963984540054), 0.975);
    near(normalCdf(-6), 9.865876450376946e-10, undefined, 1e-11);
    near(normalQuantile(0.975), 1.959963984540054);
    near(normalQuantile(1e-10), -6.361340902404056, undefined, 1e-11);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  });

  law(
    "the normal quantile inverts the distribution function",
    [fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true })],
    (p) => {
      near(normalCdf(normalQuantile(p)), p, Math.min(1, p + 1e-3), 1e-12);
    },
  );

  test("gamma tail: exponential and Erlang forms", () => {
    for (const x of [0.01, 0.5, 1, 3, 20]) {
      near(gammaUpperTail(1, x), Math.exp(-x));
      near(gammaUpperTail(3, x), Math.exp(-x) * (1 + x + (x * x) / 2));
    }
    expect(gammaUpperTail(2, 0)).toBe(1);
  });

  test("beta and Student's t: closed forms and tables", () => {
    for (const x of [0, 0.1, 0.5, 0.9, 1]) {
      near(incompleteBeta(x, 1, 1), x, 1);
      near(incompleteBeta(x, 2, 3), x * x * (6 - 8 * x + 3 * x * x), 1);
    }
    // one degree of freedom is Cauchy, two have a closed form
    for (const t of [0.1, 1, 4]) {
      near(studentTwoSided(t, 1), 1 - (2 / Math.PI) * Math.atan(t));
      near(studentTwoSided(t, 2), 1 - t / Math.sqrt(2 + t * t), 1);
    }
    near(studentQuantile(0.95, 2), 4.302652729749464);
    near(studentQuantile(0.95, 4), 2.7764451051977987);
    near(studentQuantile(0.99, 30), 2.749995653567, undefined, 1e-11);
  });
});

describe("intervals", () => {
  law("mean and variance follow their definitions", [values], (xs) => {
    near(mean(xs), average(xs), 10);
    near(variance(xs), xs.reduce((s, x) => s + (x - average(xs)) ** 2, 0) / (xs.length - 1), 100);
  });

  test("quantiles interpolate between order statistics", () => {
    const sorted = [1, 2, 4, 8];
    expect([0, 1 / 3, 0.5, 0.75, 1].map((p) => quantileOfSorted(sorted, p))).toEqual([1, 2, 3, 5, 8]);
    expect(() => quantileOfSorted([], 0.5)).toThrow(/no values/);
  });

  test("percentile interval of 0 … 100", () => {
    const replicates = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
    const { low, high, ...rest } = percentileInterval(replicates, 0.9);
    near(low, 5);
    near(high, 95);
    expect(rest).toEqual({ level: 0.9, method: "percentile" });
    expect(percentileInterval(replicates).level).toBe(0.95);
    for (const level of [0, 1, Number.NaN]) expect(() => percentileInterval(replicates, level)).toThrow(/level/);
  });

  law("BCa without bias and acceleration is the percentile interval", [fc.integer({ min: 10, max: 200 })], (half) => {
    const replicates = Array.from({ length: 2 * half + 1 }, (_, i) => i - half);
    const plain = percentileInterval(replicates, 0.9);
    const bca = bcaInterval(0, replicates, 0, 0.9);
    near(bca.low, plain.low, half, 1e-9);
    near(bca.high, plain.high, half, 1e-9);
  });

  test("BCa is the formula written out", () => {
    const replicates = normals(seeded(1), 500).map((x) => Math.exp(x));
    const sorted = [...replicates].sort((a, b) => a - b);
    const estimate = 1.3;
    const z0 = normalQuantile(replicates.filter((x) => x < estimate).length / 500);
    const a = 0.08;
    const end = (p: number): number => {
      const z = z0 + normalQuantile(p);
      return quantileOfSorted(sorted, normalCdf(z0 + z / (1 - a * z)));
    };
    const bca = bcaInterval(estimate, replicates, a, 0.9);
    near(bca.low, end(0.05));
    near(bca.high, end(0.95));
    // all replicates on one side: still an interval, at that end
    expect(bcaInterval(-1, [1, 2, 3], 0).low).toBeCloseTo(1, 3);
    expect(bcaInterval(9, [1, 2, 3], 0).high).toBeCloseTo(3, 3);
    // past the pole of the correction
    expect(bcaInterval(2, [1, 2, 3], 5).high).toBe(3);
  });

  law("acceleration and jackknife variance follow their definitions", [values, values], (xs, ys) => {
    const parts = [xs, ys].flatMap((s) => s.map((x) => ((s.length - 1) * (average(s) - x)) / s.length));
    const squares = parts.reduce((s, u) => s + u * u, 0);
    const cubes = parts.reduce((s, u) => s + u ** 3, 0);
    if (squares > 1e-20) near(accelerationOf(xs, ys), cubes / (6 * squares ** 1.5), 1, 1e-9);
    else expect(Math.abs(accelerationOf(xs, ys))).toBeLessThanOrEqual(1);
    const n = xs.length;
    near(jackknifeVariance(xs), ((n - 1) / n) * xs.reduce((s, x) => s + (x - average(xs)) ** 2, 0), 1000);
  });

  test("the jackknife variance of a mean is its usual squared standard error", () => {
    const xs = normals(seeded(2), 15);
    const without = xs.map((_, i) => average(xs.filter((__, j) => j !== i)));
    near(jackknifeVariance(without), variance(xs) / 15);
    expect(accelerationOf([1], [2, 2])).toBe(0);
  });

  test("bias correction mirrors the replicates' mean", () => {
    expect(biasCorrected(5, [6, 7, 8])).toBe(3);
    expect(() => biasCorrected(5, [])).toThrow(/no values/);
  });

  test("few clusters: the t-interval where nothing is shared, wider where prompts add to it", () => {
    const perSeed = [1, 2, 4];
    const plain = fewClustersInterval(perSeed);
    const error = Math.sqrt(variance(perSeed) / 3);
    near(plain.high - 7 / 3, 4.302652729749464 * error);
    near(7 / 3 - plain.low, 4.302652729749464 * error);
    expect(plain.degrees).toBe(2);
    const more = fewClustersInterval(perSeed, 0.95, 0.5, 9);
    const total = error ** 2 + 0.5;
    near(more.standardError, Math.sqrt(total));
    near(more.degrees, total ** 2 / (error ** 4 / 2 + 0.25 / 9));
    near(more.high - 7 / 3, studentQuantile(0.95, more.degrees) * Math.sqrt(total));
    expect(() => fewClustersInterval([1])).toThrow(/needs at least 2/);
    expect(fewClustersInterval([3, 3])).toMatchObject({ low: 3, high: 3, standardError: 0, degrees: 1 });
    expect(fewClustersInterval([3, 3, 3])).toMatchObject({ low: 3, high: 3 });
  });

  test("Wilson's interval against its published values", () => {
    const { low, high } = wilsonInterval(15, 50);
    near(low, 0.191, undefined, 1e-3);
    near(high, 0.4375, undefined, 1e-3);
    expect(wilsonInterval(0, 10).low).toBe(0);
    near(wilsonInterval(0, 10).high, 0.27753279986288404);
    expect(wilsonInterval(10, 10).high).toBe(1);
    for (const [k, n] of [
      [-1, 3],
      [4, 3],
      [0, 0],
    ] as const)
      expect(() => wilsonInterval(k, n)).toThrow(/successes|trials/);
  });

  law(
    "Wilson's ends are where the score test is at its level",
    [fc.integer({ min: 1, max: 60 }), fc.nat()],
    (n, by) => {
      const k = by % (n + 1);
      const { low, high } = wilsonInterval(k, n, 0.9);
      const z = normalQuantile(0.95);
      const root = (p: number): number => (k / n - p) ** 2 - (z * z * p * (1 - p)) / n;
      if (k > 0) near(root(low), 0, 1);
      if (k < n) near(root(high), 0, 1);
      expect(low).toBeLessThanOrEqual(k / n);
      expect(high).toBeGreaterThanOrEqual(k / n);
    },
  );
});

describe("BCa at its edges", () => {
  test("replicates all on one side of the estimate count as half of one beyond it", () => {
    const replicates = [1, 2, 3, 4];
    const z0 = normalQuantile(3.5 / 4);
    const end = (p: number): number => quantileOfSorted(replicates, normalCdf(2 * z0 + normalQuantile(p)));
    const { low, high } = bcaInterval(10, replicates, 0);
    near(low, end(0.025));
    near(high, end(0.975));
  });

  test("no replicates are an error that says so", () => {
    expect(() => bcaInterval(1, [], 0)).toThrow(/no replicates/);
  });
});

test("every subset while there are at most as many as asked for, else so many random ones", () => {
  const points = Array.from({ length: 10 }, (_, i) => [i + 1]);
  let draws = 0;
  const generator = { next: () => (draws++ * 2654435761) | 0 };
  const options = { reference: [0], sense: "max", size: 5, generator } as const;
  expect(subsetHypervolume(points, { ...options, subsets: 252 })).toMatchObject({
    method: "all-subsets",
    subsets: 252,
  });
  expect(draws).toBe(0);
  expect(subsetHypervolume(points, { ...options, subsets: 251 })).toMatchObject({
    method: "random-subsets",
    subsets: 251,
  });
  expect(draws).toBe(5 * 251);
});

describe("draws", () => {
  const listed = (draws: readonly number[]): { next: () => number; left: () => number } => {
    const rest = [...draws];
    return { next: () => rest.shift() ?? Number.NaN, left: () => rest.length };
  };

  test("an index takes no draw from the end of the range, which would favour the first ones", () => {
    // 2³² is 1 more than a multiple of 3: the last draw of all has no partners
    expect(uniformIndex(listed([0xffffffff, 0xfffffffe]), 3)).toBe(2);
    expect(uniformIndex(listed([-1, 7]), 3)).toBe(1);
    expect(uniformIndex(listed([0xffffffff]), 4)).toBe(3);
  });

  test("a shuffle is Fisher and Yates', with a draw for each place but the first", () => {
    const values = Int32Array.of(10, 11, 12, 13);
    const generator = listed([0, 1, 1, 5]);
    shuffle(values, generator);
    // 3 ↔ 0, 2 ↔ 1, 1 ↔ 1
    expect([...values]).toEqual([13, 12, 11, 10]);
    expect(generator.left()).toBe(1);
  });
});

test("a permutation test draws 32 signs at a time, and no more", () => {
  let draws = 0;
  const generator = { next: () => draws++ };
  pairedPermutationTest(
    Array.from({ length: 40 }, (_, i) => i),
    { generator, resamples: 5 },
  );
  expect(draws).toBe(10);
});

describe("tests of differences", () => {
  const few = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 8 });

  law(
    "the paired permutation test is the share of sign patterns as extreme",
    [few, fc.constantFrom("two-sided", "greater", "less")],
    (xs, alternative) => {
      const sums: number[] = [];
      const flip = (i: number, sum: number): void => {
        if (i === xs.length) sums.push(sum);
        else for (const sign of [-1, 1]) flip(i + 1, sum + sign * (xs[i] as number));
      };
      flip(0, 0);
      const observed = xs.reduce((s, x) => s + x, 0);
      const extreme = sums.filter((s) =>
        alternative === "greater"
          ? s >= observed
          : alternative === "less"
            ? s <= observed
            : Math.abs(s) >= Math.abs(observed),
      );
      const result = pairedPermutationTest(xs, { generator: seeded(1), alternative });
      expect(result.p).toBe(extreme.length / sums.length);
      near(result.statistic, average(xs), 10);
      expect(result.method).toBe("exact");
    },
  );

  law(
    "tenths, which no double holds, have the p-value of whole numbers: sums that differ by rounding only are ties",
    [fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 10 })],
    (whole) => {
      const p = (values: number[]): number => pairedPermutationTest(values, { generator: seeded(1) }).p;
      expect(p(whole.map((x) => x / 10))).toBe(p(whole));
    },
  );

  test("sums that differ by rounding only are ties", () => {
    expect(pairedPermutationTest([0.1, 0.2, 0.3, -0.6], { generator: seeded(1) }).p).toBe(1);
  });

  test("its Monte-Carlo form approaches the exact one, adds one, and holds its level", () => {
    const xs = normals(seeded(5), 13).map((x) => x + 0.4);
    const exact = pairedPermutationTest(xs, { generator: seeded(1) }).p;
    // two more pairs without a difference change no sum
    for (const alternative of ["two-sided", "greater"] as const) {
      const sampled = pairedPermutationTest([...xs, 0, 0], { generator: seeded(6), resamples: 20_000, alternative });
      const reference = pairedPermutationTest(xs, { generator: seeded(1), alternative }).p;
      expect(sampled.method).toBe("monte-carlo");
      expect(Math.abs(sampled.p - reference)).toBeLessThan(0.012);
    }
    expect(exact).toBeGreaterThan(0);
    const all = pairedPermutationTest(new Array(40).fill(1), { generator: seeded(6), resamples: 99 });
    expect(all.p).toBe(0.01);
    let rejected = 0;
    const generator = seeded(8);
    for (let i = 0; i < 300; i++) {
      if (pairedPermutationTest(normals(generator, 40), { generator, resamples: 99 }).p <= 0.05) rejected++;
    }
    expect(rejected).toBeGreaterThanOrEqual(4);
    expect(rejected).toBeLessThanOrEqual(29);
  });

  test("what cannot be tested is an error", () => {
    const options = { generator: seeded(1) };
    expect(() => pairedPermutationTest([], options)).toThrow(/no pairs/);
    expect(() => pairedPermutationTest([1, Number.NaN], options)).toThrow(/NaN/);
    expect(() => pairedPermutationTest([1], { ...options, resamples: 0 })).toThrow(/resamples/);
    expect(() => pairedTTest([1])).toThrow(/at least 2/);
    expect(() => bootstrapPValue([])).toThrow(/no replicates/);
  });

  test("the t-test inverts the interval for few clusters", () => {
    const xs = [0.2, 0.5, 0.9, 0.1];
    for (const [shared, degrees] of [
      [0, Number.POSITIVE_INFINITY],
      [0.02, 20],
    ] as const) {
      const { p, statistic } = pairedTTest(xs, shared, degrees);
      const at = fewClustersInterval(xs, 1 - p, shared, degrees);
      near(at.low, 0, 1, 1e-9);
      near(statistic, average(xs) / at.standardError);
    }
    expect(pairedTTest([0, 0, 0]).p).toBe(1);
    expect(pairedTTest([1, 1, 1]).p).toBeLessThan(1e-300);
  });

  law(
    "the bootstrap p-value is small just when the percentile interval leaves 0 out",
    [fc.integer({ min: 0, max: 200 })],
    (positive) => {
      const replicates = Array.from({ length: 200 }, (_, i) => (i < positive ? 1 : -1));
      const p = bootstrapPValue(replicates);
      near(p, Math.min(1, (2 * (1 + Math.min(positive, 200 - positive))) / 201));
      const { low, high } = percentileInterval(replicates, 0.9);
      if (p < 0.1 - 0.02) expect(low > 0 || high < 0).toBe(true);
      if (p > 0.1 + 0.02) expect(low <= 0 && high >= 0).toBe(true);
      expect(bootstrapPValue([0, 0, 0])).toBe(1);
    },
  );

  law(
    "Holm: the definition, monotone, never below the raw p-value",
    [fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })],
    (ps) => {
      const adjusted = holm(ps);
      // the definition: max over those as small or smaller of (m − rank) p, ties in the order given
      const rank = (i: number): number => ps.filter((p, j) => p < (ps[i] as number) || (p === ps[i] && j < i)).length;
      ps.forEach((p, i) => {
        const expected = Math.min(
          1,
          Math.max(...ps.flatMap((q, j) => (rank(j) <= rank(i) ? [(ps.length - rank(j)) * q] : []))),
        );
        near(adjusted[i] as number, expected, 1);
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
      });
    },
  );

  test("Holm on the textbook example, and on what is no p-value", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => {
      near(adjusted[i] as number, p);
    });
    expect(() => holm([0.5, 1.5])).toThrow(/p-value 1 is 1.5/);
    expect(() => holm([Number.NaN])).toThrow(/NaN/);
  });
});

describe("equal-N subsets", () => {
  law(
    "averages over every subset where there are few",
    [anyPoints({ min: 1, max: 7, dimensions: 4 }), fc.nat()],
    (points, by) => {
      const size = 1 + (by % points.length);
      const reference = new Array<number>(points[0]?.length ?? 0).fill(5);
      const subsets: number[][][] = [];
      for (let s = 1; s < 2 ** points.length; s++) {
        const chosen = points.filter((_, i) => (s >> i) & 1);
        if (chosen.length === size) subsets.push(chosen);
      }
      const expected = average(subsets.map((set) => hypervolume(set, { reference, sense: "min" }).value));
      const result = subsetHypervolume(points, { size, reference, sense: "min", generator: seeded(1) });
      expect(result).toMatchObject({ method: "all-subsets", subsets: subsets.length });
      near(result.value, expected, 10 ** reference.length);
    },
  );

  test("random subsets where there are many, with an honest standard error", () => {
    const generator = seeded(2);
    const points = Array.from({ length: 12 }, () => normals(generator, 3).map(Math.abs));
    const options = { size: 5, reference: [0, 0, 0], sense: "max", generator } as const;
    const all = subsetHypervolume(points, options);
    let inside = 0;
    for (let i = 0; i < 60; i++) {
      const some = subsetHypervolume(points, { ...options, subsets: 100 });
      if (some.method !== "random-subsets") throw new Error("792 subsets are more than 100");
      if (Math.abs(some.value - all.value) < 2 * some.standardError) inside++;
    }
    expect(inside).toBeGreaterThanOrEqual(50);
    expect(inside).toBeLessThan(60);
  });

  test("sizes that cannot be are errors", () => {
    const options = { reference: [0], sense: "max", generator: seeded(1) } as const;
    expect(() => subsetHypervolume([[1]], { ...options, size: 2 })).toThrow(/points for a subset of 2: 1/);
    expect(() => subsetHypervolume([[1]], { ...options, size: 0 })).toThrow(/size is 0/);
    expect(() => subsetHypervolume([[1]], { ...options, size: 1, subsets: 1 })).toThrow(/subsets is 1/);
  });
});

describe("minimal detectable effect", () => {
  test("of a z-test: (1.96 + 0.84) standard errors; of a t-test on few degrees more", () => {
    near(minimalDetectableEffect(1), 1.959963984540054 + 0.8416212335729143);
    near(minimalDetectableEffect(2, { level: 0.9, power: 0.9 }), 2 * (1.6448536269514722 + 1.2815515655446004));
    near(minimalDetectableEffect(1, { degrees: 4 }), 2.7764451051977987 + studentQuantile(0.6, 4));
    expect(minimalDetectableEffect(0)).toBe(0);
    near(minimalDetectableEffect(1, { degrees: 1 }), 12.706204736174694 + studentQuantile(0.6, 1));
  });

  test("is seen with the power that was asked for", () => {
    const generator = seeded(3);
    const effect = minimalDetectableEffect(1 / Math.sqrt(20), { degrees: 19 });
    let seen = 0;
    for (let i = 0; i < 1000; i++) if (pairedTTest(normals(generator, 20).map((x) => x + effect)).p < 0.05) seen++;
    expect(seen / 1000).toBeGreaterThan(0.75);
    expect(seen / 1000).toBeLessThan(0.85);
  });

  test("options out of range are errors", () => {
    for (const [error, options] of [
      [-1, {}],
      [1, { power: 0.4 }],
      [1, { level: 1 }],
      [1, { degrees: 0 }],
      [Number.POSITIVE_INFINITY, {}],
    ] as const) {
      expect(() => minimalDetectableEffect(error, options)).toThrow(/must/);
    }
  });
});

describe("very many degrees of freedom", () => {
  test("Student's t tends to the normal, without a step where the formula changes", () => {
    for (const t of [0.1, 1, 1.96, 4, 8]) {
      near(studentTwoSided(t, Number.POSITIVE_INFINITY), 2 * normalCdf(-t), undefined, 1e-11);
      near(studentTwoSided(t, 1e15), 2 * normalCdf(-t), undefined, 1e-11);
      near(studentTwoSided(t, 10_000 * (1 + 1e-12)), studentTwoSided(t, 10_000), undefined, 1e-10);
    }
    near(studentQuantile(0.95, Number.POSITIVE_INFINITY), 1.959963984540054);
    near(minimalDetectableEffect(1, { degrees: 1e15 }), minimalDetectableEffect(1), undefined, 1e-11);
  });

  test("clusters that agree leave what they share, whose degrees are infinite unless given", () => {
    const { low, high, degrees } = fewClustersInterval([1, 1, 1], 0.95, 0.25);
    expect(degrees).toBe(Number.POSITIVE_INFINITY);
    near(low, 1 - 1.959963984540054 / 2);
    near(high, 1 + 1.959963984540054 / 2);
    near(pairedTTest([1, 1, 1], 0.25).p, 2 * normalCdf(-2));
    near(pairedTTest([1, 1 + 1e-9, 1], 0.25).p, 2 * normalCdf(-2), undefined, 1e-8);
  });
});

describe("numbers that are none", () => {
  const none = Number.NaN;
  test.for([
    ["last replicate", () => percentileInterval([1, none, 2])],
    ["first replicate", () => percentileInterval([1, Number.NEGATIVE_INFINITY, 2])],
    ["replicate of BCa", () => bcaInterval(1, [1, none], 0)],
    ["estimate", () => bcaInterval(none, [1, 2], 0)],
    ["acceleration", () => bcaInterval(1, [1, 2], none)],
    ["clusters", () => fewClustersInterval([1, none, 2])],
    ["variance of the clusters", () => pairedTTest([1e200, -1e200])],
    ["replicates", () => bootstrapPValue([none, none])],
    ["share", () => quantileOfSorted([1, 2], none)],
  ] as [string, () => unknown][])("%s that is no number is an error", ([what, action]) => {
    expect(action).toThrow(new RegExp(`${what.replace(/^(first|last) | of BCa$/, "")} is`));
  });

  test("few clusters keep their interval in tiny and huge units", () => {
    const { low, degrees } = fewClustersInterval([1, 2, 4], 0.95, 0.5, 7);
    for (const unit of [2 ** -400, 2 ** 400]) {
      const found = fewClustersInterval([unit, 2 * unit, 4 * unit], 0.95, 0.5 * unit * unit, 7);
      near(found.low / unit, low);
      near(found.degrees, degrees);
    }
  });

  test("subsets whose volume leaves the range of numbers are errors", () => {
    const options = { reference: [0, 0], sense: "max", size: 1, generator: seeded(1) } as const;
    expect(() => subsetHypervolume([[1e200, 1e200]], options)).toThrow(/a volume leaves the range of numbers/);
  });
});
