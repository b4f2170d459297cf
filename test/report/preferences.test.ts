/** The second table: how well candidates tell held-out pairs apart, in every form of a report, and never among who wins. */
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html/page.js";
import { buildReport, renderMarkdown, renderText } from "../../src/report/index.js";
import { summaryFixture } from "./summary-fixture.js";

const HEADING = "As rewards, on held-out pairs";
const share = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });
const preferences = {
  pairs: 64,
  methods: [
    { method: "alpha", hypervolume: share(0.2), accuracy: [share(0.75), null, share(0.61)] },
    { method: "beta", hypervolume: share(0.21), accuracy: [share(0.7), share(0.5), share(0.6)] },
  ],
};
const scored = buildReport(summaryFixture({ preferences }));
const without = buildReport(summaryFixture());

describe("as rewards, on held-out pairs", () => {
  test.each([
    ["text", (report: typeof scored) => renderText(report, 120)],
    ["Markdown", renderMarkdown],
    ["HTML", renderHtml],
    ["JSON", (report: typeof scored) => JSON.stringify(report)],
  ])("%s: each method's shares with intervals, what they are, and that they are no ranking", (_, render) => {
    // Markdown escapes brackets.
    const text = render(scored).replaceAll("\\", "");
    for (const part of [HEADING, "0.750 [0.650, 0.850]", "0.610 [0.510, 0.710]", "0.5 is chance"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("it flatters methods that train on such pairs: no ranking, and no part of who wins");
    expect(render(without)).not.toContain(HEADING);
  });

  test("what was not scored is a dash; whoever has more of it does not win by it", () => {
    const lines = renderText(scored, 120).split("\n");
    expect(lines.find((line) => line.startsWith("alpha") && line.includes("0.750"))).toMatch(/0\.850\] +– +0\.610/);
    expect(renderText({ ...scored, sections: [] }, 120)).toBe(renderText({ ...without, sections: [] }, 120));
  });
});
