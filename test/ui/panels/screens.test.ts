/** Whole screens of a recorded run, to be read in review: they lie in `golden/`, one file a size. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/bench/files/events.js";
import { textWidth } from "../../../src/report/text-width.js";
import { CHARSETS, type Charset, glyphsFor } from "../../../src/ui/draw/glyphs.js";
import { Screen } from "../../../src/ui/draw/screen.js";
import { seriesStyle } from "../../../src/ui/draw/style.js";
import { drawFrame } from "../../../src/ui/panels/frame.js";
import { RunState } from "../../../src/ui/state/run-state.js";
import { FIRST_VIEW, PANELS, type View } from "../../../src/ui/state/view.js";
import { anyEvent } from "../../bench/files/any-event.js";
import { recordedRun, stateOf, type Until } from "../recorded-run.js";

function screen(state: RunState, width: number, height: number, view: Partial<View>, charset: Charset = "braille") {
  const input = {
    state,
    view: { ...FIRST_VIEW, ...view },
    glyphs: glyphsFor(charset),
    nowMs: (state.lastMs ?? 0) + 500,
  };
  return drawFrame(width, height, { ...input, owned: false });
}

const plain = (...args: Parameters<typeof screen>): string =>
  screen(...args)
    .lines("plain")
    .join("\n");

const moments: readonly (readonly [Until, readonly Partial<View>[]])[] = [
  ["training", [{ panel: "overview" }, { panel: "training" }]],
  [
    "scoring",
    [
      { panel: "overview" },
      { panel: "frontier" },
      { panel: "leaderboard" },
      { panel: "samples" },
      // Of the second prompt the replies are in many scripts.
      { panel: "samples", place: { ...FIRST_VIEW.place, samples: 1 } },
    ],
  ],
  ["finished", [{ panel: "overview" }, { panel: "interference" }, { panel: "leaderboard" }, { help: true }]],
];

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
])("%i × %i", async (columns, rows) => {
  const pages = moments.flatMap(([until, views]) => {
    const state = stateOf(recordedRun(until));
    return views.map((view) => plain(state, columns, rows - 1, view));
  });
  const rule = `\n${"=".repeat(columns)}\n`;
  await expect(`${pages.join(rule)}\n`).toMatchFileSnapshot(`golden/${columns}x${rows}.txt`);
});

test("in ASCII, there is nothing else on any panel", async () => {
  const state = stateOf(recordedRun("scoring"));
  const pages = PANELS.map((panel) => plain(state, 80, 23, { panel }, "ascii"));
  for (const page of pages) expect(page).toMatch(/^[ -~\n]*$/);
  await expect(`${pages.join(`\n${"=".repeat(80)}\n`)}\n`).toMatchFileSnapshot("golden/80x24-ascii.txt");
});

test("without colour there is none, and nothing is lost: markers and numbers say it", () => {
  const state = stateOf(recordedRun("finished"));
  for (const panel of PANELS) {
    const drawn = screen(state, 100, 30, { panel });
    const lines = drawn.lines("none").join("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    expect(lines.match(/\u001b\[[\d;]*m/g)?.filter((code) => /3[0-9]|9[0-9]/.test(code)) ?? []).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    expect(lines.replace(/\u001b\[[\d;]*m/g, "")).toBe(drawn.lines("plain").join("\n"));
  }
});

describe("on a light ground and on a dark one, in colour", () => {
  const sizes = [
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const;

  test.each(sizes)("%i × %i", async (columns, rows) => {
    const scoring = stateOf(recordedRun("scoring"));
    const finished = stateOf(recordedRun("finished"));
    const show = (ground: "light" | "dark"): string =>
      [
        screen(scoring, columns, rows - 1, { panel: "leaderboard" }),
        screen(scoring, columns, rows - 1, { panel: "frontier" }),
        screen(finished, columns, rows - 1, { panel: "overview" }),
      ]
        .map((drawn) => drawn.lines("256", ground).join("\n").replaceAll("\u001b", "␛"))
        .join("\n\n");
    await expect(`${show("dark")}\n\n${show("light")}\n`).toMatchFileSnapshot(`golden/${columns}x${rows}-colours.txt`);
  });

  test("the words are the same", () => {
    const state = stateOf(recordedRun("scoring"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
    const bare = (lines: readonly string[]): string => lines.join("\n").replace(/\u001b\[[\d;]*m/g, "");
    for (const panel of PANELS) {
      const drawn = screen(state, 120, 39, { panel });
      expect(bare(drawn.lines("256", "light"))).toBe(bare(drawn.lines("256", "dark")));
    }
  });

  test("every colour of a series has a contrast of 3 : 1 on its ground at least, in any colours and in 256", () => {
    const code = (at: number, ground: "light" | "dark", depth: "true" | "256"): string => {
      const drawn = new Screen(2, 1);
      drawn.region.put(0, 0, "x", seriesStyle(at));
      return drawn.lines(depth, ground)[0] ?? "";
    };
    for (let at = 0; at < 7; at++) {
      for (const ground of ["light", "dark"] as const) {
        const rgb =
          /38;2;(\d+);(\d+);(\d+)m/
            .exec(code(at, ground, "true"))
            ?.slice(1)
            .map(Number) ?? [];
        const fixed = fixedColour(Number(/38;5;(\d+)m/.exec(code(at, ground, "256"))?.[1]));
        for (const colour of [rgb, fixed]) {
          const letters = luminance(colour);
          const ratio = ground === "light" ? 1.05 / (letters + 0.05) : (letters + 0.05) / 0.05;
          expect(ratio, `series ${at} on ${ground}: ${colour}`).toBeGreaterThanOrEqual(3);
        }
      }
    }
  });
});

/** Of the 6 × 6 × 6 cube among the 256 colours. */
function fixedColour(index: number): number[] {
  const level = (n: number): number => (n === 0 ? 0 : 55 + 40 * n);
  const at = index - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(level);
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe("what is not there is said", () => {
  test("before the first event", () => {
    const state = new RunState();
    for (const panel of PANELS) expect(plain(state, 80, 23, { panel }).trim()).not.toBe("");
    expect(plain(state, 80, 23, {})).toContain("waiting for the first event");
  });

  test("under 60 × 16, a plain notice and nothing else", () => {
    const state = stateOf(recordedRun("finished"));
    for (const [width, height] of [
      [59, 40],
      [200, 14],
      [20, 3],
    ] as const) {
      const lines = plain(state, width, height, {});
      expect(lines).toContain("too small".slice(0, Math.max(0, width - 20)));
      expect(lines).not.toContain("Verdict");
    }
    expect(plain(state, 60, 15, {})).toContain("Verdict");
  });

  test("a run whose process has gone keeps what it has, and says how to go on", () => {
    const state = stateOf(recordedRun("training"));
    state.lose();
    const page = plain(state, 80, 23, {});
    expect(page).toContain("its process is gone");
    expect(page).toContain("mva-bench run --resume quick-20260921-131000");
    expect(page).toContain("alpha");
  });

  test("a filter that fits nothing", () => {
    const state = stateOf(recordedRun("finished"));
    for (const panel of ["training", "leaderboard", "interference"] as const) {
      expect(plain(state, 80, 23, { panel, filter: "zzz" })).toMatch(/none fits|no method fits/);
    }
  });
});

test("the frontier's third value narrows what is shown", () => {
  const state = stateOf(recordedRun("scoring"));
  const count = (floor: number): number =>
    Number(/(\d+) candidates/.exec(plain(state, 100, 30, { panel: "frontier", floor }))?.[1]);
  expect(count(0)).toBe(19);
  expect(count(9)).toBeLessThan(count(0));
  expect(count(9)).toBeGreaterThan(0);
});

test("two methods that share a training both show what it cost", () => {
  const state = stateOf(recordedRun("training"));
  expect(state.budgetOf("alpha").spent).toBe(1.2e12);
  expect(state.budgetOf("beta").spent).toBe(1.2e12);
  expect(state.budgetOf("gamma").spent).toBe(0.23e12);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const view = fc.record({
  panel: fc.constantFrom(...PANELS),
  place: fc.record(Object.fromEntries(PANELS.map((id) => [id, fc.integer({ min: -3, max: 30 })]))) as fc.Arbitrary<
    View["place"]
  >,
  mixture: fc.integer({ min: -5, max: 50 }),
  method: fc.integer({ min: -5, max: 9 }),
  x: fc.nat({ max: 5 }),
  y: fc.nat({ max: 5 }),
  floor: fc.nat({ max: 10 }),
  filter: fc.string({ unit: "binary", maxLength: 4 }),
  help: fc.boolean(),
  typing: fc.boolean(),
});

property.prop(
  [
    fc.array(anyEvent, { maxLength: 25 }),
    fc.nat({ max: 60 }),
    view,
    fc.integer({ min: 0, max: 210 }),
    fc.integer({ min: 0, max: 62 }),
    fc.constantFrom(...CHARSETS),
    fc.boolean(),
  ],
  { numRuns: 150 },
)(
  "any events, in any view, at any size: nothing throws, nothing is wider or higher than the screen, no control character",
  (inputs, upTo, some, width, height, charset, recorded) => {
    const events = inputs.map((input, i) => ({ v: 1, time: i, ...input }) as RunEvent);
    const state = new RunState();
    for (const event of [...(recorded ? recordedRun("scoring").slice(0, upTo * 9) : []), ...events]) state.apply(event);
    const drawn = screen(state, width, height, some, charset);
    const lines = drawn.lines("plain");
    expect(lines.length).toBe(height);
    for (const line of lines) {
      expect(line).not.toMatch(CONTROL);
      expect(textWidth(line)).toBeLessThanOrEqual(width);
    }
    for (const line of drawn.lines("true")) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
      expect(line.replace(/\u001b\[[\d;]*m/g, "")).not.toMatch(CONTROL);
    }
  },
);
