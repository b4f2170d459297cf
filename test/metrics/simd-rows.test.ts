import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hsic, medianBandwidth } from "../../src/metrics/index.js";
import { simdRows } from "../../src/metrics/simd-rows.js";
import { normalMatrix, normals, seeded } from "./generator.js";
import { law, near, shuffled } from "./laws.js";

const shape = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), fc.integer());

function matrix(rows: number, columns: number, seed: number) {
  return { data: Float64Array.from(normals(seeded(seed), rows * columns)), rows, columns };
}

/** Row by row, features in order: what two lanes must give to the last bit. */
function squared({ data, columns }: ReturnType<typeof matrix>, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < columns; k++) {
    const gap = (data[i * columns + k] as number) - (data[j * columns + k] as number);
    sum += gap * gap;
  }
  return sum;
}

describe("rows of distances and kernels in WebAssembly", () => {
  law("distances are those of a plain loop, to the last bit, rows asked for in any order", [shape], ([n, p, seed]) => {
    const x = matrix(n, p, seed);
    const rows = simdRows(x);
    for (const i of shuffled([...Array(n).keys()], seed)) {
      const out = new Float64Array(n + 1).fill(-1);
      rows?.(i, out);
      // what lies before row i, and behind the last, is left alone
      expect([...out]).toEqual(Array.from(out, (_, j) => (j < i || j === n ? -1 : squared(x, i, j))));
    }
  });

  law(
    "kernels are exp(factor · distance) to two units in the last place",
    [shape, fc.double({ min: -12, max: 4, noNaN: true })],
    ([n, p, seed], size) => {
      const x = matrix(n, p, seed);
      const factor = -(10 ** size);
      const rows = simdRows(x, factor);
      const wrong: string[] = [];
      for (let i = 0; i < n; i++) {
        const out = new Float64Array(n);
        rows?.(i, out);
        for (let j = i; j < n; j++) {
          const power = factor * squared(x, i, j);
          const expected = power < -745 ? 0 : Math.exp(power);
          // below 2^−1022 numbers have fewer digits
          const most = 4.5e-16 * Math.max(expected, 1e-307);
          if (!(Math.abs((out[j] as number) - expected) <= most)) wrong.push(`exp ${power}: ${out[j]}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  test("exp at its ends: 1 at 0, the smallest numbers, and 0 beyond them", () => {
    const at = [0, 1e-320, 1, 700, 708.5, 720, 740, 744, 745.2, 1e6, 1e300];
    const rows = simdRows({ data: Float64Array.from(at, Math.sqrt), rows: at.length, columns: 1 }, -1);
    const out = new Float64Array(at.length);
    rows?.(0, out);
    out.forEach((y, i) => {
      near(y, Math.exp(-(Math.sqrt(at[i] as number) ** 2)), Math.max(y, 1e-307), 1e-15);
    });
    expect(out[0]).toBe(1);
    expect(out[7]).toBeGreaterThan(0);
    expect([...out.subarray(8)]).toEqual([0, 0, 0]);
  });

  test("without WebAssembly there is no such function, and HSIC is the same by plain loops", () => {
    const generator = seeded(7);
    const [x, y] = [normalMatrix(generator, 90, 5), normalMatrix(generator, 90, 5)];
    const values = () => [
      hsic(x, y, { kernel: { kind: "rbf", sigma: 2 } }),
      hsic(x, y, { kernel: { kind: "rbf", sigma: "median" }, estimator: "biased" }),
      medianBandwidth(x),
    ];
    const exp = Math.exp;
    const names = globalThis as { WebAssembly?: unknown };
    const assembly = names.WebAssembly;
    let calls = 0;
    let plain: number[] = [];
    let fast: number[] = [];
    try {
      Math.exp = (power) => {
        calls++;
        return exp(power);
      };
      fast = values();
      expect(calls).toBe(0);
      delete names.WebAssembly;
      expect(simdRows(matrix(4, 1, 1))).toBeUndefined();
      plain = values();
      expect(calls).toBeGreaterThan(0);
    } finally {
      Math.exp = exp;
      names.WebAssembly = assembly;
    }
    expect(plain).toHaveLength(3);
    plain.forEach((value, i) => {
      near(fast[i] as number, value, Math.abs(value), 1e-12);
    });
    expect(fast[2]).toBe(plain[2]);
  });

  test("the narrowest kernel tells equal rows from all others", () => {
    const kernel = { kind: "rbf", sigma: 1e-200 } as const;
    // K = L = I: (n − 1)/n²
    for (const n of [4, 160]) {
      const rows = Array.from({ length: n }, (_, i) => [i]);
      near(hsic(rows, rows, { kernel, estimator: "biased" }), (n - 1) / n ** 2);
    }
  });
});
