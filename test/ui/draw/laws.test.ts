import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { textWidth } from "../../../src/report/text-width.js";
import { Dots } from "../../../src/ui/draw/dots.js";
import { CHARSETS, glyphsFor } from "../../../src/ui/draw/glyphs.js";
import { drawLines } from "../../../src/ui/draw/line-plot.js";
import { pictureText } from "../../../src/ui/draw/picture.js";
import { drawScatter } from "../../../src/ui/draw/scatter.js";
import { Screen, shownWidth } from "../../../src/ui/draw/screen.js";
import { sparkline } from "../../../src/ui/draw/sparkline.js";
import { bold, escapeOf, inverse, seriesStyle } from "../../../src/ui/draw/style.js";
import { axisOver, tickText } from "../../../src/ui/draw/ticks.js";
import { wrapCells } from "../../../src/ui/draw/wrap.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      "\u001b[2J",
      "\u001b]0;x\u0007",
      "\u009b1m",
      "漢",
      "👩‍👩‍👧",
      "ק",
      "a",
      " ",
      "e\u0301",
      "\u202e",
      "\ufe0f",
    ),
    maxLength: 20,
  }),
);

describe("a screen", () => {
  property.prop([
    fc.array(fc.tuple(hostile, fc.integer({ min: -3, max: 30 }), fc.integer({ min: -1, max: 4 })), { maxLength: 8 }),
  ])("holds no control character and no line is wider than it is, whatever is put on it", (texts) => {
    const screen = new Screen(24, 4);
    for (const [text, x, y] of texts) screen.region.put(x, y, text, seriesStyle(x));
    for (const line of screen.lines("plain")) {
      expect(line).not.toMatch(CONTROL);
      expect(textWidth(line)).toBeLessThanOrEqual(24);
    }
  });

  property.prop([hostile])("in ASCII holds nothing else", (text) => {
    const screen = new Screen(30, 1, true);
    screen.region.put(0, 0, text);
    expect(screen.lines("plain").join("")).toMatch(/^[ -~]*$/);
  });

  test("letters of every script keep their columns: marks stand on letters, vowel signs beside them, emoji and flags alike everywhere", () => {
    const shown = (text: string): readonly [string, number] => {
      const screen = new Screen(20, 1);
      const end = screen.region.put(0, 0, text);
      return [screen.lines("plain")[0]?.replaceAll("\u200e", "") ?? "", end];
    };
    // As tmux counts them, and xterm, VTE and the Linux console.
    expect(shown("שָׁלוֹם")).toEqual(["שָׁלוֹם", 4]);
    expect(shown("مرحبًا")).toEqual(["مرحبًا", 5]);
    expect(shown("क्षि")).toEqual(["क्षि", 3]);
    expect(shown("น้ำ")).toEqual(["น้ำ", 2]);
    expect(shown("한국")).toEqual(["한국", 4]);
    expect(shown("한")).toEqual(["한", 2]);
    expect(shown("漢字。")).toEqual(["漢字。", 6]);
    expect(shown("👩‍👩‍👧a")).toEqual(["👩a", 3]);
    expect(shown("👍🏽a")).toEqual(["👍a", 3]);
    expect(shown("❤️a")).toEqual(["❤a", 2]);
    expect(shown("🇩🇪a")).toEqual(["DEa", 3]);
    expect(shown("z\u0301\u0302\u0303\u0304a")).toEqual(["z\u0301\u0302a", 2]);
    expect(shown("\u0301a")).toEqual(["a", 1]);
  });

  test("text from right to left ends where it ends: what stands beside it does not change places with it", () => {
    const screen = new Screen(24, 3);
    for (const [y, text] of ["שלום 12", "שלום, ok", "漢字 مرحبا"].entries()) {
      screen.region.put(0, y, "│");
      screen.region.put(2, y, text);
      screen.region.put(12, y, "│");
    }
    expect(screen.lines("plain")).toEqual(["│ שלום 12\u200e   │", "│ שלום, ok  │", "│ 漢字 مرحبا\u200e│"]);
    const ascii = new Screen(8, 1, true);
    ascii.region.put(0, 0, "שלום");
    expect(ascii.lines("plain")).toEqual(["????"]);
  });

  test("what is drawn over half of a wide character leaves no other half", () => {
    const screen = new Screen(6, 1);
    screen.region.put(0, 0, "漢漢漢");
    screen.region.put(1, 0, "x");
    expect(screen.lines("plain")[0]).toBe(" x漢漢");
    screen.region.put(2, 0, "y");
    expect(screen.lines("plain")[0]).toBe(" xy 漢");
  });

  test("a part cannot be left", () => {
    const screen = new Screen(10, 3);
    screen.region.part(2, 1, 3, 1).put(1, 0, "abcdef");
    screen.region.part(2, 1, 3, 1).put(0, 1, "below");
    expect(screen.lines("plain")).toEqual(["", "   ab", ""]);
  });

  test("a style is opened and closed once for a run of words", () => {
    const screen = new Screen(12, 1);
    screen.region.put(0, 0, "ab cd", seriesStyle(0));
    screen.region.put(6, 0, "ef");
    expect(screen.lines("16")[0]).toBe("\u001b[96mab cd \u001b[0mef");
  });

  test("a blank is coloured where that shows, and only there", () => {
    const screen = new Screen(5, 1);
    screen.region.put(0, 0, " a ", inverse());
    screen.region.put(3, 0, "b");
    expect(screen.lines("none")[0]).toBe("\u001b[7m a \u001b[0mb");
  });
});

test("colours fall back from any to 256 to 16 to none; weight stays", () => {
  const style = bold(seriesStyle(1));
  expect(escapeOf(style, "true", "dark")).toBe("\u001b[1;38;2;230;159;0m");
  expect(escapeOf(style, "256", "dark")).toBe("\u001b[1;38;5;214m");
  expect(escapeOf(style, "16", "dark")).toBe("\u001b[1;33m");
  expect(escapeOf(style, "none", "dark")).toBe("\u001b[1m");
  expect(escapeOf(seriesStyle(6), "true", "light")).not.toBe(escapeOf(seriesStyle(6), "true", "dark"));
});

describe("axes", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
  property.prop([number, number, fc.integer({ min: 3, max: 12 }), fc.boolean()])(
    "hold their numbers, with at most as many ticks as asked for, all on the axis, evenly spaced by 1, 2 or 5",
    (a, b, most, snug) => {
      const axis = axisOver(a, b, most, snug);
      expect(axis.low).toBeLessThanOrEqual(Math.min(a, b));
      expect(axis.high).toBeGreaterThanOrEqual(Math.max(a, b));
      expect(axis.ticks.length).toBeLessThanOrEqual(most);
      if (!snug) expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
      const span = axis.high - axis.low;
      for (const tick of axis.ticks) {
        expect(tick).toBeGreaterThanOrEqual(axis.low - span * 1e-6);
        expect(tick).toBeLessThanOrEqual(axis.high + span * 1e-6);
      }
      const step = (axis.ticks[1] ?? Number.NaN) - (axis.ticks[0] ?? Number.NaN);
      if (Number.isFinite(step) && Math.abs(axis.ticks[0] ?? 0) < step * 1e6) {
        const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-6);
        expect([1, 2, 5, 10].some((nice) => Math.abs(lead - nice) < 1e-3)).toBe(true);
      }
    },
  );

  test("ticks as a reader would write them", () => {
    expect(axisOver(0, 0.87, 6)).toMatchObject({ ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], low: 0, high: 1, digits: 1 });
    expect(axisOver(3, 3, 3).ticks.length).toBeGreaterThanOrEqual(2);
    // Halves of the smallest number are zero, and a step of zero has no end.
    expect(axisOver(-5e-324, 5e-324, 3).ticks).toEqual([-1, 0, 1]);
    expect([0.05, 1500, 20_000, 2e6, -0.5].map((x) => tickText(x, 2))).toEqual(["0.05", "1.5k", "20k", "2M", "-0.50"]);
  });
});

property.prop([fc.array(fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 15 })), { maxLength: 30 })])(
  "a picture of dots in braille is the one that is drawn dot by dot",
  (points) => {
    const dots = new Dots(8, 4, "braille");
    for (const [x, y] of points) dots.set(x, y);
    const drawn = pictureText(8, 4, (region) => dots.draw(region)).split("\n");
    // The numbering of Unicode's patterns: down the left column, down the right one, then the lowest row.
    const order = [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
      [0, 3],
      [1, 3],
    ] as const;
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 8; column++) {
        const bits = order.reduce(
          (sum, [dx, dy], bit) =>
            sum + (points.some(([x, y]) => x === column * 2 + dx && y === row * 4 + dy) ? 1 << bit : 0),
          0,
        );
        const character = drawn[row]?.[column] ?? " ";
        expect(character).toBe(bits === 0 ? " " : String.fromCharCode(0x2800 + bits));
      }
    }
  },
);

const anything = fc.double();
property.prop(
  [
    fc.array(fc.record({ x: anything, y: anything }), { maxLength: 20 }),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 14 }),
    fc.constantFrom(...CHARSETS),
  ],
  // One number so large that half as much again is none.
  { examples: [[[{ x: 0, y: -1.1984620899082105e308 }], 12, 4, "braille"]] },
)("plots of any numbers, on any space, never throw and stay on it", (points, width, height, charset) => {
  const glyphs = glyphsFor(charset);
  const text = pictureText(width, height, (region) => {
    drawLines(region, glyphs, [{ points, style: 0 }], { xTitle: "step" });
    const scattered = points.map((point) => ({ ...point, marker: "o", style: 0 }));
    drawScatter(region, glyphs, { xTitle: "a", yTitle: "b", points: scattered, fronts: [], reference: [0, 0] });
  });
  for (const line of text.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(width);
});

property.prop([fc.array(anything, { maxLength: 60 }), fc.integer({ min: 0, max: 30 })])(
  "a sparkline is as wide as its numbers, or as its room",
  (numbers, width) => {
    expect(shownWidth(sparkline(numbers, width, glyphsFor("braille")))).toBe(Math.min(width, numbers.length));
  },
);

const words = fc.string({ unit: fc.constantFrom("a", "b", " ", "漢", "ק", "\n", "."), maxLength: 60 });
property.prop([words, fc.integer({ min: 2, max: 30 })])("wrapped text keeps its words and its width", (text, width) => {
  const lines = wrapCells(text, width);
  for (const line of lines) expect(shownWidth(line)).toBeLessThanOrEqual(width);
  expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
});
