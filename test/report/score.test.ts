import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseCsv } from "../../src/bench/files/csv.js";
import { scoreFile, simplexGrid } from "../../src/bench/score.js";
import { renderScore, scoreCsv } from "../../src/report/score.js";
import { textWidth } from "../../src/report/text-width.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";

function reportOf(content: string, options: Parameters<typeof scoreFile>[1] = {}) {
  const path = join(temporaryFolder(), "points.csv");
  writeFileSync(path, content);
  return { ...scoreFile(path, options), file: "points.csv" };
}

const PROMPTS = `method,candidate,seed,prompt,x,y\n${[1, 2]
  .flatMap((seed) =>
    ["a, or so", "b"].flatMap((method, m) =>
      [0, 1].flatMap((c) =>
        Array.from(
          { length: 12 },
          (_, p) =>
            `"${method}",c${c},${seed},p${p},${0.3 + 0.3 * c + 0.01 * ((p * 5 + seed) % 7)},${0.9 - 0.2 * m - 0.3 * c}`,
        ),
      ),
    ),
  )
  .join("\n")}\n`;

describe("as text", () => {
  test.each([40, 60, 80, 100])("no line is wider than %i columns, and no figure is cut", (width) => {
    const text = renderScore(reportOf(PROMPTS), width);
    for (const line of text.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(/\d…/);
  });

  test("the reference, where it comes from, and what intervals are over stand beside the numbers", () => {
    const text = renderScore(reportOf(PROMPTS), 100);
    // y: .9, .6, .7, .4
    expect(text).toMatch(/^Reference, from this file: x 0\.2\d+, y 0\.3500\.$/m);
    expect(text).toContain("no scaling");
    expect(text).toContain("Intervals over prompts, for these trained models; seeds: not assessed.");
    expect(renderScore(reportOf(PROMPTS, { reference: "0,0" }), 100)).toContain("Reference, given: x 0, y 0.");
    expect(renderScore(reportOf("x,y\n1,2\n2,1\n"), 100)).toContain("No intervals: neither prompts nor 3 seeds");
  });

  test("tiny and huge numbers keep their digits", () => {
    const text = renderScore(reportOf("x,y\n0.00012,2e-7\n0.0003,1e-7\n", { reference: "0,0" }), 100);
    expect(text).toMatch(/4\.200e−11/);
    expect(renderScore(reportOf("x,y\n1e9,2e9\n", { reference: "0,0" }), 100)).toMatch(/2\.000e\+18/);
  });
});

describe("as CSV", () => {
  test("one line a row, all cells there, numbers to the last bit", () => {
    const report = reportOf(PROMPTS);
    const [header, ...lines] = [...parseCsv(scoreCsv(report), "out")].map(({ fields }) => fields);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toHaveLength(header?.length ?? 0);
    const at = (name: string, row: number) => lines[row]?.[header?.indexOf(name) ?? -1];
    expect(at("method", 0)).toBe("a, or so");
    report.rows.forEach((row, i) => {
      expect(Number(at("hypervolume", i))).toBe(row.hypervolume);
      expect(Number(at("hypervolume_low", i))).toBe(row.interval?.low);
      expect(Number(at("igd_plus", i))).toBe(row.igdPlus);
      expect(Number(at("best_y", i))).toBe(row.best[1]);
      expect(at("reference_from", i)).toBe("from this file");
    });
  });

  test("what is not known is empty, not NaN", () => {
    const csv = scoreCsv(reportOf("x\n1\n2\n"));
    expect(csv).not.toMatch(/NaN|null|undefined/);
    expect(csv.split("\n")).toHaveLength(3);
  });
});

test.each([
  [3, 200],
  [4, 200],
  [9, 200],
  [300, 5],
])("weights of R2 lie evenly on the simplex: %i values, about %i", (values, most) => {
  const weights = simplexGrid(values, most);
  expect(weights.length).toBeLessThanOrEqual(Math.max(most, values));
  expect(weights.length).toBeGreaterThanOrEqual(values);
  for (const w of weights) expect(w.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1);
  expect(new Set(weights.map(String)).size).toBe(weights.length);
  const sums = Array.from({ length: values }, (_, k) => weights.reduce((sum, w) => sum + (w[k] ?? 0), 0));
  for (const sum of sums) expect(sum).toBeCloseTo(weights.length / values);
});
