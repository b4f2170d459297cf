import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shownToBeat } from "../../src/bench/undertrained.js";

const column = (values: readonly number[]) => Float64Array.from(values);

describe("shown to beat the base", () => {
  test("a clear gain on every prompt is shown, none and a loss are not", () => {
    const base = column([0.1, 0.4, 0.3, 0.2]);
    expect(shownToBeat([base.map((x, i) => x + 0.2 + 0.01 * i)], [base])).toBe(true);
    expect(shownToBeat([base], [base])).toBe(false);
    expect(shownToBeat([base.map((x) => x - 0.2)], [base])).toBe(false);
  });
  test("a gain that the spread over prompts hides is not shown, and pooling seeds that agree can show it", () => {
    const base = column(Array.from({ length: 16 }, () => 0.5));
    const noise = (sign: number) => base.map((x, i) => x + 0.1 + sign * (i % 2 === 0 ? 0.6 : -0.6));
    expect(shownToBeat([noise(1)], [base])).toBe(false);
    expect(shownToBeat([noise(1), noise(-1)], [base, base])).toBe(true);
  });
  test("without seeds nothing is shown", () => {
    expect(shownToBeat([], [])).toBe(false);
  });
  test("the order of seeds and of prompts does not matter", () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(scores, scores, scores, scores, (a, b, c, d) => {
        const one = shownToBeat([column(a), column(b)], [column(c), column(d)]);
        expect(shownToBeat([column(b), column(a)], [column(d), column(c)])).toBe(one);
        const turned = (x: readonly number[]) => column([...x].reverse());
        expect(shownToBeat([turned(a), turned(b)], [turned(c), turned(d)])).toBe(one);
      }),
    );
  });
});
