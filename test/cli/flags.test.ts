import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { exitCodeOf, UsageError } from "../../src/cli/exit-codes.js";
import { parseCount, parseNumbers, parseSeeds } from "../../src/cli/flags.js";

describe("seeds", () => {
  test("one, a list, a range, and both", () => {
    expect([parseSeeds("7"), parseSeeds("3,1"), parseSeeds("1..5"), parseSeeds("9,1..3")]).toEqual([
      [7],
      [3, 1],
      [1, 2, 3, 4, 5],
      [9, 1, 2, 3],
    ]);
  });

  property.prop([fc.uniqueArray(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 9 })])(
    "a list reads back as it was written",
    (seeds) => {
      expect(parseSeeds(seeds.join(","))).toEqual(seeds);
    },
  );

  test.each(["", "a", "1.5", "-1", "1..", "..2", "3..1", "1,,2", "4294967296", "1...3", "0x1", "1e3"])(
    "%j is refused",
    (text) => {
      expect(() => parseSeeds(text)).toThrow(UsageError);
    },
  );

  test("a range that nobody means is refused", () => {
    expect(() => parseSeeds("1..50000")).toThrow("more than 1000 seeds");
  });
});

test("counts are whole numbers within their limit", () => {
  const parse = parseCount("--threads", 8);
  expect([parse("1"), parse("8")]).toEqual([1, 8]);
  for (const text of ["0", "9", "1.5", "-1", "", "two", "1e1"]) expect(() => parse(text)).toThrow(UsageError);
});

test("mixtures have one finite number a value", () => {
  expect(parseNumbers("--mix", "1, 0.5,-0.25", ["a", "b", "c"])).toEqual([1, 0.5, -0.25]);
  for (const text of ["1,2", "1,2,3,4", "1,,3", "1,x,3", "1,Infinity,3", ""]) {
    expect(() => parseNumbers("--mix", text, ["a", "b", "c"])).toThrow(
      "--mix takes 3 numbers separated by commas (a,b,c)",
    );
  }
});

describe("exit codes", () => {
  test("an error's own wish is followed, where it is one of ours", () => {
    expect(exitCodeOf(new UsageError("x"))).toBe(2);
    expect(exitCodeOf(Object.assign(new Error("x"), { exitCode: 143 }))).toBe(143);
    expect(exitCodeOf(Object.assign(new Error("x"), { exitCode: 5 }))).toBe(70);
  });

  test("anything else is our fault", () => {
    for (const thrown of [new Error("x"), new TypeError("y"), "text", null, undefined]) {
      expect(exitCodeOf(thrown)).toBe(70);
    }
  });
});
