import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { staircase } from "../../src/report/charts/front.js";
import { styleAt } from "../../src/report/charts/styles.js";
import type { Figure } from "../../src/report/index.js";
import { buildReport, drawFigure, figuresOf } from "../../src/report/index.js";
import { DARK, DARK_GROUND, LIGHT } from "../../src/report/svg/palette.js";
import { scaleOver } from "../../src/report/svg/scale.js";
import { evidenceFixture } from "./evidence-fixture.js";
import { estimate, summaryFixture } from "./summary-fixture.js";
import { wellFormed } from "./well-formed.js";

const report = buildReport(summaryFixture(), evidenceFixture());
const figures = figuresOf(report);

function figure(name: string): Figure {
  const found = figures.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no figure ${name}`);
  return found;
}

function count(svg: string, pattern: RegExp): number {
  return svg.match(pattern)?.length ?? 0;
}

describe("every figure", () => {
  test.each(figures)(
    "$name is a well-formed picture for paper: white ground, ink, a font, no missing number",
    (each) => {
      const svg = drawFigure(each);
      wellFormed(svg);
      expect(svg).toMatch(/<rect class="paper"[^>]* fill="#ffffff"\/>/);
      expect(svg).toContain('font-family="Helvetica, Arial,');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg).not.toMatch(/var\(|style=/);
    },
  );

  property.prop([fc.double(), fc.double(), fc.constantFrom("alpha", "base")], {
    numRuns: 40,
  })("whatever the numbers are, every coordinate is one", (a, b, leader) => {
    const base = summaryFixture();
    const summary = summaryFixture({
      leader,
      methods: base.methods.map((method, k) => ({
        ...method,
        hypervolume: k % 2 === 0 ? { value: a, low: b, high: a } : estimate(0, 0),
        candidates: method.candidates.map((candidate) => ({
          ...candidate,
          means: [a, b, 0],
          covariance: [
            [a, b, 0],
            [b, a, 0],
            [0, 0, 0],
          ],
        })),
      })),
      ledger: base.ledger.map((entry) => ({ ...entry, spent: a, planned: Math.abs(b) })),
    });
    for (const each of figuresOf(buildReport(summary, evidenceFixture()))) {
      const svg = drawFigure(each, true);
      expect(svg.replace(/<(title|desc)>[^<]*<\/\1>|<text[^>]*>[^<]*<\/text>/g, "")).not.toMatch(/NaN|Infinity/);
    }
  });
});

describe("fronts", () => {
  test("one for every pair of values, in suite order", () => {
    expect(figures.map(({ name }) => name).filter((name) => name.startsWith("front-"))).toEqual([
      "front-1-helpful-2-harmless",
      "front-1-helpful-3-humorous",
      "front-2-harmless-3-humorous",
    ]);
  });

  test("a page has every candidate; a paper those of the base and the ranked rows", () => {
    const { methods } = summaryFixture();
    const all = methods.reduce((sum, { candidates }) => sum + candidates.length, 0);
    const aside = methods.find(({ id }) => id === "delta-gold")?.candidates.length ?? 0;
    const front = figure("front-1-helpful-2-harmless");
    expect(count(drawFigure(front, true), /class="point[ "]/g)).toBe(all);
    expect(count(drawFigure(front), /class="point[ "]/g)).toBe(all - aside);
  });

  test("regions are of the size that the covariance says", () => {
    const { chart } = figure("front-1-helpful-2-harmless");
    if (chart.kind !== "front") throw new Error("not a front");
    const svg = drawFigure(figure("front-1-helpful-2-harmless"));
    const [, rx = 0, ry = 0] = /<ellipse[^>]* rx="([\d.]+)" ry="([\d.]+)"/.exec(svg)?.map(Number) ?? [];
    // The covariance of the fixture, in pixels of the scales that the picture has; the area does not know of rotation.
    const span = (of: (p: { x: number; y: number }) => number): number => {
      const shown = chart.series.filter(({ aside }) => !aside).flatMap(({ points }) => points.map(of));
      return (Math.max(...shown) - Math.min(...shown)) * 1.12;
    };
    const [sx, sy] = [(548 - 62) / span(({ x }) => x), (382 - 10) / span(({ y }) => y)];
    const determinant = (1e-4 * 2e-4 - 4e-10) * (sx * sy) ** 2;
    expect(rx * ry).toBeCloseTo(-2 * Math.log(0.05) * Math.sqrt(determinant), 0);
    // The base has no covariance: no region is made up for it.
    expect(count(svg, /<ellipse/g)).toBe(count(svg, /class="point[ "]/g) - 1);
    // Each is confined to the plot: beyond the axes stand their letters.
    const id = /<clipPath id="([^"]+)"><rect x="62" y="10" width="486" height="372"/.exec(svg)?.[1];
    expect(count(svg, /<g class="region" clip-path="url\(#([^)]+)\)"/g)).toBe(count(svg, /<ellipse/g));
    expect(svg).toContain(`url(#${id})`);
    const other = drawFigure(figure("front-1-helpful-3-humorous"));
    expect(/<clipPath id="([^"]+)"/.exec(other)?.[1]).not.toBe(id);
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
});

describe("intervals", () => {
  test("numbers beside the marks are those of the summary; what is not shown is hollow", () => {
    const svg = drawFigure(figure("differences"));
    expect(svg).toContain("+0.020 [0.006, 0.034]");
    const { chart } = figure("differences");
    if (chart.kind !== "intervals") throw new Error("not intervals");
    expect(chart.rows.map(({ label, pale }) => [label, pale])).toEqual([
      ["alpha − beta", false],
      // The suite asks for it too: it is drawn once.
      ["alpha − gamma", true],
      ["gamma − beta", false],
    ]);
  });

  test("a long name takes a second line, whole", () => {
    const summary = summaryFixture();
    const [first, ...rest] = summary.methods;
    if (first === undefined) throw new Error("no method");
    const title = "MVA, HSIC on rows of A (as published)";
    const long = buildReport({ ...summary, methods: [{ ...first, title }, ...rest] }, evidenceFixture());
    const figure = figuresOf(long).find(({ name }) => name === "hypervolume");
    if (figure === undefined) throw new Error("no figure");
    const svg = drawFigure(figure);
    wellFormed(svg);
    expect(svg).toMatch(/>MVA, HSIC on rows of A \(as<\/text><text[^>]*>published\)<\/text>/);
    expect(svg).not.toContain("…");
  });

  test("a run without variants has no ablation ladder", () => {
    expect(figures.some(({ name }) => name === "ablation")).toBe(true);
    const without = buildReport(summaryFixture({ variants: [] }), evidenceFixture());
    expect(figuresOf(without).some(({ name }) => name === "ablation")).toBe(false);
    expect(without.sections.some(({ heading }) => heading === "Ablation")).toBe(false);
  });
});

describe("budget", () => {
  test("the length of a bar is what was spent, against the tick of what was planned", () => {
    const { chart } = figure("budget");
    if (chart.kind !== "bars") throw new Error("not bars");
    expect(chart.rows.map(({ planned }) => planned)).toEqual([2e12, 2e12, 2e12, 2e12, 2e12]);
    const widths = [
      ...drawFigure(figure("budget")).matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="16"/g),
    ];
    const [gradient = 0, reference = 0] = widths.map(([, width]) => Number(width));
    expect(gradient / reference).toBeCloseTo(1.76 / 0.19, 1);
  });
});

describe("interference", () => {
  test("a panel a method, a row a pair, a column a layer and one for all", () => {
    const { chart } = figure("interference-cka");
    if (chart.kind !== "heat") throw new Error("not a heat map");
    expect(chart.columns).toEqual(["layer 0", "layer 1", "layer 2", "all"]);
    expect(chart.panels.map(({ title }) => title)).toEqual(["Alpha"]);
    expect(chart.panels[0]?.rows[1]?.cells.map((cell) => cell?.toFixed(1))).toEqual(["0.2", "0.3", "0.4", "0.2"]);
  });

  test("a run of an older version, without layers, has the mean alone", () => {
    const summary = summaryFixture();
    const old = summaryFixture({ interference: summary.interference.map((entry) => ({ ...entry, layers: [] })) });
    const found = figuresOf(buildReport(old)).find(({ name }) => name === "interference-cka");
    expect(found?.chart.kind === "heat" ? found.chart.columns : []).toEqual(["all"]);
  });
});

describe("scales", () => {
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

describe("colours", () => {
  test("49 series have 49 looks", () => {
    const looks = Array.from({ length: 49 }, (_, i) => styleAt(i)).map(({ colour, marker }) => `${colour} ${marker}`);
    expect(new Set(looks).size).toBe(49);
  });

  test.each([
    ["light", LIGHT, "#ffffff"],
    ["dark", DARK, DARK_GROUND],
  ] as const)("%s: each 3 : 1 against the ground, every two 20 apart to every eye", (_, colours, ground) => {
    for (const colour of colours) expect(contrast(colour, ground)).toBeGreaterThanOrEqual(3);
    for (const eye of Object.values(EYES)) {
      const seen = colours.map((colour) => lab(eye.map((row) => dot(row, linear(colour)))));
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) expect(Math.hypot(...difference(seen[i], seen[j]))).toBeGreaterThanOrEqual(20);
      }
    }
  });
});

/** Linear RGB as protanopes, deuteranopes and tritanopes see it (Machado, Oliveira and Fernandes 2009, severity 1). */
const EYES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  const sum = a.reduce((total, x, k) => total + x * (b[k] ?? 0), 0);
  return Math.min(1, Math.max(0, sum));
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [a, b].map((c) => dot([0.2126, 0.7152, 0.0722], linear(c))).sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function lab(rgb: readonly number[]): number[] {
  const white = [0.95047, 1, 1.08883];
  const xyz = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
  ].map((row, k) => row.reduce((sum, x, i) => sum + x * (rgb[i] ?? 0), 0) / (white[k] ?? 1));
  const [x = 0, y = 0, z = 0] = xyz.map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function difference(a: readonly number[] = [], b: readonly number[] = []): number[] {
  return a.map((x, k) => x - (b[k] ?? Number.NaN));
}
