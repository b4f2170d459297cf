/** Whole screens of a recorded run, to be read in review: they lie in `golden/`, one file a size. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/bench/files/events.js";
import { textWidth } from "../../../src/report/text-width.js";
import { CHARSETS, type Charset, glyphsFor } from "../../../src/ui/draw/glyphs.js";
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
  ["scoring", [{ panel: "overview" }, { panel: "frontier" }, { panel: "leaderboard" }, { panel: "samples" }]],
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

test("on a light ground and on a dark one, in colour", async () => {
  const state = stateOf(recordedRun("scoring"));
  const show = (ground: "light" | "dark"): string =>
    screen(state, 80, 23, { panel: "leaderboard" }).lines("256", ground).join("\n").replaceAll("\u001b", "␛");
  await expect(`${show("dark")}\n\n${show("light")}\n`).toMatchFileSnapshot("golden/80x24-colours.txt");
});

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
