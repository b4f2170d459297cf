import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { scaled, scaledReference, selectGreedily, selectNondominated } from "../../src/bench/selection.js";
import { hypervolume } from "../../src/metrics/index.js";

const point = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 3, maxLength: 3 });
const points = fc.array(point, { minLength: 1, maxLength: 12 });
const volume = (set: number[][]) => hypervolume(set, { reference: [0, 0, 0], sense: "max" }).value;

describe("which candidates make a method's hypervolume", () => {
  property.prop([points])("leaving the dominated ones out loses no hypervolume", (set) => {
    const kept = selectNondominated(set).map((i) => set[i] ?? []);
    expect(volume(kept)).toBeCloseTo(volume(set), 9);
    const dominates = (a: number[], b: number[]) => a.every((x, k) => x >= (b[k] ?? 0));
    for (const a of kept) for (const b of kept) if (a !== b) expect(dominates(a, b)).toBe(false);
  });
  property.prop([points, fc.integer({ min: 1, max: 12 })])(
    "greedy choice never keeps a point that adds nothing",
    (set, limit) => {
      const order = selectGreedily(set, [0, 0, 0], limit);
      expect(order.length).toBeLessThanOrEqual(limit);
      for (let n = 1; n <= order.length; n++) {
        const at = (k: number) => order.slice(0, k).map((i) => set[i] ?? []);
        expect(volume(at(n))).toBeGreaterThan(n === 1 ? 0 : volume(at(n - 1)));
      }
      if (limit >= set.length) expect(volume(order.map((i) => set[i] ?? []))).toBeCloseTo(volume(set), 9);
    },
  );
  test("points that nothing counts above the reference give an empty choice", () => {
    expect(
      selectGreedily(
        [
          [0, 1],
          [-1, 5],
        ],
        [0, 0],
        3,
      ),
    ).toEqual([]);
  });
  test("scores become coordinates by the suite's scale", () => {
    const scales = [{ name: "a", center: 2, scale: 4, reference: 0 }];
    expect(scaled([4], scales)).toEqual([0.5]);
    expect(scaledReference(scales)).toEqual([-0.5]);
  });
});
