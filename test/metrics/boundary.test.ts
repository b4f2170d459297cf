import { describe, expect, test } from "vitest";
import {
  hypervolume,
  hypervolumeContributions,
  igd,
  MetricsError,
  nondominated,
  normalisedHypervolume,
  type Objective,
  type Points,
} from "../../src/metrics/index.js";
import { minimised } from "../../src/metrics/point-set.js";
import { seeded } from "./generator.js";

describe("room that calls share", () => {
  test("what a call found is not touched by the next one, of any size and number of objectives", () => {
    const generator = seeded(3);
    const make = (n: number, d: number): number[][] =>
      Array.from({ length: n }, () => Array.from({ length: d }, () => (generator.next() >>> 0) / 2 ** 32));
    const sets = [5, 900, 40, 1300, 1, 5000].flatMap((n) => [2, 3].map((d) => make(n, d)));
    const of = (set: number[][]): [unknown, unknown, unknown] => {
      const reference = new Array<number>((set[0] as number[]).length).fill(0);
      const options = { reference, sense: "max" } as const;
      const few = set.slice(0, 60);
      return [
        hypervolume(set, options),
        hypervolumeContributions(few, options),
        normalisedHypervolume(few, { ...options, ideal: reference.map(() => 1) }),
      ];
    };
    const first = sets.map(of);
    const second = [...sets].reverse().map(of).reverse();
    expect(second).toEqual(first);
  });
});

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MetricsError) return error.code;
    throw error;
  }
  return "no error";
}

describe("one sense at the boundary", () => {
  const max = { reference: [0, 0], sense: "max" } as const;

  test("an empty set is a result that says so", () => {
    expect(hypervolume([], max)).toEqual({ kind: "empty", value: 0, method: "none", counted: 0, ignored: 0 });
    expect(hypervolume({ data: new Float64Array(0), dimension: 2 }, max).kind).toBe("empty");
    expect([...nondominated([], { sense: "max" })]).toEqual([]);
    expect(codeOf(() => igd([], { sense: "max", referenceSet: [[1, 1]] }))).toBe("empty-set");
  });

  test("a reference that nothing dominates is a result that says so", () => {
    const result = hypervolume(
      [
        [1, 0],
        [-1, 5],
      ],
      max,
    );
    expect(result).toEqual({ kind: "none-above-reference", value: 0, method: "none", counted: 0, ignored: 2 });
  });

  test("a volume beyond the range of numbers is an error, never a silent 0 or Infinity", () => {
    const beyond = (size: number, d: number, options = {}): void => {
      const reference = new Array<number>(d).fill(0);
      const point = new Array<number>(d).fill(size);
      let found: unknown;
      try {
        hypervolume([point], { reference, sense: "max", ...options });
      } catch (error) {
        found = error;
      }
      expect(found instanceof MetricsError && found.code).toBe("undefined-value");
      expect(String(found)).toMatch(/scale the objectives/);
    };
    for (const d of [2, 3, 4, 5, 6]) {
      beyond(1e200, d);
      beyond(1e-200, d);
      beyond(1e200, d, { estimate: { generator: seeded(1), when: "always" } });
    }
    expect(hypervolume([[1e200, 1e-200]], { reference: [0, 0], sense: "max" }).value).toBe(1);
    expect(() => normalisedHypervolume([[1, 1]], { reference: [0, 0], ideal: [1e200, 1e200], sense: "max" })).toThrow(
      /scale the objectives\) is Infinity/,
    );
  });

  test("points beyond the reference are counted", () => {
    expect(
      hypervolume(
        [
          [1, 1],
          [-1, 5],
          [2, 0],
        ],
        max,
      ),
    ).toEqual({
      kind: "exact",
      value: 1,
      method: "sweep-2d",
      counted: 1,
      ignored: 2,
    });
  });

  test("the method is named", () => {
    const names = [1, 2, 3, 4, 5].map((d) => {
      const reference = new Array<number>(d).fill(0);
      return hypervolume([reference.map(() => 1)], { reference, sense: "max" }).method;
    });
    expect(names).toEqual(["interval", "sweep-2d", "sweep-3d", "sweep-4d", "wfg"]);
  });

  test.each([
    ["NaN", [[1, Number.NaN]], "not-finite"],
    ["infinity", [[1, Number.POSITIVE_INFINITY]], "not-finite"],
    ["a short point", [[1, 2], [1]], "dimension-mismatch"],
    ["a long point", [[1, 2, 3]], "dimension-mismatch"],
    ["packed points that do not divide", { data: Float64Array.of(1, 2, 3), dimension: 2 }, "dimension-mismatch"],
    ["packed points of another dimension", { data: Float64Array.of(1, 2, 3), dimension: 3 }, "dimension-mismatch"],
    [
      "packed points of another dimension that divide",
      { data: Float64Array.of(1, 2, 3, 4, 5, 6), dimension: 3 },
      "dimension-mismatch",
    ],
    ["NaN in packed points", { data: Float64Array.of(1, Number.NaN), dimension: 2 }, "not-finite"],
  ] as [string, Points, string][])("%s is an error, never a silent number", (_, points, code) => {
    expect(codeOf(() => hypervolume(points, max))).toBe(code);
  });

  test("errors name themselves", () => {
    expect(new MetricsError("not-finite", "x is NaN")).toMatchObject({ name: "MetricsError", code: "not-finite" });
  });

  test("errors name point and objective", () => {
    expect(() =>
      hypervolume(
        [
          [1, 2],
          [3, Number.NaN],
        ],
        max,
      ),
    ).toThrow(/point 1, objective 1 is NaN/);
  });

  test("reference, sense and ideal are checked", () => {
    expect(codeOf(() => hypervolume([[1, 1]], { reference: [0, Number.NaN], sense: "max" }))).toBe("not-finite");
    expect(codeOf(() => hypervolume([[1, 1]], { reference: [0, 0], sense: ["max"] }))).toBe("dimension-mismatch");
    expect(codeOf(() => hypervolume([[1, 1]], { reference: [0, 0], sense: "up" as Objective }))).toBe("bad-option");
    expect(codeOf(() => normalisedHypervolume([[1, 1]], { ...max, ideal: [1] }))).toBe("dimension-mismatch");
    expect(codeOf(() => normalisedHypervolume([[1, 1]], { ...max, ideal: [1, 0] }))).toBe("bad-option");
  });

  test("input is not modified", () => {
    const data = Float64Array.of(3, 1, 1, 3, 2, 2, -1, 7);
    const before = data.slice();
    hypervolume({ data, dimension: 2 }, max);
    nondominated({ data, dimension: 2 }, { sense: "max" });
    expect(data).toEqual(before);
  });

  test("negative zero is zero", () => {
    expect([...minimised([[0, -0]], "max").data]).toEqual([0, 0]);
    expect([...minimised([[0, -0]], "min").data]).toEqual([0, 0]);
    expect(
      hypervolume(
        [
          [-0, 1],
          [0, 2],
          [-1, 3],
        ],
        { reference: [5, 5], sense: "min" },
      ).value,
    ).toBe(
      hypervolume(
        [
          [0, 1],
          [0, 2],
          [-1, 3],
        ],
        { reference: [5, 5], sense: "min" },
      ).value,
    );
  });
});

describe("what finite input makes of itself, and options that no type has seen", () => {
  const max = { reference: [0, 0], sense: "max" } as const;

  test("a packed set whose dimension is no count is an error", () => {
    for (const dimension of [-1, 2.5, Number.NaN]) {
      expect(codeOf(() => nondominated({ data: new Float64Array(5), dimension }, { sense: "max" }))).toBe("bad-option");
    }
  });

  test("a reference of no numbers is an error, with and without points", () => {
    for (const points of [[], [[]]]) {
      expect(codeOf(() => hypervolume(points, { reference: [], sense: "max" }))).toBe("empty-set");
    }
  });

  test("`when` of an estimate is one of two words", () => {
    const estimate = { generator: seeded(1), when: "sometimes" as "always" };
    expect(codeOf(() => hypervolume([[1, 1]], { ...max, estimate }))).toBe("bad-option");
    expect(hypervolume([[1, 1]], { ...max, estimate: { generator: seeded(1) } }).kind).toBe("exact");
  });
});
