import { describe, expect, test } from "vitest";
import { summarise } from "../../src/bench/summarise.js";
import { plant } from "./planted-run.js";

const good = [
  [0.8, 0.3],
  [0.3, 0.8],
  [0.6, 0.6],
] as const;
const worse = [
  [0.7, 0.3],
  [0.3, 0.7],
  [0.5, 0.5],
] as const;

describe("what may be said of a run", () => {
  test("a planted difference is found, with the hypervolume that was planted", () => {
    const summary = summarise(
      plant({
        rows: [
          { id: "x", points: good },
          { id: "y", points: worse },
        ],
      }),
    );
    expect(summary.leader).toBe("x");
    const [x] = summary.methods.filter((m) => m.id === "x");
    // 0.3·0.8 + (0.6−0.3)·0.6 + (0.8−0.6)·0.3, up to the noise of the means
    expect(x?.hypervolume?.value).toBeCloseTo(0.48, 1);
    expect(summary.differences[0]).toMatchObject({ a: "x", b: "y", shown: true });
    expect(summary.differences[0]?.difference.low).toBeGreaterThan(0);
  });
  test("a variant is held against the method that it varies, and every candidate's means have a covariance", () => {
    const input = plant({
      rows: [
        { id: "x", points: good },
        { id: "y", points: worse },
      ],
    });
    const summary = summarise({
      ...input,
      variants: [
        { a: "y", b: "x" },
        { a: "lost", b: "x" },
      ],
    });
    expect(summary.variants.map(({ a, b }) => [a, b])).toEqual([["y", "x"]]);
    expect(summary.variants[0]?.difference.value).toBeCloseTo(-(summary.differences[0]?.difference.value ?? 0), 12);
    for (const { candidates } of summary.methods) {
      for (const { covariance, means } of candidates) {
        expect(covariance?.map((row) => row.length)).toEqual(means.map(() => means.length));
        expect(covariance?.[0]?.[0]).toBeGreaterThan(0);
      }
    }
  });

  test("of two equal methods no difference is shown", () => {
    const summary = summarise(
      plant({
        rows: [
          { id: "x", points: good },
          { id: "y", points: good },
        ],
      }),
    );
    expect(summary.differences[0]?.shown).toBe(false);
  });
  test("below three seeds nothing is said about methods", () => {
    const rows = [
      { id: "x", points: good },
      { id: "y", points: worse },
    ];
    expect(summarise(plant({ rows, seeds: [1, 2] })).statistics.seedsAssessed).toBe(false);
    expect(summarise(plant({ rows, seeds: [1, 2, 3] })).statistics.seedsAssessed).toBe(true);
  });
  test("a method whose vertex does not beat the base on its own value is undertrained and cannot lead", () => {
    const lame = [
      [0.2, 0.9],
      [0.1, 0.9],
      [0.9, 0.9],
    ] as const;
    const summary = summarise(
      plant({
        rows: [
          { id: "lame", points: lame },
          { id: "y", points: worse },
        ],
      }),
    );
    expect(summary.methods.find((m) => m.id === "lame")?.undertrained).toEqual(["a"]);
    expect(summary.leader).toBe("y");
  });
  test("an unranked row never leads and is compared with nobody", () => {
    const summary = summarise(
      plant({
        rows: [
          { id: "gold", ranked: false, points: good },
          { id: "y", points: worse },
        ],
      }),
    );
    expect(summary.leader).toBe("y");
    expect(summary.differences).toEqual([]);
  });
  test("a value without a ruler marks nobody undertrained", () => {
    const input = plant({
      rows: [
        {
          id: "lame",
          points: [
            [0.2, 0.9],
            [0.1, 0.9],
            [0.9, 0.9],
          ],
        },
      ],
    });
    const summary = summarise({ ...input, accuracy: [{ value: 0.52, low: 0.45, high: 0.6 }, null] });
    expect(summary.values.map((v) => v.ruler)).toEqual([false, true]);
    expect(summary.methods.find((m) => m.id === "lame")?.undertrained).toEqual([]);
  });
  test("points below the reference are counted and add nothing", () => {
    const low = [
      [0.8, 0.3],
      [0.3, 0.8],
      [-0.4, 0.9],
    ] as const;
    const summary = summarise(plant({ rows: [{ id: "x", points: low }] }));
    expect(summary.methods.find((m) => m.id === "x")?.belowReference).toBe(1);
  });
  test("at matched KL a distant method keeps only its near candidates", () => {
    const summary = summarise(
      plant({
        rows: [
          { id: "near", points: worse, kl: 1 },
          { id: "far", points: good, kl: 9 },
        ],
      }),
    );
    expect(summary.matchedKl?.limit).toBe(1);
    expect(summary.matchedKl?.hypervolume["far"]?.value).toBe(0);
    expect(summary.matchedKl?.hypervolume["near"]?.value).toBeGreaterThan(0.2);
  });
  test("the same tables give the same summary", () => {
    const rows = [
      { id: "x", points: good },
      { id: "y", points: worse },
    ];
    expect(summarise(plant({ rows }))).toEqual(summarise(plant({ rows })));
  });
  test("moving a value, its center and its reference together changes no hypervolume", () => {
    const input = plant({
      rows: [
        { id: "x", points: good },
        { id: "y", points: worse },
      ],
    });
    const prompts = input.tables.prompts.test.length;
    const moved = summarise({
      ...input,
      scales: input.scales.map((s, k) => (k === 0 ? { ...s, center: s.center + 3, reference: s.reference + 3 } : s)),
      tables: {
        ...input.tables,
        candidates: input.tables.candidates.map((c) => ({
          ...c,
          scores: Object.fromEntries(
            Object.entries(c.scores).map(([split, scores]) => [split, scores.map((x, i) => (i < prompts ? x + 3 : x))]),
          ),
        })),
      },
    });
    const still = summarise(input);
    for (const [i, method] of still.methods.entries()) {
      expect(moved.methods[i]?.hypervolume?.value).toBeCloseTo(method.hypervolume?.value ?? 0, 9);
    }
  });
  test("Holm: adjusted p-values are never below their own", () => {
    const rows = ["x", "y", "z"].map((id, i) => ({ id, points: i === 0 ? good : worse }));
    for (const d of summarise(plant({ rows })).differences) expect(d.pHolm).toBeGreaterThanOrEqual(d.p);
  });
});
