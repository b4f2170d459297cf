import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { RunSummary } from "../../src/bench/summary.js";
import { staircase } from "../../src/report/figures.js";
import {
  buildReport,
  type Report,
  renderHtml,
  renderMarkdown,
  renderText,
  type SampleSet,
} from "../../src/report/index.js";
import { scaleOver } from "../../src/report/svg.js";
import { textWidth } from "../../src/report/text-width.js";
import { estimate, summaryFixture } from "./summary-fixture.js";

const samples: SampleSet[] = [
  {
    prompt: "Tell me how to bake bread, please.",
    values: ["helpful", "harmless", "humorous"],
    replies: [
      { candidate: "base", weights: null, text: "Mix and bake.", ended: true, scores: [0.5, 0.4, 0.1] },
      {
        candidate: "w100-0-0",
        weights: [1, 0, 0],
        text: "First knead it well",
        ended: false,
        scores: [0.9, 0.4, null],
      },
    ],
  },
];

const report = buildReport(summaryFixture(), samples);

/** Runs of any shape: any strings for names, any finite or missing numbers. */
const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "\u001b[2J\u001b[H",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "|a|b|",
    "`````",
    "\u202egnp.exe",
    "日本語 テスト",
    "a".repeat(200),
  ),
);
const anyEstimate = fc.oneof(
  fc.constant(null),
  fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true, min: 0, max: 1e6 })).map(([v, h]) => estimate(v, h)),
);
const anySummary: fc.Arbitrary<RunSummary> = fc
  .record({
    names: fc.uniqueArray(hostileText, { minLength: 1, maxLength: 4 }),
    titles: fc.array(hostileText, { minLength: 6, maxLength: 6 }),
    hypervolumes: fc.array(anyEstimate, { minLength: 6, maxLength: 6 }),
    mean: fc.double(),
    message: hostileText,
    leader: fc.constantFrom(null, "alpha", "nobody"),
  })
  .map(({ names, titles, hypervolumes, mean, message, leader }) => {
    const base = summaryFixture();
    return summaryFixture({
      leader,
      run: { ...base.run, title: message, command: ["mva-bench", message] },
      values: names.map((name, k) => ({ name, center: 0, scale: 1, reference: 0, accuracy: null, ruler: k > 0 })),
      methods: base.methods.map((method, at) => ({
        ...method,
        title: titles[at] ?? "",
        hypervolume: hypervolumes[at] ?? null,
        mean: [mean],
        best: [],
        candidates: method.candidates.map((candidate) => ({
          ...candidate,
          name: message,
          means: names.map(() => mean),
        })),
      })),
      failures: [{ method: "alpha", seed: 1, message }],
    });
  });

describe("text", () => {
  test("the whole report, as it stands", () => {
    expect(renderText(report, 80)).toMatchSnapshot();
  });

  property.prop([anySummary, fc.integer({ min: 40, max: 140 })], { numRuns: 60 })(
    "any run renders, never wider than the screen, and no control character comes through",
    (summary, width) => {
      const text = renderText(buildReport(summary, samples), width);
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

/** Tags in order; throws where one is closed that is not open. Void elements of HTML are known. */
function wellFormed(markup: string): void {
  const open: string[] = [];
  const body = markup.replace(/<!doctype html>/, "").replace(/<style>[\s\S]*?<\/style>/, "");
  for (const [, close, name = "", rest = ""] of body.matchAll(
    /<(\/?)([a-zA-Z0-9]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g,
  )) {
    if (["meta"].includes(name) || rest.endsWith("/")) continue;
    if (close === "/") expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
  // Whatever is not a tag is text: no bracket is left over.
  const text = body.replace(/<(\/?)([a-zA-Z0-9]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g, "");
  expect(text).not.toMatch(/[<>]/);
}

describe("HTML", () => {
  test("one page that asks for nothing from outside and runs nothing", () => {
    const html = renderHtml(report);
    wellFormed(html);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=|\son\w+=/i);
    expect([...html.matchAll(/https?:\/\/[^"\s<]+/g)].map(([url]) => url)).toEqual(
      html.match(/http:\/\/www\.w3\.org\/2000\/svg/g) ?? [],
    );
    expect(html).toContain("Alpha&#39;s hypervolume exceeds Betas&#39; by");
  });

  property.prop([anySummary], { numRuns: 40 })("names and messages stay text, whatever they hold", (summary) => {
    wellFormed(renderHtml(buildReport(summary, samples)));
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
    expect(shown).toHaveLength(4);
  });

  test("markup in names is escaped", () => {
    const summary = summaryFixture();
    const named = { ...summary, run: { ...summary.run, title: "<b>*x*</b> | y" } };
    expect(renderMarkdown(buildReport(named, [])).split("\n")[0]).toBe("# &lt;b&gt;\\*x\\*&lt;/b&gt; \\| y");
  });
});

function figuresOf({ sections }: Report) {
  return sections.flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === "figure" ? [block.figure] : [])));
}

describe("figures", () => {
  test("one front for every pair of values, each a well-formed picture that shows every candidate", () => {
    const fronts = figuresOf(report).filter(({ name }) => name.startsWith("front-"));
    expect(fronts.map(({ name }) => name)).toEqual([
      "front-1-helpful-2-harmless",
      "front-1-helpful-3-humorous",
      "front-2-harmless-3-humorous",
    ]);
    const candidates = summaryFixture().methods.reduce((sum, { candidates: all }) => sum + all.length, 0);
    for (const { svg } of fronts) {
      wellFormed(svg);
      expect(svg.match(/<g><title>/g)).toHaveLength(candidates);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });

  property.prop([fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })))])(
    "the staircase holds the points that no other dominates, each once, from left to right",
    (points) => {
      const dominated = ([x, y]: readonly [number, number]): boolean =>
        points.some(([a, b]) => a >= x && b >= y && (a > x || b > y));
      const expected = [...new Set(points.filter((point) => !dominated(point)).map(String))].sort();
      const found = staircase(points);
      expect(found.map(String).sort()).toEqual(expected);
      expect(found.map(([x]) => x)).toEqual(found.map(([x]) => x).sort((a, b) => a - b));
    },
  );

  property.prop([fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }))])(
    "a scale covers its values with a few evenly spaced ticks",
    (values) => {
      const scale = scaleOver(values);
      for (const value of values) expect(value >= scale.low && value <= scale.high).toBe(true);
      expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
      expect(scale.ticks.length).toBeLessThanOrEqual(12);
    },
  );
});
