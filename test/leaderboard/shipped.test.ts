/** The rows that ship: they are read, not made up, and their points follow from their scores (all figures: CI's verify). */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { evidenceFiles, MOST_BYTES, readRows } from "../../src/leaderboard/store.js";
import { verifyRow } from "../../src/leaderboard/verify-row.js";

const rows = readRows(join(import.meta.dirname, "../../reports/leaderboard"));

test("there are rows of the main suite", () => {
  expect(rows.map(({ row }) => row.suite)).toContain("quick");
});

test.each(rows.map((stored) => [stored.row.suite, stored.row.id, stored] as const))("%s %s", (_, __, stored) => {
  expect(verifyRow(stored, "points")).toEqual([]);
  const { evidence, scores } = evidenceFiles(stored.path);
  expect(statSync(scores).size).toBeLessThanOrEqual(MOST_BYTES);
  // Where files lay on the machine that ran it is nobody's business.
  const text = gunzipSync(readFileSync(evidence)).toString("utf8");
  expect(text).not.toMatch(/"\/[a-z]+\/|[A-Z]:\\\\/);
});
