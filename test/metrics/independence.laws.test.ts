import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cka,
  hsic,
  hsicGammaTest,
  hsicPermutationTest,
  type Kernel,
  MetricsError,
  medianBandwidth,
  randomFourierFeatures,
  randomFourierHsic,
} from "../../src/metrics/index.js";
import { normalMatrix, seeded } from "./generator.js";
import { law, near, shuffled } from "./laws.js";
import { average, gram, hsicTrace, hsicTuples, linear, multiply, type Rows, rbf, transpose } from "./twins.js";

/** Multiples of 1/8: random doubles are mostly tiny, and then nothing varies. */
const entry = fc.integer({ min: -24, max: 24 }).map((i) => i / 8);
const matrix = (rows: number, columns: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(entry, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });
/** Paired samples X [n, p] and Y [n, q]. */
const pairs = (least: number, most = 8): fc.Arbitrary<[number[][], number[][]]> =>
  fc
    .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([n, p, q]) => fc.tuple(matrix(n, p), matrix(n, q)));
const kernels = fc.constantFrom<Kernel>({ kind: "linear" }, { kind: "rbf", sigma: 0.7 }, { kind: "rbf", sigma: 2 });
const of = (kernel: Kernel): ((a: readonly number[], b: readonly number[]) => number) =>
  kernel.kind === "linear" ? linear : rbf(kernel.sigma as number);
/** Size of the sums behind a value, for rounding. */
const size = (rows: Rows, kernel: Kernel): number => Math.max(1e-3, ...gram(rows, of(kernel)).flat().map(Math.abs));
const map = (rows: Rows, f: (x: number, column: number) => number): number[][] => rows.map((row) => row.map(f));

function finiteDifference(f: () => number, rows: number[][], i: number, j: number, step = 1e-5): number {
  const row = rows[i] as number[];
  const x = row[j] as number;
  row[j] = x + step;
  const up = f();
  row[j] = x - step;
  const down = f();
  row[j] = x;
  return (up - down) / (2 * step);
}

describe("identities of HSIC (METHODS §4.2)", () => {
  /** Every order of four rows. */
  const PAIRINGS = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) =>
      [0, 1, 2, 3].flatMap((c) => (new Set([a, b, c]).size === 3 ? [[a, b, c, 6 - a - b - c]] : [])),
    ),
  );

  law("1: biased HSIC is never negative", [pairs(2), kernels], ([x, y], kernel) => {
    expect(hsic(x, y, { kernel, estimator: "biased" })).toBeGreaterThanOrEqual(0);
  });

  law(
    "1: unbiased HSIC is 0 on average over all pairings of the rows (independence itself), and below 0 for some unless all are 0",
    [pairs(4, 4), kernels, kernels],
    ([x, y], kernel, kernelY) => {
      const values = PAIRINGS.map((order) =>
        hsic(
          x,
          order.map((i) => y[i] as number[]),
          { kernel, kernelY },
        ),
      );
      const scale = size(x, kernel) * size(y, kernelY);
      near(average(values), 0, scale);
      if (values.some((v) => v > 1e-6 * scale)) expect(Math.min(...values)).toBeLessThan(0);
    },
  );

  law(
    "2: symmetric in X and Y",
    [pairs(4), kernels, kernels, fc.constantFrom("biased", "unbiased")],
    ([x, y], kernel, kernelY, estimator) => {
      near(
        hsic(y, x, { kernel: kernelY, kernelY: kernel, estimator }),
        hsic(x, y, { kernel, kernelY, estimator }),
        size(x, kernel) * size(y, kernelY),
      );
    },
  );

  law(
    "3: invariant when rows of X and Y are permuted together",
    [pairs(4), kernels, fc.nat()],
    ([x, y], kernel, by) => {
      const turn = (rows: Rows): Rows => shuffled(rows, by);
      for (const estimator of ["biased", "unbiased"] as const) {
        near(
          hsic(turn(x), turn(y), { kernel, estimator }),
          hsic(x, y, { kernel, estimator }),
          size(x, kernel) * size(y, kernel),
        );
      }
    },
  );

  law("4: linear biased HSIC is ‖XᵀHY‖²/n²", [pairs(2)], ([x, y]) => {
    const n = x.length;
    const centred = transpose(transpose(y).map((column) => column.map((v) => v - average(column))));
    const product = multiply(transpose(x), centred);
    const expected = product.flat().reduce((s, v) => s + v * v, 0) / n / n;
    near(hsic(x, y, { estimator: "biased" }), expected, size(x, { kind: "linear" }) * size(y, { kind: "linear" }));
  });

  law("5: the expanded form is the trace form tr(KHLH)/n²", [pairs(2), kernels, kernels], ([x, y], kernel, kernelY) => {
    near(
      hsic(x, y, { kernel, kernelY, estimator: "biased" }),
      hsicTrace(gram(x, of(kernel)), gram(y, of(kernelY))),
      size(x, kernel) * size(y, kernelY),
    );
  });

  law(
    "5: unbiased HSIC is the U-statistic over all distinct tuples",
    [pairs(4, 7), kernels, kernels],
    ([x, y], kernel, kernelY) => {
      near(
        hsic(x, y, { kernel, kernelY }),
        hsicTuples(gram(x, of(kernel)), gram(y, of(kernelY))),
        size(x, kernel) * size(y, kernelY),
        1e-11,
      );
    },
  );

  law(
    "6: a constant added to a kernel changes nothing (a constant column under the linear one)",
    [pairs(4), entry],
    ([x, y], c) => {
      for (const estimator of ["biased", "unbiased"] as const) {
        const more = x.map((row) => [...row, c]);
        near(hsic(more, y, { estimator }), hsic(x, y, { estimator }), 100 * size(y, { kind: "linear" }));
      }
    },
  );

  law("6: constant rows give 0", [pairs(4), kernels], ([x, y], kernel) => {
    const constant = x.map(() => x[0] as number[]);
    for (const estimator of ["biased", "unbiased"] as const)
      near(hsic(constant, y, { kernel, estimator }), 0, size(x, kernel) * size(y, kernel));
    expect(() => cka(constant, y, { kernel, estimator: "biased" })).toThrow(/no value/);
    expect(() => cka(y, constant, { kernel, estimator: "biased" })).toThrow(/no value/);
  });

  law(
    "7: RBF is invariant under rigid motions, linear under translations and rotations",
    [pairs(4), kernels, entry, entry],
    ([x, y], kernel, angle, shift) => {
      const moved = x.map((row) => {
        const out = row.map((v) => v + shift);
        if (out.length > 1) {
          const [a, b] = [out[0] as number, out[1] as number];
          out[0] = Math.cos(angle) * a - Math.sin(angle) * b;
          out[1] = Math.sin(angle) * a + Math.cos(angle) * b;
        }
        return out;
      });
      for (const estimator of ["biased", "unbiased"] as const) {
        near(hsic(moved, y, { kernel, estimator }), hsic(x, y, { kernel, estimator }), 200 * size(y, kernel));
      }
    },
  );

  law(
    "8: linear HSIC(aX, bY) = a²b² HSIC(X, Y), and CKA does not change",
    [pairs(4), fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 })],
    ([x, y], i, j) => {
      const [a, b] = [2 ** i, -(2 ** j)];
      for (const estimator of ["biased", "unbiased"] as const) {
        const base = hsic(x, y, { estimator });
        near(
          hsic(
            map(x, (v) => a * v),
            map(y, (v) => b * v),
            { estimator },
          ),
          a * a * b * b * base,
          a * a * b * b * size(x, { kind: "linear" }) * size(y, { kind: "linear" }),
        );
      }
      if (hsic(x, x, { estimator: "biased" }) > 1e-6 && hsic(y, y, { estimator: "biased" }) > 1e-6) {
        near(
          cka(
            map(x, (v) => a * v),
            map(y, (v) => b * v),
            { estimator: "biased" },
          ),
          cka(x, y, { estimator: "biased" }),
          1,
          1e-9,
        );
      }
    },
  );

  law("9: biased CKA lies in [0, 1], 1 with itself", [pairs(3), kernels], ([x, y], kernel) => {
    fc.pre(hsic(x, x, { kernel, estimator: "biased" }) > 1e-6 && hsic(y, y, { kernel, estimator: "biased" }) > 1e-6);
    const value = cka(x, y, { kernel, estimator: "biased" });
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1 + 1e-9);
    near(cka(x, x, { kernel, estimator: "biased" }), 1, 1);
  });

  law(
    "10: equal off-diagonals (equidistant rows): biased (1−c)(1−c′)(n−1)/n², unbiased 0",
    [
      fc.integer({ min: 4, max: 9 }),
      fc.double({ min: 0.3, max: 4, noNaN: true }),
      fc.double({ min: 0.3, max: 4, noNaN: true }),
    ],
    (n, s, t) => {
      const identity = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
      const options = { kernel: { kind: "rbf", sigma: s }, kernelY: { kind: "rbf", sigma: t } } as const;
      const [c, d] = [Math.exp(-1 / (s * s)), Math.exp(-1 / (t * t))];
      near(hsic(identity, identity, { ...options, estimator: "biased" }), ((1 - c) * (1 - d) * (n - 1)) / (n * n), 1);
      near(hsic(identity, identity, options), 0, 1);
    },
  );

  law("11: as sigma grows, σ⁴·HSIC_RBF tends to linear HSIC and CKA_RBF to linear CKA", [pairs(4)], ([x, y]) => {
    const sigma = 3000;
    const kernel = { kind: "rbf", sigma } as const;
    fc.pre(hsic(x, x, { estimator: "biased" }) > 1e-2 && hsic(y, y, { estimator: "biased" }) > 1e-2);
    const exact = hsic(x, y, { estimator: "biased" });
    near(
      sigma ** 4 * hsic(x, y, { kernel, estimator: "biased" }),
      exact,
      size(x, { kind: "linear" }) * size(y, { kind: "linear" }),
      0.02,
    );
    near(cka(x, y, { kernel, estimator: "biased" }), cka(x, y, { estimator: "biased" }), 1, 0.05);
  });

  law("11: as sigma falls, biased HSIC of distinct rows tends to (n−1)/n²", [pairs(2, 12)], ([x, y]) => {
    const n = x.length;
    const distinct = (rows: Rows): Rows => rows.map((row, i) => [...row, i]);
    const kernel = { kind: "rbf", sigma: 1e-2 } as const;
    near(hsic(distinct(x), distinct(y), { kernel, estimator: "biased" }), (n - 1) / n / n);
  });

  const rbfGradient = (k: Rows, y: Rows, sigma: number): number[][] => {
    const n = y.length;
    const l = gram(y, rbf(sigma));
    const h = y.map((_, i) => y.map((__, j) => (i === j ? 1 : 0) - 1 / n));
    const centred = multiply(multiply(h, k), h);
    const w = centred.map((row, i) => row.map((v, j) => (2 * v * ((l[i] as number[])[j] as number)) / n / n));
    return y.map((row, i) =>
      row.map((_, c) => {
        let sum = 0;
        w[i]?.forEach((v, j) => {
          sum += v * ((row[c] as number) - ((y[j] as readonly number[])[c] as number));
        });
        return -sum / (sigma * sigma);
      }),
    );
  };

  law(
    "12: its gradient in the rows of Y is −(2/(2σ²)) (diag(W1) Y − W Y), W = 2 (HKH∘L)/n²",
    [pairs(4, 6), fc.nat(), fc.nat()],
    ([x, y], i, j) => {
      const kernel = { kind: "rbf", sigma: 1.5 } as const;
      const [row, column] = [i % y.length, j % (y[0]?.length ?? 1)];
      const expected = rbfGradient(gram(x, rbf(1.5)), y, 1.5)[row]?.[column] as number;
      const f = (): number => hsic(x, y, { kernel, estimator: "biased" });
      near(
        finiteDifference(
          f,
          y.map((r) => r),
          row,
          column,
        ),
        expected,
        1,
        1e-9,
      );
    },
  );

  law("13: the gradient's rows sum to 0, as moving all rows together changes nothing", [pairs(4, 6)], ([x, y]) => {
    const gradient = rbfGradient(gram(x, rbf(1.5)), y, 1.5);
    for (const column of transpose(gradient))
      near(
        column.reduce((s, v) => s + v, 0),
        0,
        1,
      );
    const f = (shift: number): number =>
      hsic(
        x,
        map(y, (v) => v + shift),
        { kernel: { kind: "rbf", sigma: 1.5 }, estimator: "biased" },
      );
    near((f(1e-3) - f(-1e-3)) / 2e-3, 0, 1, 1e-9);
  });
});

describe("many features", () => {
  const wide = (n: number, p: number, seed: number): number[][] => normalMatrix(seeded(seed), n, p);

  law(
    "give the HSIC of the definition, at any number of rows and far from the origin",
    [fc.integer({ min: 4, max: 8 }), fc.integer({ min: 16, max: 21 }), fc.integer(), fc.constantFrom(0, 1000)],
    (n, p, seed, away) => {
      const x = map(wide(n, p, seed), (v) => v + away);
      const y = wide(n, p, seed + 1);
      // equal rows are at no distance
      y[1] = [...(y[0] as number[])];
      const kernel = { kind: "rbf", sigma: 4 } as const;
      near(hsic(x, y, { kernel }), hsicTuples(gram(x, rbf(4)), gram(y, rbf(4))), 1, 1e-11);
      near(hsic(x, y, { kernel, estimator: "biased" }), hsicTrace(gram(x, rbf(4)), gram(y, rbf(4))), 1, 1e-11);
    },
  );

  test("narrow and wide kernels keep their digits", () => {
    const [x, y] = [wide(9, 17, 3), wide(9, 17, 4)];
    for (const sigma of [0.2, 1e4]) {
      const kernel = { kind: "rbf", sigma } as const;
      const expected = hsicTrace(gram(x, rbf(sigma)), gram(y, rbf(sigma)));
      near(hsic(x, y, { kernel, estimator: "biased" }), expected, Math.max(expected, 1e-12), 1e-3);
    }
  });
});

describe("the RBF kernel", () => {
  law(
    "is exp(−d²/(2σ²)) to the last digits: HSIC of two rows, the others' kernel being 0, is (1 − k)/4",
    [fc.double({ min: 0.01, max: 9, noNaN: true })],
    (d) => {
      const options = { kernel: { kind: "rbf", sigma: 1 }, estimator: "biased" } as const;
      near(1 - 4 * hsic([[0], [d]], [[0], [1e3]], options), Math.exp(-(d * d) / 2), 1, 5e-16);
    },
  );

  law(
    "depends on rows over sigma alone, to the very same digits, also where all of it is near 1",
    [pairs(4), fc.integer({ min: -40, max: 40 }), fc.integer({ min: -2, max: 14 })],
    ([x, y], i, j) => {
      const scaled = (rows: Rows): Rows => map(rows, (v) => 2 ** i * v);
      const of = (factor: number): Kernel => ({ kind: "rbf", sigma: factor * 2 ** j });
      expect(hsic(scaled(x), scaled(y), { kernel: of(2 ** i) })).toBe(hsic(x, y, { kernel: of(1) }));
    },
  );

  law("keeps its digits where all of it is near 1: σ⁴·HSIC is linear HSIC to many places", [pairs(4)], ([x, y]) => {
    const sigma = 1e5;
    const scale = size(x, { kind: "linear" }) * size(y, { kind: "linear" });
    near(sigma ** 4 * hsic(x, y, { kernel: { kind: "rbf", sigma } }), hsic(x, y), scale, 1e-6);
  });
});

describe("bandwidth", () => {
  test("has no value for one row, or where most rows coincide", () => {
    expect(() => medianBandwidth([[1]])).toThrow(/rows of rows: 1, needs at least 2/);
    expect(() => medianBandwidth([[1], [1], [1], [1], [2]])).toThrow(/coincide/);
  });

  law("the median heuristic puts the typical off-diagonal at 1/e", [pairs(4)], ([x]) => {
    const squares = x
      .flatMap((a, i) => x.slice(i + 1).map((b) => a.reduce((s, v, k) => s + (v - (b[k] as number)) ** 2, 0)))
      .sort((a, b) => a - b);
    const m = squares.length;
    const median = ((squares[Math.floor((m - 1) / 2)] as number) + (squares[Math.floor(m / 2)] as number)) / 2;
    if (median === 0) expect(() => medianBandwidth(x)).toThrow(/coincide/);
    else {
      near(medianBandwidth(x), Math.sqrt(median / 2));
      const y = x.map((row) => [...row].reverse());
      near(
        hsic(x, y, { kernel: { kind: "rbf", sigma: "median" } }),
        hsic(x, y, { kernel: { kind: "rbf", sigma: Math.sqrt(median / 2) } }),
        1,
      );
    }
  });
});

describe("tests of independence", () => {
  const generator = seeded(21);
  const rbfMedian = { kind: "rbf", sigma: "median" } as const;

  law(
    "the permutation test's statistic is HSIC",
    [pairs(4), kernels, fc.constantFrom("biased", "unbiased")],
    ([x, y], kernel, estimator) => {
      const test = hsicPermutationTest(x, y, { kernel, estimator, generator: seeded(1), permutations: 1 });
      near(test.statistic, hsic(x, y, { kernel, estimator }), size(x, kernel) * size(y, kernel));
      expect([0.5, 1]).toContain(test.p);
    },
  );

  test("its p-value is 1 where every pairing is as good, and knows no units", () => {
    const x = normalMatrix(seeded(3), 12, 2);
    const test = (y: Rows, scale = 1): number =>
      hsicPermutationTest(
        map(x, (v) => scale * v),
        map(y, (v) => scale * v),
        { generator: seeded(5), permutations: 99 },
      ).p;
    expect(test(x.map(() => [3, 4]))).toBe(1);
    expect(test(x)).toBe(0.01);
    expect(test(x, 2 ** -20)).toBe(0.01);
    expect(test(x, 2 ** 20)).toBe(0.01);
  });

  test("its p-value counts the random pairings that reach the statistic", () => {
    // with 4 rows there are 24 pairings: the p-value must approach the share of all of them
    const x = normalMatrix(seeded(3), 4, 2);
    const y = normalMatrix(seeded(4), 4, 2);
    const orders: number[][] = [];
    const build = (head: number[]): void => {
      if (head.length === 4) orders.push(head);
      else for (const i of [0, 1, 2, 3]) if (!head.includes(i)) build([...head, i]);
    };
    build([]);
    for (const estimator of ["biased", "unbiased"] as const) {
      const own = hsic(x, y, { estimator });
      const share = average(
        orders.map((o) =>
          hsic(
            x,
            o.map((i) => y[i] as number[]),
            { estimator },
          ) >=
          own - 1e-9
            ? 1
            : 0,
        ),
      );
      const { p } = hsicPermutationTest(x, y, { estimator, generator: seeded(5), permutations: 4000 });
      expect(Math.abs(p - share)).toBeLessThan(0.03);
    }
  });

  test("level holds for independent samples, and dependent ones are found", () => {
    let rejected = 0;
    let gammaRejected = 0;
    for (let i = 0; i < 200; i++) {
      const x = normalMatrix(generator, 60, 2);
      const y = normalMatrix(generator, 60, 2);
      if (hsicPermutationTest(x, y, { kernel: rbfMedian, generator, permutations: 59 }).p <= 0.05) rejected++;
      if (hsicGammaTest(x, y, { kernel: rbfMedian }).p <= 0.05) gammaRejected++;
    }
    expect(rejected).toBeLessThanOrEqual(20);
    expect(gammaRejected).toBeLessThanOrEqual(22);
    expect(gammaRejected).toBeGreaterThanOrEqual(2);
    const x = normalMatrix(generator, 60, 1);
    const y = map(x, (v) => v * v);
    expect(hsicPermutationTest(x, y, { kernel: rbfMedian, generator, permutations: 199 }).p).toBe(0.005);
    expect(hsicGammaTest(x, y, { kernel: rbfMedian }).p).toBeLessThan(1e-4);
    // linear dependence is absent, and the linear kernel does not see the other kind
    expect(hsicPermutationTest(x, y, { generator: seeded(6), permutations: 199 }).p).toBeGreaterThan(0.01);
  });

  test("gamma p-value: the formula written out, and its warning for few rows", () => {
    const x = normalMatrix(seeded(30), 20, 2);
    const sigma = 1.3;
    let warnings = 0;
    // one that depends on x, and one that does not: its p-value is far from 0
    for (const y of [x.map((row, i) => [(row[0] as number) + (i % 3), 1]), normalMatrix(seeded(31), 20, 2)]) {
      const n = 20;
      const [k, l] = [gram(x, rbf(sigma)), gram(y, rbf(sigma))];
      const h = x.map((_, i) => x.map((__, j) => (i === j ? 1 : 0) - 1 / n));
      const [kc, lc] = [multiply(multiply(h, k), h), multiply(multiply(h, l), h)];
      let squares = 0;
      let statistic = 0;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const product = (kc[i]?.[j] as number) * (lc[i]?.[j] as number);
          statistic += product / n;
          if (i !== j) squares += (product / 6) ** 2;
        }
      }
      const variance = ((squares / n / (n - 1)) * 72 * (n - 4) * (n - 5)) / n / (n - 1) / (n - 2) / (n - 3);
      const off = (m: Rows): number => (m.flat().reduce((s, v) => s + v, 0) - n) / n / (n - 1);
      const mean = (1 + off(k) * off(l) - off(k) - off(l)) / n;
      const shape = mean ** 2 / variance;
      const scale = (n * variance) / mean;
      // upper tail by the midpoint rule, in the variable that removes the peak at 0
      let inside = 0;
      let all = 0;
      const steps = 200_000;
      const far = 60 * shape * scale;
      for (let i = 0; i < steps; i++) {
        const t = ((i + 0.5) / steps) * far;
        const density = t ** (shape - 1) * Math.exp(-t / scale);
        all += density;
        if (t > statistic) inside += density;
      }
      const result = hsicGammaTest(x, y, { kernel: { kind: "rbf", sigma } });
      near(result.statistic, statistic / n, 1);
      near(result.p, inside / all, 1, 1e-4);
      if (result.warning === "small-sample") warnings++;
    }
    expect(warnings).toBe(2);
    expect(
      hsicGammaTest(normalMatrix(generator, 50, 1), normalMatrix(generator, 50, 1), { kernel: rbfMedian }).warning,
    ).toBeNull();
  });
});

describe("random Fourier features", () => {
  test("are those of the definition: frequencies by Box and Muller, then phases, each of 53 random bits", () => {
    const generator = seeded(12);
    const uniform = (): number => {
      const high = (generator.next() >>> 0) >>> 5;
      return (high * 2 ** 26 + ((generator.next() >>> 0) >>> 6)) / 2 ** 53;
    };
    const x = normalMatrix(seeded(13), 3, 2);
    const omega = Array.from({ length: 5 }, () =>
      [0, 1].map(() => {
        const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
        return (radius * Math.cos(2 * Math.PI * uniform())) / 0.7;
      }),
    );
    const phases = omega.map(() => 2 * Math.PI * uniform());
    const { data } = randomFourierFeatures(x, { sigma: 0.7, features: 5, generator: seeded(12) });
    const expected = x.flatMap((row) =>
      omega.map((w, i) => Math.sqrt(2 / 5) * Math.cos(linear(w, row) + (phases[i] as number))),
    );
    for (const [o, value] of expected.entries()) near(data[o] as number, value, 1, 1e-13);
  });

  test("pairs must fit", () => {
    const options = { sigma: 1, generator: seeded(1) };
    expect(() => randomFourierHsic([[1], [2]], [[1], [2], [3]], options)).toThrow(/rows of Y: 3, expected 2/);
  });

  test("inner products tend to the RBF kernel, HSIC to the exact one", () => {
    const generator = seeded(77);
    const x = normalMatrix(generator, 120, 3);
    const y = x.map((row) => [Math.sin(2 * (row[0] as number)), (row[1] as number) ** 2]);
    const features = randomFourierFeatures(x, { sigma: 1.2, features: 20_000, generator });
    const row = (i: number): number[] =>
      Array.from(features.data.subarray(i * features.columns, (i + 1) * features.columns));
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [5, 9],
    ] as const) {
      near(linear(row(i), row(j)), rbf(1.2)(x[i] as number[], x[j] as number[]), 1, 0.03);
    }
    const exact = hsic(x, y, { kernel: { kind: "rbf", sigma: "median" }, estimator: "biased" });
    near(randomFourierHsic(x, y, { sigma: "median", features: 2000, generator }), exact, exact, 0.1);
  });
});

describe("what has no value is an error", () => {
  test.each([
    ["rows that are not paired", () => hsic([[1], [2]], [[1], [2], [3]]), "dimension-mismatch"],
    ["three rows under the unbiased estimator", () => hsic([[1], [2], [3]], [[1], [2], [3]]), "too-few"],
    ["NaN", () => hsic([[1], [2], [3], [Number.NaN]], [[1], [2], [3], [4]]), "not-finite"],
    ["NaN in the first place", () => hsic([[Number.NaN], [2], [3], [4]], [[1], [2], [3], [4]]), "not-finite"],
    ["ragged rows", () => hsic([[1], [2, 3], [3], [4]], [[1], [2], [3], [4]]), "dimension-mismatch"],
    [
      "a matrix of another size than it says",
      () => hsic({ data: Float64Array.of(1, 2, 3), rows: 2, columns: 2 }, [[1], [2]]),
      "dimension-mismatch",
    ],
    ["no rows", () => hsic([], []), "empty-set"],
    [
      "sigma 0",
      () => hsic([[1], [2], [3], [4]], [[1], [2], [3], [4]], { kernel: { kind: "rbf", sigma: 0 } }),
      "bad-option",
    ],
    ["an unknown estimator", () => hsic([[1], [2]], [[1], [2]], { estimator: "best" as "biased" }), "bad-option"],
    ["gamma with a linear kernel", () => hsicGammaTest([[1]], [[1]], { kernel: { kind: "linear" } }), "bad-option"],
    [
      "gamma with five rows",
      () =>
        hsicGammaTest(normalMatrix(seeded(1), 5, 1), normalMatrix(seeded(2), 5, 1), {
          kernel: { kind: "rbf", sigma: 1 },
        }),
      "too-few",
    ],
    [
      "no permutations",
      () => hsicPermutationTest([[1], [2], [4], [8]], [[1], [0], [2], [5]], { generator: seeded(1), permutations: 0 }),
      "bad-option",
    ],
    [
      "no features",
      () => randomFourierHsic([[1]], [[1]], { sigma: 1, features: 0, generator: seeded(1) }),
      "bad-option",
    ],
  ] as [string, () => number, string][])("%s", (_, action, code) => {
    let thrown: unknown;
    try {
      action();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MetricsError);
    expect((thrown as MetricsError).code).toBe(code);
  });
});

describe("columns that do not vary", () => {
  const rows = [3, 1, 4, 1.5, 9, 2.6, 5].map((x) => [x, x * x]);
  // seven times a tenth over seven is not a tenth
  const constant = rows.map(() => [0.1, 0.7]);

  test("are exactly 0 under the linear kernel, and no permutation makes less of them", () => {
    for (const estimator of ["biased", "unbiased"] as const) {
      expect(Math.abs(hsic(constant, rows, { estimator }))).toBe(0);
      expect(hsicPermutationTest(constant, rows, { estimator, generator: seeded(1), permutations: 99 }).p).toBe(1);
    }
  });
});

test("HSIC that leaves the range of numbers is an error, and so is its permutation test", () => {
  const x = [1, 2, 4, 3, 7].map((value) => [value * 1e160]);
  for (const estimator of ["biased", "unbiased"] as const) {
    expect(() => hsic(x, x, { estimator })).toThrow(/HSIC leaves the range of numbers/);
    expect(() => hsicPermutationTest(x, x, { estimator, generator: seeded(1) })).toThrow(/leaves the range/);
  }
});

test("a kernel of another kind is an error", () => {
  const kernel = { kind: "gaussian", sigma: 1 } as unknown as { kind: "linear" };
  expect(() => hsic([[1], [2], [3], [4]], [[1], [2], [3], [4]], { kernel })).toThrow(/kind of kernel is gaussian/);
});
