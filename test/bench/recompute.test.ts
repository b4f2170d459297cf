/** Tables of a run whose `preferences.csv` does not hold one ruler for all candidates are refused, with what differs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCandidates, writePrompts, writeScores } from "../../src/bench/files/index.js";
import { type PreferenceRow, writePreferences } from "../../src/bench/files/preferences.js";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readTables } from "../../src/bench/recompute.js";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "recompute-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const files = () => runFiles(dir);
const candidates = ["w=1,0", "w=0,1"];
const row = (candidate: string, pair: number, extra: Partial<PreferenceRow> = {}): PreferenceRow => ({
  seed: 1,
  method: "soup",
  candidate,
  value: "kind",
  pair,
  prompt: `p${pair}`,
  margin: 0.5,
  ...extra,
});

function written(preferences: readonly PreferenceRow[]) {
  writePrompts(files().prompts, [{ prompt: "t0", split: "test", source: "kind" }]);
  writeCandidates(files().candidates, {
    values: ["kind"],
    rows: candidates.map((candidate) => ({
      seed: 1,
      method: "soup",
      candidate,
      weights: [1],
      coefficients: [1],
      selected: true,
      kl: 0,
      broken: 0,
    })),
  });
  writeScores(
    files().scores,
    candidates.map((candidate) => ({
      suite: "s",
      seed: 1,
      method: "soup",
      candidate,
      split: "test" as const,
      prompt: "t0",
      sample: 0,
      value: "kind",
      score: 1,
    })),
  );
  writePreferences(files().preferences, preferences);
  return () => readTables(files()).preferences;
}

describe("preferences.csv beside the other tables", () => {
  test("is read where all candidates were put to the same pairs", () => {
    const rows = candidates.flatMap((candidate) => [row(candidate, 0), row(candidate, 7)]);
    expect(written(rows)()).toEqual(rows);
  });

  test("is refused where a candidate lacks a pair, has another, or is unknown", () => {
    const [a = "", b = ""] = candidates;
    const both = [row(a, 0), row(a, 7), row(b, 0)];
    expect(written(both)).toThrow(
      /soup w=0,1 \(seed 1\) lacks kind pair 7 \(prompt p7\), which soup w=1,0 \(seed 1\) has/,
    );
    expect(written([...both, row(b, 8)])).toThrow(/w=0,1 \(seed 1\) has kind pair 8 \(prompt p8\), which .* has not/);
    expect(written([...both, row(b, 7, { prompt: "p9" })])).toThrow(/has kind pair 7 \(prompt p9\), which .* has not/);
    expect(written([row("w=.5,.5", 0)])).toThrow(/soup w=\.5,\.5 \(seed 1\), kind: not in candidates\.csv/);
    expect(written([row(a, 0, { value: "brief" })])).toThrow(/brief: not in candidates\.csv/);
  });
});
