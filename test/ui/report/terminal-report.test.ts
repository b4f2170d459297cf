/** The report with pictures: whole pages to be read in review lie in `golden/`; its laws hold for any run. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../../src/report/build.js";
import { textWidth } from "../../../src/report/text-width.js";
import { CHARSETS, type Charset, glyphsFor } from "../../../src/ui/draw/glyphs.js";
import type { Look } from "../../../src/ui/report/look.js";
import { renderTerminalReport } from "../../../src/ui/report/terminal-report.js";
import { anyEvidence, anySummary } from "../../report/any-report.js";
import { evidenceFixture } from "../../report/evidence-fixture.js";
import { difference, summaryFixture } from "../../report/summary-fixture.js";

const look = (
  width: number,
  depth: Look["depth"] = "plain",
  charset: Charset = "braille",
  ground: Look["ground"] = "dark",
) => ({
  ...{ width, depth, ground },
  glyphs: glyphsFor(charset),
});
const report = buildReport(summaryFixture(), evidenceFixture());
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
const bare = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, "");

test.each([80, 120, 200])("%i columns", async (width) => {
  await expect(renderTerminalReport(report, look(width))).toMatchFileSnapshot(`golden/report-${width}.txt`);
});

test("in ASCII there is nothing else", async () => {
  const text = renderTerminalReport(report, look(80, "plain", "ascii"));
  expect(text).toMatch(/^[ -~\n]*$/);
  await expect(text).toMatchFileSnapshot("golden/report-80-ascii.txt");
});

describe("colours", () => {
  test("light and dark, in 16 and in any: the words are the same", () => {
    const plain = renderTerminalReport(report, look(100));
    for (const depth of ["16", "256", "true", "none"] as const) {
      for (const ground of ["light", "dark"] as const) {
        const coloured = renderTerminalReport(report, look(100, depth, "braille", ground));
        expect(bare(coloured), `${depth} ${ground}`).toBe(plain);
        expect(coloured.length).toBeGreaterThan(plain.length);
      }
    }
  });

  test("NO_COLOR leaves weight, and no colour; a pipe is sent no escape sequence at all", () => {
    const none = renderTerminalReport(report, look(100, "none"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    const codes = new Set(none.match(/\u001b\[[\d;]*m/g));
    expect(codes.size).toBeGreaterThan(0);
    for (const code of codes) expect(code).not.toMatch(/3\d|4\d|9\d/);
    expect(renderTerminalReport(report, look(100))).not.toContain("\u001b");
  });

  test("the verdict is green when a winner is shown against everyone, and only then", () => {
    const green = "\u001b[32m";
    const opening = (summary: ReturnType<typeof summaryFixture>): string =>
      renderTerminalReport(buildReport(summary), look(100, "16")).split("\n")[4] ?? "";
    expect(opening(summaryFixture())).not.toContain(green);
    expect(opening(summaryFixture({ differences: [difference("alpha", "beta", 0.02, 0.014, 0.49, true)] }))).toContain(
      green,
    );
  });
});

describe("pictures", () => {
  test("stand side by side where there is room, below one another where not, and are left out where there is none", () => {
    const axis = (width: number): number =>
      renderTerminalReport(report, look(width))
        .split("\n")
        .filter((line) => /└.*helpful.*└.*helpful/.test(line)).length;
    expect(axis(130)).toBe(1);
    expect(axis(80)).toBe(0);
    const narrow = renderTerminalReport(report, look(30));
    expect(narrow).not.toContain("└");
    expect(narrow).toContain("Who wins");
  });

  test("every method of an interval plot is there with its numbers, as the table has them", () => {
    const lines = renderTerminalReport(report, look(120)).split("\n");
    for (const { title, hypervolume } of summaryFixture().methods) {
      if (hypervolume === null) continue;
      const row = lines.find((line) => line.slice(2).startsWith(title) && line.includes("├"));
      expect(row, title).toContain(hypervolume.value.toFixed(3));
    }
  });

  test("zero is drawn where differences are, and shows on which side of it an interval lies", () => {
    const lines = renderTerminalReport(report, look(120)).split("\n");
    const row = lines.find((line) => line.includes("alpha − beta") && line.includes("├")) ?? "";
    expect(row.indexOf("┊")).toBeGreaterThan(0);
    expect(row.indexOf("├")).toBeGreaterThan(row.indexOf("┊"));
  });
});

property.prop([anySummary, anyEvidence, fc.integer({ min: 24, max: 210 }), fc.constantFrom(...CHARSETS)], {
  numRuns: 25,
})(
  "any run renders at any width: no line is wider, no control character comes through",
  (summary, evidence, width, charset) => {
    const built = buildReport(summary, evidence);
    for (const depth of ["plain", "true"] as const) {
      for (const line of bare(renderTerminalReport(built, look(width, depth, charset))).split("\n")) {
        expect(textWidth(line)).toBeLessThanOrEqual(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }
    }
  },
);
