import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PreferenceRow, readPreferences, writePreferences } from "../../../src/bench/files/preferences.js";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "preferences-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const row = (pair: number, margin: number): PreferenceRow => ({
  seed: 1,
  method: "mva",
  candidate: "w=1,0,0",
  value: "helpful",
  pair,
  prompt: `p${pair}`,
  margin,
});

describe("preferences.csv", () => {
  test("is read as it was written, to the last bit", () => {
    const path = join(dir, "a.csv");
    const rows = [row(0, 0.1 + 0.2), row(3, -1e-17), row(7, 0)];
    writePreferences(path, rows);
    expect(readPreferences(path)).toEqual(rows);
    expect(readFileSync(path, "utf8").split("\n")[0]).toBe("seed,method,candidate,value,pair,prompt,margin");
  });

  test("two pairs of one prompt: their margins are not two independent looks, and the line is named", () => {
    const path = join(dir, "c.csv");
    writePreferences(path, [row(0, 1), { ...row(1, 2), prompt: "p0" }]);
    expect(() => readPreferences(path)).toThrow(/c\.csv: line 3, column "prompt": helpful prompt p0 of w=1,0,0/);
  });

  test("without prompts, as an older version wrote it, every pair has one of its own", () => {
    const path = join(dir, "d.csv");
    const line = (value: string, pair: number) => `1,mva,"w=1,0,0",${value},${pair},0.5\n`;
    writeFileSync(path, `seed,method,candidate,value,pair,margin\n${line("a", 0)}${line("a", 1)}${line("b", 0)}`);
    expect(new Set(readPreferences(path).map(({ prompt }) => prompt)).size).toBe(3);
  });

  test("a pair that stands there twice, a margin that is no number: one line with file and line", () => {
    const path = join(dir, "b.csv");
    writePreferences(path, [row(0, 1), row(0, 2)]);
    expect(() => readPreferences(path)).toThrow(/b\.csv.*3.*helpful pair 0 of w=1,0,0 stands there twice/s);
    writeFileSync(path, 'seed,method,candidate,value,pair,margin\n1,mva,"w=1,0,0",helpful,0,nan\n');
    expect(() => readPreferences(path)).toThrow(/b\.csv.*2.*margin/s);
    expect(() => writePreferences(path, [row(0, Number.NaN)])).toThrow(RangeError);
  });
});
