import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import * as metrics from "../../src/metrics/index.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/metrics.md", import.meta.url)), "utf8");
const examples = [...page.matchAll(/## (.*)\n\n```js\n([\s\S]*?)```/g)].map(
  ([, title, code]) => [title, code] as [string, string],
);

describe("docs/metrics.md", () => {
  test("has an example for every group of functions", () => {
    expect(examples.map(([title]) => title)).toEqual([
      "Frontier",
      "Hypervolume",
      "Indicators",
      "Independence",
      "Statistics",
      "One table",
    ]);
  });

  test.each(examples)("%s: every example gives what it says", (_, code) => {
    let checks = 0;
    const body = code
      .replace(/import (\{[^}]*\}) from "mva-bench\/metrics";/, "const $1 = metrics;")
      .replace(/import .* from "pure-rand.*";/, "")
      .replace(/^(.*); \/\/ → (.*)$/gm, (__, call: string, value: string) => {
        checks++;
        return `check(${JSON.stringify(call)}, ${call}, ${value});`;
      });
    const check = (call: string, actual: unknown, expected: unknown): void => {
      if (typeof expected === "number") expect(actual as number, call).toBeCloseTo(expected, 12);
      else if (Array.isArray(expected) && typeof expected[0] === "number") {
        expect(
          (actual as number[]).map((x) => Number(x.toFixed(12))),
          call,
        ).toEqual(expected);
      } else expect(actual, call).toEqual(expected);
    };
    new Function("metrics", "xoroshiro128plus", "check", body)(metrics, xoroshiro128plus, check);
    expect(checks).toBeGreaterThan(1);
  });

  test("names every exported function", () => {
    const functions = Object.entries(metrics).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    expect(functions.length).toBeGreaterThan(60);
    expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  });
});
