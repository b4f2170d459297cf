import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listSuites, loadSuite, parseSuite, suiteHash, suitesFolder } from "../../src/bench/suite.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { InputError } from "../../src/data/errors.js";

const text = readFileSync(`${suitesFolder()}/quick.yaml`, "utf8");
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("nothing was thrown");
};

describe("suites", () => {
  test("every suite that ships is valid and names methods that exist", () => {
    const suites = listSuites();
    expect(suites.map((suite) => suite.name)).toEqual(expect.arrayContaining(["quick"]));
    for (const { file, name } of suites) {
      const suite = loadSuite(file);
      expect(file.endsWith(`${name}.yaml`)).toBe(true);
      expect(trainedRows(suite).length).toBeGreaterThan(0);
    }
  });
  test("an unknown key is named by its path, with the nearest known one", () => {
    expect(message(() => parseSuite(text.replace("  maxReplyTokens:", "  maxReplyToken:"), "x.yaml"))).toMatch(
      /x\.yaml: .*maxReplyTokens?/,
    );
    expect(message(() => parseSuite(`${text}\nbudgett: 3\n`, "x.yaml"))).toBe(
      'x.yaml: unknown key "budgett"; did you mean "budget"?',
    );
  });
  test("a wrong type is named by its path, with what stands there", () => {
    expect(message(() => parseSuite(text.replace("hiddenSize: 64", "hiddenSize: wide"), "x.yaml"))).toMatch(
      /^x\.yaml: base\.hiddenSize: .*number.* \(it is "wide"\)$/,
    );
  });
  test("broken YAML is named by its line", () => {
    expect(message(() => parseSuite("suite: a\n  version: [1\n", "x.yaml"))).toMatch(/^x\.yaml:\d+: not valid YAML: /);
  });
  test("a mistyped suite name gets the nearest one", () => {
    expect(message(() => loadSuite("quik"))).toMatch(/there is no suite "quik"; did you mean "quick"\?/);
  });
  test("half a scale is refused", () => {
    expect(
      message(() =>
        parseSuite(text.replace("name: helpful, center: 0, scale: 1", "name: helpful, center: 0"), "x.yaml"),
      ),
    ).toMatch(/values\.helpful: give center, scale and reference, or none/);
  });
  test("an unknown method is refused with what there is", () => {
    const suite = parseSuite(text.replace("modpo, morlhf]", "modpo, morlfh]"), "x.yaml");
    expect(message(() => trainedRows(suite))).toMatch(/no method "morlfh"/);
  });
  test("the hash does not change with the seeds and does with anything else", () => {
    const suite = parseSuite(text, "x.yaml");
    expect(suiteHash({ ...suite, seeds: [4, 5] })).toBe(suiteHash(suite));
    expect(suiteHash({ ...suite, budget: { ...suite.budget, flops: suite.budget.flops + 1 } })).not.toBe(
      suiteHash(suite),
    );
    expect(suiteHash(suite, { base: "abc" })).not.toBe(suiteHash(suite));
  });
});
