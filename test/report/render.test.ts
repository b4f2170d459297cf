import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { buildReport, figuresOf, renderMarkdown, renderText } from "../../src/report/index.js";
import { textWidth } from "../../src/report/text-width.js";
import { anyEvidence, anySummary } from "./any-report.js";
import { evidenceFixture } from "./evidence-fixture.js";
import { summaryFixture } from "./summary-fixture.js";

const report = buildReport(summaryFixture(), evidenceFixture());

describe("text", () => {
  test("the whole report, as it stands", () => {
    expect(renderText(report, 80)).toMatchSnapshot();
  });

  property.prop([anySummary, anyEvidence, fc.integer({ min: 40, max: 140 })], { numRuns: 40 })(
    "any run renders, never wider than the screen, and no control character comes through",
    (summary, evidence, width) => {
      const text = renderText(buildReport(summary, evidence), width);
      for (const line of text.split("\n")) {
        if (!line.startsWith("mva-bench ")) expect(textWidth(line)).toBeLessThanOrEqual(width);
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    },
  );

  test("the headline comes first and fits a screen of 80 by 48 with six methods", () => {
    const lines = renderText({ ...report, sections: [] }, 80).split("\n");
    expect(lines.length).toBeLessThanOrEqual(48);
    expect(lines.findIndex((line) => line.startsWith("── Who wins"))).toBeLessThan(4);
  });

  test("what is too long for a terminal is in the files only", () => {
    expect(renderText(report, 80)).not.toContain("Every candidate");
    expect(renderMarkdown(report)).toContain("## Every candidate");
  });
});

describe("Markdown", () => {
  test("tables have as many cells in every line as in their head", () => {
    const lines = renderMarkdown(report).split("\n");
    let columns = 0;
    for (const line of lines) {
      if (!line.startsWith("|")) {
        columns = 0;
        continue;
      }
      const cells = line.replaceAll("\\|", "").split("|").length;
      if (columns > 0) expect(cells).toBe(columns);
      columns = cells;
    }
  });

  test("every figure it shows is one that is written", () => {
    const shown = [...renderMarkdown(report).matchAll(/\]\(figures\/([^)]+)\.svg\)/g)].map(([, name]) => name);
    expect(shown).toEqual(figuresOf(report).map(({ name }) => name));
    expect(new Set(shown).size).toBe(shown.length);
    // Hypervolume, three fronts, differences, ablation, budget, one training, two heat maps.
    expect(shown).toHaveLength(10);
  });

  test("markup in names is escaped", () => {
    const summary = summaryFixture();
    const named = { ...summary, run: { ...summary.run, title: "<b>*x*</b> | y" } };
    expect(renderMarkdown(buildReport(named)).split("\n")[0]).toBe("# &lt;b&gt;\\*x\\*&lt;/b&gt; \\| y");
  });
});

test("JSON is the whole model: what is printed is what was built", () => {
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
