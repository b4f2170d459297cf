import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { sanitise } from "../../../src/bench/files/index.js";
import { terminalJson } from "../../../src/bench/files/sanitise.js";

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\u001b",
        "\u001b[",
        "\u001b]",
        "\u001bP",
        "\u009b",
        "\u009d",
        "\u0090",
        "\u0007",
        "\u001b\\",
        "\u009c",
        "\u001b(B",
      ),
      fc.constantFrom(
        "31m",
        "2J",
        "0;title",
        "52;c;AAAA",
        "\u202e",
        "\u2066",
        "\u061c",
        "\r",
        "\n",
        "\t",
        "\u0085",
        "\u2028",
        "\ud800",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.nat(0x9f).map((code) => String.fromCharCode(code)),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));

/** What a terminal might act on. */
const DANGEROUS = /[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

property.prop([hostile], { numRuns: 1000 })("nothing that a terminal acts on is left, whatever the text", (text) => {
  expect(sanitise(text)).not.toMatch(DANGEROUS);
  expect(sanitise(text, { lineEnds: "keep" }).replaceAll("\n", "")).not.toMatch(DANGEROUS);
});

property.prop([hostile], { numRuns: 300 })("doing it twice changes nothing more", (text) => {
  expect(sanitise(sanitise(text))).toBe(sanitise(text));
});

property.prop([fc.string({ unit: "grapheme" }).filter((text) => !DANGEROUS.test(text))], { numRuns: 300 })(
  "harmless text stays as it is",
  (text) => {
    expect(sanitise(text)).toBe(text);
  },
);

test("no single character that a terminal acts on is let through", () => {
  for (let code = 0; code < 0x10000; code++) {
    const clean = sanitise(String.fromCharCode(code));
    if (DANGEROUS.test(clean)) expect.fail(`U+${code.toString(16)} came through`);
  }
});

describe("whole sequences go, with what they carry", () => {
  const cases: [string, string, string][] = [
    ["colour", "a\u001b[31;1mb\u001b[0mc", "abc"],
    ["cursor and screen", "a\u001b[2J\u001b[10;10Hb", "ab"],
    ["private modes", "a\u001b[?1049hb", "ab"],
    ["C1 CSI", "a\u009b31mb", "ab"],
    ["a title, ended by BEL", "a\u001b]0;evil\u0007b", "ab"],
    ["a title, ended by ST", "a\u001b]0;evil\u001b\\b", "ab"],
    ["a hyperlink", "\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\", "text"],
    ["the clipboard", "a\u009d52;c;AAAA\u009cb", "ab"],
    ["a device control string", "a\u001bP+q544e\u001b\\b", "ab"],
    ["APC and PM", "a\u001b_x\u001b\\b\u001b^y\u001b\\c", "abc"],
    ["short sequences", "a\u001bcb\u001b(Bd", "abd"],
    ["a sequence inside a sequence", "a\u001b\u001b[31m[31mb", "a[31mb"],
    ["one that does not end shows its text", "a\u001b]0;half", "a0;half"],
    ["backspace, bell, delete", "a\b\u0007\u007fb", "ab"],
    ["bidi overrides", "a\u202eb\u2066c\u200fd", "abcd"],
  ];
  for (const [what, text, expected] of cases) test(what, () => expect(sanitise(text)).toBe(expected));
});

test("line ends become spaces, or stay as \\n where lines are wanted", () => {
  expect(sanitise("a\r\nb\nc\rd\te")).toBe("a b c d e");
  expect(sanitise("a\r\nb\nc\u2028d", { lineEnds: "keep" })).toBe("a\nb\nc\nd");
});

test("many introducers without an end take no more than linear time", () => {
  // At a million, a quadratic scan would take hours and fail by the test's own limit.
  for (const introducer of ["\u0090", "\u009d", "\u001b]", "\u001bP", "\u009b", "\u001b"]) {
    expect(sanitise(introducer.repeat(1_000_000)).length).toBeLessThanOrEqual(1_000_000);
  }
});

describe("JSON for a stream that may be a terminal", () => {
  property.prop([hostile, fc.constantFrom(undefined, 2)], { numRuns: 1000 })(
    "holds nothing that a terminal acts on, and reads back to the same strings",
    (text, indent) => {
      const json = terminalJson({ [`key ${text}`]: [text] }, indent);
      expect(json.replaceAll("\n", "")).not.toMatch(DANGEROUS);
      expect(JSON.parse(json)).toEqual({ [`key ${text}`]: [text] });
    },
  );

  test("what JSON lets through is escaped: C1, DEL and the switches of direction", () => {
    expect(terminalJson("\u009b31m\u007f\u202e\u2028")).toBe('"\\u009b31m\\u007f\\u202e\\u2028"');
  });
});
