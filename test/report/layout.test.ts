/** Laws of everything that is laid out in columns. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { decimal, duration, flops, integer, NBSP, percent, probability, signed } from "../../src/report/numbers.js";
import { shellCommand } from "../../src/report/shell.js";
import { renderTable } from "../../src/report/table.js";
import { clip, padEnd, padStart, textWidth, wrap } from "../../src/report/text-width.js";

const word = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[^ -~]/g, "x")),
  fc.constantFrom("日本語", "né", "👩‍🚀 ok", "e\u0301", "한국", ""),
);

describe("text", () => {
  property.prop([fc.array(word).map((words) => words.join(" ")), fc.integer({ min: 0, max: 40 })])(
    "clipped text is never wider than asked",
    (text, width) => {
      expect(textWidth(clip(text, width))).toBeLessThanOrEqual(width);
    },
  );

  property.prop([fc.array(word), fc.integer({ min: 8, max: 40 })])(
    "wrapped lines are never wider than asked and lose no short word",
    (words, width) => {
      const lines = wrap(words.join(" "), width);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
      const short = words.flatMap((text) => text.split(" ")).filter((text) => text !== "" && textWidth(text) <= width);
      expect(lines.flatMap((line) => line.split(" "))).toEqual(expect.arrayContaining(short));
    },
  );

  property.prop([word, fc.integer({ min: 12, max: 30 })])("padding fills up to the width exactly", (text, width) => {
    fc.pre(textWidth(text) <= width);
    expect(textWidth(padEnd(text, width))).toBe(width);
    expect(textWidth(padStart(text, width))).toBe(width);
  });

  test("wide, combining and narrow characters", () => {
    expect([textWidth("abc"), textWidth("日本"), textWidth("e\u0301"), textWidth("👩‍🚀"), textWidth("−…")]).toEqual([
      3, 4, 1, 2, 2,
    ]);
  });
});

describe("tables", () => {
  const tables = fc.integer({ min: 1, max: 8 }).chain((columns) =>
    fc.record({
      columns: fc.array(fc.record({ title: word, align: fc.constantFrom("left" as const, "right" as const) }), {
        minLength: columns,
        maxLength: columns,
      }),
      rows: fc.array(fc.array(word, { minLength: columns, maxLength: columns }), { maxLength: 5 }),
    }),
  );

  property.prop([tables, fc.integer({ min: 30, max: 120 })])("no line is wider than the screen", (table, width) => {
    for (const line of renderTable(table, width)) expect(textWidth(line)).toBeLessThanOrEqual(width);
  });

  property.prop([tables])("every cell that fits is shown whole, however narrow the screen", (table) => {
    const text = renderTable(table, 30).join("\n");
    for (const row of table.rows) {
      for (const cell of row.slice(1)) if (textWidth(cell) <= 12) expect(text).toContain(cell.trim());
    }
  });

  test("columns that do not fit go on below, under the same first column", () => {
    const table = {
      columns: ["method", "hypervolume", "interval"].map((title) => ({ title, align: "left" as const })),
      rows: [["alpha", "0.512345678", "[0.49, 0.53]"]],
    };
    expect(renderTable(table, 24)).toEqual([
      "method  hypervolume",
      "───────────────────",
      "alpha   0.512345678",
      "",
      "method  interval",
      "────────────────────",
      "alpha   [0.49, 0.53]",
    ]);
  });
});

describe("numbers", () => {
  test("what is not a number is a dash, never a made-up figure", () => {
    expect([decimal(null), decimal(undefined), decimal(Number.NaN), percent(null), integer(Number.NaN)]).toEqual([
      "–",
      "–",
      "–",
      "–",
      "–",
    ]);
    expect(probability(null)).toBe("–");
  });

  test("signs are true minus signs and zero has none", () => {
    expect([decimal(-0.0001), decimal(-1.5, 1), signed(0.0123), signed(-0.5, 1), signed(0)]).toEqual([
      "0.000",
      "−1.5",
      "+0.012",
      "−0.5",
      "0.000",
    ]);
  });

  test("quantities carry their unit", () => {
    const plain = (text: string): string => text.replaceAll(NBSP, " ");
    expect([flops(1.234e12), flops(999.9e9), flops(45e9), flops(7)].map(plain)).toEqual([
      "1.23 TFLOP",
      "1.00 TFLOP",
      "45.0 GFLOP",
      "7 FLOP",
    ]);
    expect([duration(3.21), duration(59.6), duration(192), duration(7439)].map(plain)).toEqual([
      "3.2 s",
      "1 min 00 s",
      "3 min 12 s",
      "2 h 04 min",
    ]);
    expect([probability(0.0001), probability(0.0234)]).toEqual(["< .001", ".023"]);
  });
});

test("a command can be pasted into a shell", () => {
  expect(shellCommand(["mva-bench", "run", "my suite.yaml", "--data", "it's", "--seeds", "1,2"])).toBe(
    `mva-bench run 'my suite.yaml' --data 'it'\\''s' --seeds 1,2`,
  );
});
