import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Sweep4d } from "../../src/metrics/hypervolume-4d.js";
import {
  type EstimateOptions,
  EXACT_LIMIT,
  hypervolume,
  hypervolumeContributions,
  nondominated,
  normalisedHypervolume,
} from "../../src/metrics/index.js";
import { normals, seeded } from "./generator.js";
import { anyPoints, law, near, pointsOf, real, shuffled, small } from "./laws.js";
import { average, inclusionExclusion, limitSets, type Rows, slicing } from "./twins.js";

const MAX = 7;
const FIVE = (d: number): number[] => new Array<number>(d).fill(5);

function hv(points: Rows, reference: readonly number[] = FIVE(points[0]?.length ?? 2)): number {
  return hypervolume(points, { reference, sense: "min" }).value;
}

/** Volume of the box that holds everything: what rounding errors are measured against. */
function box(points: Rows, reference: readonly number[] = FIVE(points[0]?.length ?? 2)): number {
  return reference.reduce((v, r, k) => v * Math.max(0, r - Math.min(r, ...points.map((p) => p[k] as number))), 1);
}

/** Eight standard deviations of a share of `draws`, and room for the skew of small ones: passed once in 10⁹ times. */
function furthest(share: number, draws: number): number {
  return 8 * Math.sqrt((share * (1 - share) + 1 / draws) / draws) + 1e-9;
}

const sets = anyPoints({ min: 1, max: MAX, dimensions: 7 });
/** A set with something drawn beside it. */
const withIndex = fc.tuple(sets, fc.nat());

describe("hypervolume", () => {
  law("equals inclusion–exclusion, in 1 to 7 objectives, ties included", [sets], (points) => {
    near(hv(points), inclusionExclusion(points, FIVE(points[0]?.length ?? 0)), box(points), 1e-11);
  });

  law(
    "is exact on integers",
    [fc.integer({ min: 1, max: 6 }).chain((d) => pointsOf(small, d, { min: 1, max: 8 }))],
    (points) => {
      expect(hv(points)).toBe(inclusionExclusion(points, FIVE(points[0]?.length ?? 0)));
    },
  );

  law(
    "equals naive slicing, in 1 to 4 objectives, on larger sets",
    [anyPoints({ min: 1, max: 40, dimensions: 4 })],
    (points) => {
      near(hv(points), slicing(points, FIVE(points[0]?.length ?? 0)), box(points));
    },
  );

  law(
    "equals the sum over limit sets, in 5 and 6 objectives, on larger sets of which later points dominate many earlier ones",
    [fc.integer({ min: 5, max: 6 }).chain((d) => pointsOf(fc.nat({ max: 6 }), d, { min: 8, max: 16 })), fc.boolean()],
    (points, falling) => {
      const d = points[0]?.length ?? 0;
      const last = points.map((p) => p[d - 1] as number).sort((a, b) => a - b);
      const sinking = points.map((p, i) => [...p.slice(0, -1).map((x) => x - (i >> 1)), last[i] as number]);
      const set = falling ? sinking : points;
      const reference = new Array<number>(d).fill(7);
      expect(hv(set, reference)).toBe(limitSets(set, reference));
    },
  );

  law(
    "does not depend on what was computed before, ties at the wall of a box included",
    [sets, sets],
    (points, before) => {
      const first = hv(points);
      hv(before.map((p) => p.map((x) => x - 6)));
      hv(before);
      expect(hv(points)).toBe(first);
    },
  );

  law(
    "is the same whatever an earlier call has left in the buffers of the sweep of four objectives",
    [pointsOf(small, 4, { min: 1, max: 9 }), real, real],
    (points, even, odd) => {
      const sweep = new Sweep4d(9);
      for (const buffer of Object.values(sweep)) {
        if (buffer instanceof Float64Array)
          buffer.forEach((_, i) => {
            buffer[i] = i % 2 === 0 ? even : odd;
          });
      }
      const rows = points.toSorted((a, b) => (a[3] as number) - (b[3] as number)).flat();
      expect(sweep.volume(Float64Array.from(rows), points.length, Float64Array.from(FIVE(4)))).toBe(hv(points));
    },
  );

  law("does not change when the points are permuted", [withIndex], ([points, by]) => {
    near(hv(shuffled(points, by)), hv(points), box(points));
  });

  law("does not change when the objectives are permuted", [withIndex], ([points, by]) => {
    near(hv(points.map((p) => shuffled(p, by))), hv(points), box(points));
  });

  law("does not change when a point is duplicated", [withIndex], ([points, by]) => {
    near(hv([...points, points[by % points.length] as number[]]), hv(points), box(points));
  });

  law(
    "does not change when a dominated point is added",
    [withIndex, fc.array(fc.nat({ max: 3 }), { minLength: 7, maxLength: 7 })],
    ([points, by], worse) => {
      const dominated = (points[by % points.length] as number[]).map((x, k) => x + (worse[k] as number));
      near(hv([dominated, ...points]), hv(points), box(points));
    },
  );

  law("does not change when a point on the reference boundary is added", [withIndex], ([points, by]) => {
    const at = by % (points[0]?.length ?? 1);
    const boundary = (points[0] as number[]).map((_, k) => (k === at ? 5 : -100));
    expect(hv([...points, boundary])).toBe(hv(points));
  });

  law(
    "does not fall when a point is added",
    [fc.tuple(sets, fc.array(real, { minLength: 7, maxLength: 7 }))],
    ([points, more]) => {
      const added = more.slice(0, points[0]?.length);
      expect(hv([...points, added])).toBeGreaterThanOrEqual(hv(points) - 1e-12 * box([...points, added]));
    },
  );

  law("does not fall when a coordinate improves", [withIndex, fc.nat({ max: 5 })], ([points, by], gain) => {
    const better = points.map((p, i) =>
      i === by % points.length ? p.map((x, k) => (k === by % p.length ? x - gain : x)) : p,
    );
    expect(hv(better)).toBeGreaterThanOrEqual(hv(points) - 1e-12 * box(better));
  });

  law("moves with the reference under translation", [sets, fc.integer({ min: -1000, max: 1000 })], (points, t) => {
    const d = points[0]?.length ?? 0;
    const moved = points.map((p) => p.map((x) => x + t));
    near(
      hv(
        moved,
        FIVE(d).map((r) => r + t),
      ),
      hv(points),
      box(points),
      1e-9,
    );
  });

  law("scales with c to the power of the objectives", [sets, fc.integer({ min: -60, max: 60 })], (points, exponent) => {
    const d = points[0]?.length ?? 0;
    const c = 2 ** exponent;
    // powers of two scale without rounding: tiny and huge magnitudes must give the very same digits
    const scaled = points.map((p) => p.map((x) => c * x));
    near(
      hv(
        scaled,
        FIVE(d).map((r) => c * r),
      ) /
        c ** d,
      hv(points),
      hv(points),
      1e-15,
    );
  });

  law(
    "scales with the product of scales, one an objective",
    [sets, fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 7, maxLength: 7 })],
    (points, exponents) => {
      const d = points[0]?.length ?? 0;
      const scale = exponents.slice(0, d).map((e) => 2 ** e);
      const by = (p: readonly number[]): number[] => p.map((x, k) => x * (scale[k] as number));
      const product = scale.reduce((a, b) => a * b, 1);
      near(hv(points.map(by), by(FIVE(d))), product * hv(points), product * hv(points), 1e-14);
    },
  );

  law("of a single point is its box", [fc.array(real, { minLength: 1, maxLength: 9 })], (point) => {
    const volume = point.reduce((v, x) => v * (11 - x), 1);
    near(
      hv(
        [point],
        point.map(() => 11),
      ),
      volume,
    );
  });

  law(
    "of two and of three points is inclusion–exclusion written out",
    [fc.integer({ min: 1, max: 6 }).chain((d) => pointsOf(real, d, { min: 3, max: 3 }))],
    (points) => {
      const [a, b, c] = points as [number[], number[], number[]];
      const r = a.map(() => 11);
      const volume = (p: readonly number[]): number => p.reduce((v, x) => v * (11 - x), 1);
      const join = (p: readonly number[], q: readonly number[]): number[] =>
        p.map((x, k) => Math.max(x, q[k] as number));
      near(hv([a, b], r), volume(a) + volume(b) - volume(join(a, b)), volume(a) + volume(b));
      const all = volume(a) + volume(b) + volume(c);
      const pairs = volume(join(a, b)) + volume(join(b, c)) + volume(join(a, c));
      near(hv(points, r), all - pairs + volume(join(join(a, b), c)), all);
    },
  );

  law(
    "with a constant further objective is the same times its thickness",
    [sets, fc.integer({ min: 1, max: 9 })],
    (points, t) => {
      const d = points[0]?.length ?? 0;
      near(
        hv(
          points.map((p) => [...p, 5 - t]),
          FIVE(d + 1),
        ),
        t * hv(points),
        t * box(points),
      );
    },
  );

  law(
    "any-dimension code on 2, 3 and 4 objectives equals the special code",
    [anyPoints({ min: 1, max: 14, from: 2, dimensions: 4 }), fc.nat()],
    (points, by) => {
      const d = points[0]?.length ?? 0;
      // constant objectives, put in anywhere, lead through the recursion
      const lifted = points.map((p) => {
        const out = [...p];
        while (out.length < 6) out.splice(by % (out.length + 1), 0, 4);
        return out;
      });
      near(hv(lifted, FIVE(6)), hv(points, FIVE(d)), box(points));
    },
  );

  law(
    "equals the sum of what each point adds when points come one by one, in any order",
    [withIndex],
    ([points, by]) => {
      const options = { reference: FIVE(points[0]?.length ?? 0), sense: "min" } as const;
      const order = shuffled(points, by);
      let sum = 0;
      // of the points so far, what the last one adds: its own box, without that of the others in it
      order.forEach((_, i) => {
        sum += hypervolumeContributions(order.slice(0, i + 1), options).values[i] as number;
      });
      near(sum, hv(points), points.length * box(points));
    },
  );

  law(
    "sweep = WFG = inclusion–exclusion = Monte-Carlo CI",
    [anyPoints({ min: 1, max: 7, dimensions: 4 }), fc.integer()],
    (points, seed) => {
      const d = points[0]?.length ?? 0;
      const sweep = hv(points);
      // further objectives, one thick, lead through the recursion
      const wfg = hv(
        points.map((p) => [...p, ...new Array<number>(5 - d).fill(4)]),
        FIVE(5),
      );
      near(wfg, sweep, box(points), 1e-12);
      near(inclusionExclusion(points, FIVE(d)), sweep, box(points), 1e-12);
      const generator = seeded(seed);
      const corner = FIVE(d).map((r, k) => Math.min(r, ...points.map((p) => p[k] as number)));
      const draws = 400;
      let hits = 0;
      for (let i = 0; i < draws; i++) {
        const at = corner.map((low) => low + ((5 - low) * (generator.next() >>> 0)) / 4294967296);
        if (points.some((p) => p.every((x, k) => x <= (at[k] as number)))) hits++;
      }
      expect(Math.abs(hits / draws - sweep / box(points))).toBeLessThan(furthest(sweep / box(points), draws));
    },
  );

  law(
    "lies in a Monte-Carlo interval, in 2 to 8 objectives",
    [fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 12 }), fc.integer()],
    (d, n, seed) => {
      const generator = seeded(seed);
      // on the unit sphere, seen from its centre: shares that draws can tell from 0 and 1
      const points = Array.from({ length: n }, () => {
        const p = normals(generator, d).map(Math.abs);
        const length = Math.sqrt(p.reduce((s, x) => s + x * x, 0));
        return p.map((x) => 1 - x / length);
      });
      const draws = 200;
      let hits = 0;
      for (let i = 0; i < draws; i++) {
        const at = Array.from({ length: d }, () => (generator.next() >>> 0) / 4294967296);
        if (points.some((p) => p.every((x, k) => x <= (at[k] as number)))) hits++;
      }
      const share = hv(points, new Array<number>(d).fill(1));
      expect(Math.abs(hits / draws - share)).toBeLessThan(furthest(share, draws));
    },
  );

  law(
    "keeps its digits at huge and tiny magnitudes, an objective each",
    [sets, fc.array(fc.double({ min: 1e-40, max: 1e40, noNaN: true }), { minLength: 7, maxLength: 7 })],
    (points, magnitudes) => {
      const by = (p: readonly number[]): number[] => p.map((x, k) => x * (magnitudes[k] as number));
      const product = by(FIVE(points[0]?.length ?? 0).map(() => 1)).reduce((a, b) => a * b, 1);
      near(hv(points.map(by), by(FIVE(points[0]?.length ?? 0))), product * hv(points), product * box(points), 1e-12);
    },
  );

  law("of maximised points is that of their negatives", [sets], (points) => {
    const d = points[0]?.length ?? 0;
    const negated = points.map((p) => p.map((x) => -x));
    expect(hypervolume(negated, { reference: FIVE(d).map((r) => -r), sense: "max" }).value).toBe(hv(points));
    const mixed = points.map((p) => p.map((x, k) => (k % 2 === 0 ? -x : x)));
    const sense = FIVE(d).map((_, k) => (k % 2 === 0 ? "max" : "min") as "max" | "min");
    const reference = FIVE(d).map((r, k) => (k % 2 === 0 ? -r : r));
    expect(hypervolume(mixed, { reference, sense }).value).toBe(hv(points));
  });

  law("is the same for packed points", [sets], (points) => {
    const dimension = points[0]?.length ?? 0;
    const data = Float64Array.from(points.flat());
    expect(hypervolume({ data, dimension }, { reference: FIVE(dimension), sense: "min" }).value).toBe(hv(points));
  });

  law("only of non-dominated points is the same", [anyPoints({ min: 1, max: 30, dimensions: 5 })], (points) => {
    const front = [...nondominated(points, { sense: "min" })].map((i) => points[i] as number[]);
    near(hv(front), hv(points), box(points));
  });

  law("normalised lies in [0, 1], 1 for the ideal itself", [sets], (points) => {
    const d = points[0]?.length ?? 0;
    const ideal = FIVE(d).map((_, k) => Math.min(...points.map((p) => p[k] as number)));
    const options = { reference: FIVE(d), ideal, sense: "min" } as const;
    const share = normalisedHypervolume(points, options).value;
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1 + 1e-12);
    near(normalisedHypervolume([...points, ideal], options).value, 1);
  });

  test("lies in a narrow Monte-Carlo interval", () => {
    const generator = seeded(11);
    for (const d of [2, 3, 4, 5, 6, 8]) {
      const points = Array.from({ length: 30 }, () => {
        const p = normals(generator, d).map(Math.abs);
        const length = Math.sqrt(p.reduce((s, x) => s + x * x, 0));
        return p.map((x) => 1 - x / length);
      });
      const draws = 20_000;
      let hits = 0;
      for (let i = 0; i < draws; i++) {
        const at = Array.from({ length: d }, () => (generator.next() >>> 0) / 4294967296);
        if (points.some((p) => p.every((x, k) => x <= (at[k] as number)))) hits++;
      }
      const share = hits / draws;
      const error = 5 * Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs(hv(points, new Array<number>(d).fill(1)) - share)).toBeLessThan(error);
    }
  });

  test("keeps the last digit of a long sum, and fills its buffers to the brim", () => {
    const generator = seeded(31);
    const draws = (n: number): number[] =>
      [...new Set(Array.from({ length: n }, () => (generator.next() >>> 0) >>> 2))].sort((a, b) => a - b);
    const side = 2 ** 30;
    for (const n of [1200, 1300, 4000]) {
      const [xs, ys] = [draws(n), draws(n).reverse()];
      const front = xs.slice(0, Math.min(xs.length, ys.length)).map((x, i) => [x, ys[i] as number]);
      let last = BigInt(side);
      let exact = 0n;
      for (const [x, y] of front as [number, number][]) {
        exact += BigInt(side - x) * (last - BigInt(y));
        last = BigInt(y);
      }
      const turned = front.map((p, i) => front[(i * 7919) % front.length] ?? p);
      for (const deeper of n > 1300 ? [[], [0]] : [[], [0], [0, 0]]) {
        near(
          hv(
            turned.map((p) => [...p, ...deeper]),
            [side, side, ...deeper.map(() => 1)],
          ),
          Number(exact),
          Number(exact),
          2 ** -51,
        );
      }
    }
  });

  test("a box may stand over as many stairs as there are points", () => {
    const n = 1200;
    const points = Array.from({ length: n - 1 }, (_, i) => [i + 1, n - i, 0, 0]);
    // the whole floor, but later and higher than the rest
    points.push([0, 0, 1, 1]);
    const reference = [n + 2, n + 2, 3, 3];
    const floor = slicing(
      points.slice(0, -1).map((p) => p.slice(0, 2)),
      reference.slice(0, 2),
    );
    near(hv(points, reference), 9 * floor + 4 * ((n + 2) * (n + 2) - floor));
  });

  test("a box over as many stairs as there are points is cut at its far end", () => {
    const n = 1200;
    const points = Array.from({ length: n - 2 }, (_, i) => [i + 1, n - i, 0, 0]);
    points.push([n + 0.5, 1, 2, 0.5], [0, 0, 1, 1]);
    const reference = [n + 2, n + 2, 3, 3];
    const turn = (p: readonly number[]): number[] => [p[3], p[2], p[1], p[0]] as number[];
    near(hv(points, reference), hv(points.map(turn), turn(reference)));
  });

  test("buffers hold as many points as they say, the last one at the far end", () => {
    const n = 1200;
    const stairs = Array.from({ length: n }, (_, i) => [i, n - i]);
    const area = hv(stairs, [n + 1, n + 1]);
    for (const deeper of [1, 3, 4]) {
      const points = stairs.map((p, i) => [...p, ...new Array<number>(deeper - 1).fill(0), i / n]);
      const flat = stairs.map((p) => [...p, ...new Array<number>(deeper).fill(0)]);
      const reference = [n + 1, n + 1, ...new Array<number>(deeper).fill(1)];
      near(hv(flat, reference), area);
      // what each adds to those before it is one high, and thinner the later it comes
      const thinner = stairs.reduce((sum, [x], i) => sum + (n + 1 - (x as number)) * (1 - i / n), 0);
      near(hv(points, reference), thinner);
    }
  });

  test("sweeps for large sets agree with naive slicing (packed staircase and ranked staircase)", () => {
    const generator = seeded(12);
    for (const [d, n] of [
      [2, 1500],
      [3, 350],
      [4, 50],
    ] as const) {
      for (const ties of [false, true]) {
        const points = Array.from({ length: n }, () => {
          const p = normals(generator, d).map(Math.abs);
          const length = Math.sqrt(p.reduce((s, x) => s + x * x, 0));
          return p.map((x) => (ties ? Math.round((20 * x) / length) / 20 : x / length)).map((x) => 1 - x);
        });
        const reference = new Array<number>(d).fill(1.25);
        near(hv(points, reference), slicing(points, reference), 1, 1e-11);
      }
    }
  });
});

describe("the ranked staircase for large three-objective sets", () => {
  for (const [name, step] of [
    ["distinct coordinates", 0],
    ["many ties", 40],
    ["few distinct coordinates", 5],
  ] as const) {
    test(`agrees with the four-objective sweep of the same set, one thick: ${name}`, () => {
      const generator = seeded(40 + step);
      for (const size of [1300, 2500]) {
        for (const onFront of [true, false]) {
          const points = Array.from({ length: size }, () => {
            const p = normals(generator, 3).map(Math.abs);
            const length = onFront ? Math.sqrt(p.reduce((s, x) => s + x * x, 0)) : 3;
            return p.map((x) => 1 - x / length).map((x) => (step === 0 ? x : Math.round(x * step) / step));
          });
          const reference = [1.5, 1.5, 1.5];
          near(
            hv(points, reference),
            hv(
              points.map((p) => [...p, 0]),
              [...reference, 1],
            ),
            30,
          );
        }
      }
    });
  }
});

describe("exclusive contributions", () => {
  const plain = (points: Rows): number[] =>
    points.map(
      (_, i) =>
        hv(points, FIVE(points[0]?.length ?? 0)) -
        hv(
          points.filter((__, j) => j !== i),
          FIVE(points[0]?.length ?? 0),
        ),
    );

  law("are what the volume loses without the point", [anyPoints({ min: 1, max: 8, dimensions: 6 })], (points) => {
    const d = points[0]?.length ?? 0;
    const { values } = hypervolumeContributions(points, { reference: FIVE(d), sense: "min" });
    plain(points).forEach((expected, i) => {
      near(values[i] as number, expected, box(points), 1e-11);
    });
  });

  law("add up to at most the volume", [sets], (points) => {
    const { values } = hypervolumeContributions(points, { reference: FIVE(points[0]?.length ?? 0), sense: "min" });
    expect(values.reduce((s, x) => s + x, 0)).toBeLessThanOrEqual(hv(points) + 1e-11 * box(points));
  });

  test("of points beyond the reference are 0 and counted", () => {
    const result = hypervolumeContributions(
      [
        [1, 1],
        [6, 0],
        [5, 1],
      ],
      { reference: [5, 5], sense: "min" },
    );
    expect([...result.values]).toEqual([16, 0, 0]);
    expect(result.ignored).toBe(2);
  });
});

describe("estimated hypervolume", () => {
  test("bounds its error at the level that it claims", () => {
    const generator = seeded(3);
    let inside = 0;
    const errors: number[] = [];
    const bounds: number[] = [];
    for (let round = 0; round < 60; round++) {
      const d = 3 + (round % 6);
      const points = Array.from({ length: 20 }, () => normals(generator, d).map((x) => Math.abs(x) + 0.01));
      const options = { reference: new Array<number>(d).fill(0), sense: "max" } as const;
      const exact = hypervolume(points, options).value;
      const result = hypervolume(points, { ...options, estimate: { generator, samples: 4096, when: "always" } });
      if (result.kind !== "estimate") throw new Error("an estimate was asked for");
      bounds.push(result.error / exact);
      if (Math.abs(result.value - exact) <= result.error) inside++;
      errors.push(Math.abs(result.value - exact) / exact);
    }
    expect(inside).toBeGreaterThanOrEqual(53);
    expect(average(errors)).toBeLessThan(0.03);
    // and claims no more than it needs
    expect(average(bounds)).toBeLessThan(6 * average(errors));
  });

  test("shifts each objective of its 16 replicates at random, two draws a number", () => {
    let draws = 0;
    const inner = seeded(2);
    const next = (): number => {
      draws++;
      return inner.next();
    };
    const points = [[1, 2, 3, 4, 5]];
    const estimate = { generator: { next }, samples: 64, when: "always" } as const;
    hypervolume(points, { reference: [0, 0, 0, 0, 0], sense: "max", estimate });
    expect(draws).toBe(16 * 5 * 2);
  });

  test("replaces the exact volume only where it is allowed and the set is large", () => {
    const generator = seeded(4);
    const points = Array.from({ length: 60 }, () => normals(generator, 12).map((x) => Math.abs(x) + 0.01));
    const reference = new Array<number>(12).fill(0);
    const estimate = { generator, samples: 1600 };
    expect(hypervolume(points, { reference, sense: "max", estimate }).kind).toBe("estimate");
    expect(hypervolume(points.slice(0, 10), { reference, sense: "max", estimate }).kind).toBe("exact");
    expect(() => hypervolume(points, { reference, sense: "max", estimate: { generator, samples: 3 } })).toThrow(
      /samples/,
    );
    expect(() => hypervolume(points, { reference, sense: "max", estimate: { generator, level: 2 } })).toThrow(/level/);
    // the limit itself is still exact
    const most = EXACT_LIMIT[11] as number;
    const eleven = points.slice(0, most).map((p) => p.slice(0, 11));
    expect(hypervolume(eleven, { reference: reference.slice(0, 11), sense: "max", estimate }).kind).toBe("exact");
  });

  test("normalised is the estimate and its error as shares of the box", () => {
    const points = Array.from({ length: 9 }, () => normals(seeded(5), 3).map((x) => Math.abs(x) + 0.01));
    const options = { reference: [0, 0, 0], sense: "max" } as const;
    const always = (): EstimateOptions => ({ generator: seeded(6), samples: 1600, when: "always" });
    const whole = hypervolume(points, { ...options, estimate: always() });
    const share = normalisedHypervolume(points, { ...options, estimate: always(), ideal: [5, 2, 10] });
    if (whole.kind !== "estimate" || share.kind !== "estimate") throw new Error("no estimate");
    near(share.value, whole.value / 100);
    near(share.error, whole.error / 100);
  });
});

test("the error of an estimate keeps its place under tiny and huge units", () => {
  const points = Array.from({ length: 9 }, () => normals(seeded(7), 3).map((x) => Math.abs(x) + 0.01));
  const front = points.map((p, i) => p.map((x, k) => x + ((i * (k + 1)) % 5) / 4));
  const error = (unit: number): number => {
    const estimate = { generator: seeded(8), samples: 1600, when: "always" } as const;
    const found = hypervolume(
      front.map((p) => p.map((x) => x * unit)),
      { reference: [0, 0, 0], sense: "max", estimate },
    );
    if (found.kind !== "estimate") throw new Error("no estimate");
    return found.error / unit ** 3;
  };
  expect(error(1)).toBeGreaterThan(0);
  near(error(2 ** -300), error(1));
  near(error(2 ** 300), error(1));
});

test("contributions beyond the range of numbers are errors, as the volume is", () => {
  for (const unit of [1e200, 1e-200]) {
    for (const first of [unit, 2 * unit]) {
      const points = [
        [first, 3 * unit - first],
        [3 * unit - first, first],
      ];
      const options = { reference: [0, 0], sense: "max" } as const;
      expect(() => hypervolume(points, options)).toThrow(/scale the objectives/);
      expect(() => hypervolumeContributions(points, options)).toThrow(/scale the objectives/);
    }
    expect(() => hypervolumeContributions([[unit, 1]], { reference: [0, 0], sense: "max" })).not.toThrow();
  }
  // far from the origin, and a small box all the same
  const reference = [1e160, 1e160];
  const point = reference.map((r) => r * (1 - 1e-12));
  const { values } = hypervolumeContributions([point], { reference, sense: "min" });
  near(values[0] as number, hypervolume([point], { reference, sense: "min" }).value);
});
