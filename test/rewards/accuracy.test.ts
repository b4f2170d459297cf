import { describe, expect, test } from "vitest";
import { heldOutAccuracy } from "../../src/rewards/accuracy.js";

describe("held-out accuracy", () => {
  test("counts margins above zero, ties as one half, NaN as wrong", () => {
    const { accuracy, pairs } = heldOutAccuracy("helpful", [1, 0.1, 0, -1, Number.NaN]);
    expect(pairs).toBe(5);
    expect(accuracy).toBeCloseTo(0.5, 12);
  });

  test("is no ruler while its interval holds one half", () => {
    const margins = (right: number, wrong: number) => [...Array(right).fill(1), ...Array(wrong).fill(-1)] as number[];
    expect(heldOutAccuracy("a", margins(55, 45)).ruler).toBe(false);
    expect(heldOutAccuracy("a", margins(550, 450)).ruler).toBe(true);
    // Worse than a coin is no ruler either, however certain.
    expect(heldOutAccuracy("a", margins(100, 900)).ruler).toBe(false);
  });
});
