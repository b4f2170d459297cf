import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cka,
  effectiveRank,
  frobeniusCosine,
  frobeniusInner,
  frobeniusNorm,
  hsic,
  interference,
  type LowRank,
  lowRankCka,
  lowRankHsic,
  lowRankPermutationTest,
  lowRankRows,
  singularValuesOf,
  subspaceOverlap,
} from "../../src/metrics/index.js";
import { orthonormalised } from "../../src/metrics/matrix.js";
import { normalMatrix, seeded } from "./generator.js";
import { law, near } from "./laws.js";
import { average, euclid, multiply, type Rows, transpose } from "./twins.js";

type Factors = { A: number[][]; B: number[][]; scale: number };

/** delta-W of `[out, in]`; entries are multiples of 1/8: products are exact, and ranks can fall. */
const factor = (out: number, inputs: number, rank: number): fc.Arbitrary<Factors> => {
  const entries = (rows: number, columns: number): fc.Arbitrary<number[][]> =>
    fc.array(
      fc.array(
        fc.integer({ min: -16, max: 16 }).map((i) => i / 8),
        { minLength: columns, maxLength: columns },
      ),
      {
        minLength: rows,
        maxLength: rows,
      },
    );
  return fc.record({ A: entries(rank, inputs), B: entries(out, rank), scale: fc.constantFrom(1, 2, -0.5) });
};
const pair = fc
  .tuple(
    fc.integer({ min: 4, max: 7 }),
    fc.integer({ min: 2, max: 6 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .chain(([out, inputs, r1, r2]) => fc.tuple(factor(out, inputs, r1), factor(out, inputs, r2)));

const product = ({ A, B, scale }: Factors): number[][] => multiply(B, A).map((row) => row.map((x) => scale * x));
const square = (rows: Rows): number => rows.flat().reduce((s, x) => s + x * x, 0);
const alive = (f: Factors): boolean => square(product(f)) > 1e-2;
const varied = (f: Factors): boolean => hsic(product(f), product(f), { estimator: "biased" }) > 1e-3;

describe("low-rank measures equal those of the product", () => {
  law("HSIC, biased and unbiased", [pair], ([one, two]) => {
    for (const estimator of ["biased", "unbiased"] as const) {
      near(
        lowRankHsic(one, two, { estimator }),
        hsic(product(one), product(two), { estimator }),
        1 + square(product(one)) * square(product(two)),
      );
    }
  });

  law("CKA, biased and debiased", [pair], ([one, two]) => {
    fc.pre(varied(one) && varied(two));
    near(
      lowRankCka(one, two, { estimator: "biased" }),
      cka(product(one), product(two), { estimator: "biased" }),
      1,
      1e-8,
    );
    const self = [one, two].map((f) => hsic(product(f), product(f)));
    fc.pre(self.every((v) => v > 1e-2));
    near(lowRankCka(one, two), cka(product(one), product(two)), 1, 1e-8);
  });

  law("Frobenius inner product, norm and cosine", [pair], ([one, two]) => {
    const [p, q] = [product(one).flat(), product(two).flat()];
    const dot = p.reduce((s, x, i) => s + x * (q[i] as number), 0);
    near(frobeniusInner(one, two), dot, 1 + Math.sqrt(square([p]) * square([q])));
    near(frobeniusNorm(one), Math.sqrt(square([p])), 100);
    fc.pre(alive(one) && alive(two));
    near(frobeniusCosine(one, two), dot / Math.sqrt(square([p]) * square([q])), 1, 1e-9);
  });

  law("singular values: their squares add up to ‖·‖², their fourth powers to ‖dW dWᵀ‖²", [pair], ([one]) => {
    const w = product(one);
    const values = [...singularValuesOf(one)];
    near(
      values.reduce((s, v) => s + v ** 2, 0),
      square(w),
      1 + square(w),
    );
    near(
      values.reduce((s, v) => s + v ** 4, 0),
      square(multiply(w, transpose(w))),
      1 + square(w) ** 2,
    );
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  law(
    "singular values scale with delta-W, to the very same digits",
    [pair, fc.integer({ min: -60, max: 60 })],
    ([one], e) => {
      const scaled = [...singularValuesOf({ ...one, scale: one.scale * 2 ** e })];
      expect(scaled).toEqual([...singularValuesOf(one)].map((value) => 2 ** e * value));
    },
  );

  law("rows keep their distances", [pair], ([one]) => {
    const rows = lowRankRows(one);
    const row = (i: number): number[] => Array.from(rows.data.subarray(i * rows.columns, (i + 1) * rows.columns));
    const w = product(one);
    near(euclid(row(0), row(1)), euclid(w[0] as number[], w[1] as number[]), 100);
    near(euclid(row(2), row(3)), euclid(w[2] as number[], w[3] as number[]), 100);
  });

  law(
    "14: gauge: (B R⁻¹, R A) changes none of them",
    [pair, fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -3, max: 3 })],
    ([one, two], t, e) => {
      fc.pre(varied(one) && varied(two));
      const r = one.A.length;
      // R = diagonal 2^e, then a shear
      const shear = (m: number, c: number): number[][] =>
        Array.from({ length: m }, (_, i) =>
          Array.from({ length: m }, (__, j) => (i === j ? 1 : i === 0 && j === m - 1 ? c : 0)),
        );
      const moved = {
        A: multiply(shear(r, r > 1 ? t : 0), one.A).map((row) => row.map((x) => 2 ** e * x)),
        B: multiply(one.B, shear(r, r > 1 ? -t : 0)).map((row) => row.map((x) => 2 ** -e * x)),
        scale: one.scale,
      };
      near(lowRankHsic(moved, two), lowRankHsic(one, two), 1 + square(product(one)) * square(product(two)), 1e-10);
      near(lowRankCka(moved, two, { estimator: "biased" }), lowRankCka(one, two, { estimator: "biased" }), 1, 1e-7);
      near(frobeniusNorm(moved), frobeniusNorm(one), 100, 1e-10);
    },
  );

  law("effective rank is exp of the entropy of the singular values, from 1 to r", [pair], ([one]) => {
    fc.pre(alive(one));
    const values = [...singularValuesOf(one)];
    const total = values.reduce((s, v) => s + v, 0);
    const entropy = -values.reduce((s, v) => s + (v / total) * Math.log(v / total), 0);
    near(effectiveRank(one), Math.exp(entropy), 3);
    expect(effectiveRank(one)).toBeGreaterThanOrEqual(1 - 1e-12);
    expect(effectiveRank(one)).toBeLessThanOrEqual(one.A.length + 1e-12);
  });

  law(
    "subspace overlap lies in [0, 1], is symmetric, and 1 with itself",
    [pair, fc.constantFrom("output", "input")],
    ([one, two], side) => {
      fc.pre(alive(one) && alive(two));
      const value = subspaceOverlap(one, two, side);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      near(subspaceOverlap(two, one, side), value, 1, 1e-6);
      near(subspaceOverlap(one, one, side), 1, 1, 1e-9);
    },
  );
});

describe("low-rank measures on cases with a known answer", () => {
  const e = (n: number, i: number): number[] => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));

  test("overlap is the mean squared cosine of the angles between the spaces", () => {
    const angle = 0.6;
    const column = (v: number[]): number[][] => v.map((x) => [x]);
    const one: LowRank = { B: column(e(4, 0)), A: [e(3, 0)] };
    const turned: LowRank = { B: column([Math.cos(angle), Math.sin(angle), 0, 0]), A: [e(3, 1)], scale: -7 };
    expect(subspaceOverlap(one, turned)).toBeCloseTo(Math.cos(angle) ** 2, 12);
    expect(subspaceOverlap(one, turned, "input")).toBeCloseTo(0, 15);
    // a line inside a plane is wholly inside
    const plane: LowRank = {
      B: [
        [1, 0],
        [0, 1],
        [0, 0],
        [0, 0],
      ],
      A: [e(3, 0), e(3, 1)],
    };
    expect(subspaceOverlap(plane, turned)).toBeCloseTo(1, 12);
    expect(frobeniusCosine(one, turned)).toBeCloseTo(0, 15);
    expect(frobeniusCosine(one, { ...one, scale: -3 })).toBe(-1);
  });

  test("14: HSIC of A's rows, of which the product is no function, does change with the gauge", () => {
    const one = { A: normalMatrix(seeded(1), 5, 6), B: normalMatrix(seeded(2), 7, 5) };
    const two = { A: normalMatrix(seeded(3), 5, 6), B: normalMatrix(seeded(4), 7, 5) };
    const stretch = [1, 2, 4, 1, 2];
    const moved = {
      A: one.A.map((row, i) => row.map((x) => (stretch[i] as number) * x)),
      B: one.B.map((row) => row.map((x, i) => x / (stretch[i] as number))),
    };
    near(lowRankHsic(moved, two), lowRankHsic(one, two), 100);
    expect(Math.abs(hsic(moved.A, two.A) / hsic(one.A, two.A) - 1)).toBeGreaterThan(0.05);
  });

  test("planes that share a line and are at right angles else overlap by half", () => {
    const across = (i: number, j: number): LowRank => ({
      B: Array.from({ length: 4 }, (_, row) => [row === i ? 1 : 0, row === j ? 2 : 0]),
      A: [e(3, 0), e(3, 1)],
    });
    expect(subspaceOverlap(across(0, 1), across(0, 2))).toBeCloseTo(0.5, 12);
    expect(subspaceOverlap(across(0, 1), across(2, 3))).toBeCloseTo(0, 12);
  });

  test("bases are at right angles to the last digit, also of columns that nearly coincide, at any size", () => {
    const generator = seeded(14);
    const [base, ...others] = [0, 1, 2].map(() => normalMatrix(generator, 1, 6)[0] as number[]) as [
      number[],
      number[],
      number[],
    ];
    for (const size of [1, 2 ** -60]) {
      const columns = [base, ...others.map((other) => base.map((x, i) => x + 1e-9 * (other[i] as number)))];
      const rows = base.map((_, i) => columns.map((column) => size * (column[i] as number)));
      const { q, r } = orthonormalised({ data: Float64Array.from(rows.flat()), rows: 6, columns: 3 });
      const at = (m: { data: Float64Array; columns: number }, i: number, j: number): number =>
        m.data[i * m.columns + j] as number;
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          const dot = base.reduce((sum, _, k) => sum + at(q, k, i) * at(q, k, j), 0);
          near(dot, i === j ? 1 : 0, 1, 1e-14);
        }
      }
      rows.forEach((row, i) => {
        row.forEach((x, j) => {
          near(
            [0, 1, 2].reduce((sum, k) => sum + at(q, i, k) * at(r, k, j), 0),
            x,
            size,
            1e-14,
          );
        });
      });
    }
  });

  test("singular values are found to full relative accuracy, also small ones", () => {
    const deltaW: LowRank = {
      B: [
        [1, 0, 0],
        [0, 1e-6, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      A: [
        [3, 0, 0],
        [0, 2, 0],
        [0, 0, 5],
      ],
      scale: 2,
    };
    const values = singularValuesOf(deltaW);
    expect(values.length).toBe(2);
    near(values[0] as number, 6);
    near(values[1] as number, 4e-6);
    near(
      effectiveRank({
        B: [
          [1, 0],
          [0, 1],
        ],
        A: [
          [1, 0],
          [0, 1],
        ],
      }),
      2,
    );
  });

  test("a zero (untrained) delta-W has no alignment, rank or overlap", () => {
    const zero: LowRank = { B: [[0], [0], [0], [0]], A: [[1, 2]] };
    const one: LowRank = { B: [[1], [2], [3], [5]], A: [[1, 2]] };
    expect(lowRankHsic(zero, one)).toBe(0);
    expect(frobeniusNorm(zero)).toBe(0);
    for (const measure of [
      () => lowRankCka(zero, one),
      () => frobeniusCosine(zero, one),
      () => effectiveRank(zero),
      () => subspaceOverlap(one, zero),
    ]) {
      expect(measure).toThrow(/no value/);
    }
  });

  test("shapes are checked", () => {
    const one: LowRank = { B: [[1], [2], [3], [5]], A: [[1, 2]] };
    expect(() => lowRankHsic(one, { B: [[1], [2]], A: [[1, 2]] })).toThrow(/shapes differ/);
    expect(() => frobeniusInner(one, { ...one, A: [[1, 2, 3]] })).toThrow(/shapes differ/);
    expect(() => lowRankHsic(one, { B: [[1, 2]], A: [[1, 2]] })).toThrow(/B's columns/);
    expect(() => lowRankHsic(one, { ...one, scale: Number.NaN })).toThrow(/scale/);
  });

  test("the discriminative range that METHODS §4.4 reports: independent LoRAs near 0, a mixture well above", () => {
    const generator = seeded(9);
    const make = (): LowRank => ({ A: normalMatrix(generator, 8, 256), B: normalMatrix(generator, 256, 8) });
    const [one, two] = [make(), make()];
    expect(lowRankCka(one, two, { estimator: "biased" })).toBeLessThan(0.06);
    expect(Math.abs(lowRankCka(one, two))).toBeLessThan(0.03);
    const both: LowRank = {
      A: [...(one.A as Rows), ...(two.A as Rows)],
      B: (one.B as Rows).map((row, i) => [...row, ...((two.B as Rows)[i] as number[])]),
    };
    expect(lowRankCka(one, both)).toBeGreaterThan(0.6);
  });

  test("permutation p-value: small for a shared vector, large for independent ones, and right in between", () => {
    const generator = seeded(10);
    const one: LowRank = { A: normalMatrix(generator, 2, 6), B: normalMatrix(generator, 30, 2) };
    const other: LowRank = { A: normalMatrix(generator, 2, 6), B: normalMatrix(generator, 30, 2) };
    expect(lowRankPermutationTest(one, one, { generator, permutations: 99 }).p).toBe(0.01);
    for (const estimator of ["biased", "unbiased"] as const) {
      const test = lowRankPermutationTest(one, other, { generator, permutations: 400, estimator });
      expect(test.statistic).toBe(lowRankHsic(one, other, { estimator }));
      const shuffledValues = Array.from({ length: 400 }, (_, i) => {
        const order = Array.from({ length: 30 }, (__, j) => j);
        const g = seeded(1000 + i);
        for (let j = 29; j > 0; j--) {
          const k = (g.next() >>> 0) % (j + 1);
          [order[j], order[k]] = [order[k] as number, order[j] as number];
        }
        return lowRankHsic(one, { A: other.A, B: order.map((j) => (other.B as Rows)[j] as number[]) }, { estimator });
      });
      const share = average(shuffledValues.map((v) => (v >= test.statistic ? 1 : 0)));
      expect(Math.abs(test.p - share)).toBeLessThan(0.12);
    }
  });
});

describe("interference summary", () => {
  const generator = seeded(12);
  const make = (): LowRank => ({ A: normalMatrix(generator, 2, 5), B: normalMatrix(generator, 9, 2), scale: 2 });
  const layers = ["q", "k"].map((layer) => ({ layer, vectors: [make(), make(), make()] }));

  test("holds the measures of every layer and pair, and their means", () => {
    const summary = interference(["helpful", "harmless", "honest"], layers, {
      permutation: { generator, permutations: 19 },
    });
    expect(summary.layers.map((l) => l.layer)).toEqual(["q", "k"]);
    expect(summary.layers[0]?.pairs.map((p) => `${p.first}-${p.second}`)).toEqual([
      "helpful-harmless",
      "helpful-honest",
      "harmless-honest",
    ]);
    const [first, , third] = (layers[1] as (typeof layers)[number]).vectors as [LowRank, LowRank, LowRank];
    const found = summary.layers[1]?.pairs[1];
    expect(found).toMatchObject({
      hsic: lowRankHsic(first, third),
      debiasedCka: lowRankCka(first, third),
      cka: lowRankCka(first, third, { estimator: "biased" }),
      cosine: frobeniusCosine(first, third),
      outputOverlap: subspaceOverlap(first, third),
      inputOverlap: subspaceOverlap(first, third, "input"),
    });
    expect(found?.p).toBeGreaterThan(0);
    expect(summary.layers[1]?.norms[2]).toBe(frobeniusNorm(third));
    expect(summary.layers[1]?.effectiveRanks[2]).toBe(effectiveRank(third));
    for (const key of ["hsic", "debiasedCka", "cka", "cosine", "outputOverlap", "inputOverlap"] as const) {
      near(summary.mean.pairs[1]?.[key] as number, average(summary.layers.map((l) => l.pairs[1]?.[key] as number)), 10);
    }
    near(summary.mean.norms[0] as number, average(summary.layers.map((l) => l.norms[0] as number)));
    near(summary.mean.effectiveRanks[0] as number, average(summary.layers.map((l) => l.effectiveRanks[0] as number)));
  });

  test("what does not exist is null, and means leave it out", () => {
    const zero: LowRank = { A: normalMatrix(generator, 2, 5), B: Array.from({ length: 9 }, () => [0, 0]) };
    const one = make();
    const summary = interference(
      ["a", "b"],
      [
        { layer: "trained", vectors: [one, make()] },
        { layer: "untrained", vectors: [one, zero] },
      ],
    );
    expect(summary.layers[1]?.pairs[0]).toMatchObject({
      hsic: 0,
      cka: null,
      debiasedCka: null,
      cosine: null,
      outputOverlap: null,
      p: null,
    });
    expect(summary.layers[1]?.effectiveRanks).toEqual([effectiveRank(one), null]);
    expect(summary.mean.pairs[0]?.cka).toBe(summary.layers[0]?.pairs[0]?.cka);
  });

  test("what is missing is null, what is wrong is an error", () => {
    const short: LowRank = { A: [[1, 2]], B: [[1], [2], [3]] };
    const [found] = interference(["a", "b"], [{ layer: "q", vectors: [short, short] }]).layers;
    expect(found?.pairs[0]).toMatchObject({ hsic: null, debiasedCka: null, cosine: 1 });
    const other: LowRank = { A: [[1, 2]], B: [[1], [2], [3], [4]] };
    expect(() => interference(["a", "b"], [{ layer: "q", vectors: [short, other] }])).toThrow(/shapes differ/);
  });

  test("layers and values must fit", () => {
    expect(() => interference(["a"], layers)).toThrow(/vectors of q: 3, expected 1/);
    expect(() => interference(["a"], [])).toThrow(/no layers/);
  });
});

test("products that leave the range of numbers are errors", () => {
  const delta = { B: [[1e160], [2e160], [4e160], [3e160], [7e160]], A: [[1, 2, 3]] };
  for (const estimator of ["biased", "unbiased"] as const) {
    expect(() => lowRankHsic(delta, delta, { estimator })).toThrow(/leaves the range of numbers/);
    expect(() => lowRankPermutationTest(delta, delta, { estimator, generator: seeded(1) })).toThrow(/leaves the range/);
  }
  expect(() => frobeniusCosine(delta, delta)).toThrow(/the product of delta-Ws leaves the range of numbers/);
});

test("a side that is neither is an error", () => {
  const delta = { B: [[1], [2]], A: [[1, 2]] };
  expect(() => subspaceOverlap(delta, delta, "inputs" as "input")).toThrow(/side is inputs/);
});
