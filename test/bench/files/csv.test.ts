import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { formatNumber, formatRecord, parseCsv, readTable } from "../../../src/bench/files/csv.js";
import { InputError } from "../../../src/data/errors.js";
import { temporaryFolder } from "./temporary-folder.js";

const field = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc
    .array(fc.constantFrom(",", '"', "\n", "\r\n", "\r", "a", " ", "", "é"), { maxLength: 6 })
    .map((parts) => parts.join("")),
);
const records = fc.array(
  // A record of one empty field is an empty line, which is none.
  fc.array(field, { minLength: 1, maxLength: 5 }).filter((fields) => fields.join("") !== "" || fields.length > 1),
  { maxLength: 6 },
);

describe("records", () => {
  property.prop([records], { numRuns: 300 })("any fields come back, and csv-parse reads the same", (rows) => {
    const text = rows.map(formatRecord).join("");
    expect([...parseCsv(text, "x.csv")].map(({ fields }) => fields)).toEqual(rows);
    const other = parse(text, { relax_column_count: true, record_delimiter: "\n" }) as string[][];
    expect(other).toEqual(rows);
  });

  property.prop([records], { numRuns: 100 })("each record knows the line that it starts on", (rows) => {
    let line = 1;
    const lines = rows.map((fields) => {
      const start = line;
      line += formatRecord(fields).split("\n").length - 1;
      return start;
    });
    expect([...parseCsv(rows.map(formatRecord).join(""), "x.csv")].map((record) => record.line)).toEqual(lines);
  });

  test("line ends of Windows, a byte order mark and empty lines do no harm", () => {
    const text = '\ufeffa,b\r\n1,"2"\r\n\r\n"3",4\r\n';
    expect([...parseCsv(text, "x.csv")]).toEqual([
      { fields: ["a", "b"], line: 1 },
      { fields: ["1", "2"], line: 2 },
      { fields: ["3", "4"], line: 4 },
    ]);
  });

  const faults: [string, string, RegExp][] = [
    ["an unclosed quote", 'a,b\n1,"2\n3,4\n', /x\.csv: line 2: the quote is not closed/],
    ["text after a quote", 'a\n"1"2\n', /x\.csv: line 2: text after a closing quote/],
    ["a quote inside a field", 'a\n1"2\n', /x\.csv: line 2: a quote inside an unquoted field/],
    ["a last line that was cut", "a,b\n1,2\n3,0.1", /x\.csv: line 3 has no line end: the file is cut off/],
    ["a last quoted field that was cut", 'a\n"1"', /x\.csv: line 2 has no line end/],
  ];
  for (const [what, text, message] of faults) {
    test(`${what} is refused with its line`, () => {
      expect(() => [...parseCsv(text, "x.csv")]).toThrow(InputError);
      expect(() => [...parseCsv(text, "x.csv")]).toThrow(message);
    });
  }
});

describe("numbers", () => {
  property.prop([fc.double({ noNaN: true, noDefaultInfinity: true })], { numRuns: 500 })(
    "the text reads back to the same bits (−0 as 0), and no shorter text does",
    (value) => {
      const text = formatNumber(value);
      expect(Number(text)).toBe(value === 0 ? 0 : value);
      const digits = text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;
      if (digits > 1) expect(Number(value.toPrecision(digits - 1))).not.toBe(value);
    },
  );

  test("NaN and infinity are never written", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => formatNumber(value)).toThrow(RangeError);
  });
});

describe("tables", () => {
  const table = (text: string) => {
    const path = join(temporaryFolder(), "t.csv");
    writeFileSync(path, text);
    return readTable(path, ["n", "name"], (row) => ({ n: row.number("n"), name: row.text("name") }));
  };

  test("columns may stand in any order, beside others", () => {
    expect(table("name,extra,n\nx,,1e-3\n").rows).toEqual([{ n: 0.001, name: "x" }]);
  });

  const faults: [string, string, RegExp][] = [
    ["an empty file", "", /t\.csv: the file is empty; it should start with n,name/],
    ["a missing column", "n,other\n", /line 1 lacks the column "name"/],
    ["a column twice", "n,name,n\n", /line 1 has the column "n" twice/],
    ["too few fields", "n,name\n1,a\n2\n", /line 3 has 1 columns, the header has 2/],
    ["too many fields", "n,name\n1,a,b\n", /line 2 has 3 columns/],
    ["a number that is none", "n,name\n1,a\nx,b\n", /line 3, column "n": "x" is not a number/],
    ["an empty number", "n,name\n,b\n", /line 2, column "n": "" is not a number/],
    ["NaN", "n,name\nNaN,b\n", /column "n": "NaN" is not a number/],
    ["infinity", "n,name\n1e999,b\n", /column "n": "1e999" is not a number/],
    ["a number in another base", "n,name\n0x10,b\n", /column "n": "0x10"/],
    ["a number with spaces", "n,name\n 1,b\n", /column "n": " 1"/],
    ["an empty text", "n,name\n1,\n", /line 2, column "name": is empty/],
    ["a line after a quoted line end", 'n,name\n1,"a\nb"\nx,c\n', /line 4, column "n"/],
  ];
  for (const [what, text, message] of faults) {
    test(`${what}: file, line and column`, () => expect(() => table(text)).toThrow(message));
  }

  test("a file that is not there, and one that is not UTF-8", () => {
    expect(() => readTable(join(temporaryFolder(), "none.csv"), [], () => 0)).toThrow(/none\.csv: no such file/);
    const path = join(temporaryFolder(), "t.csv");
    writeFileSync(path, Buffer.from([0x61, 0xff, 0x0a]));
    expect(() => readTable(path, [], () => 0)).toThrow(/not UTF-8/);
  });

  test("what is quoted in an error cannot drive a terminal", () => {
    expect(() => table("n,name\n\u001b]0;x\u0007,b\n")).toThrow(/^[^\p{Cc}]*$/u);
  });
});
