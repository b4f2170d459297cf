/**
 * The order of rows within one suite, with rank groups: rows whose difference is not shown share a rank. The difference
 * of two rows is taken as if they shared nothing (they share the prompts, so this errs on the side of one rank).
 */
import { normalCdf, normalQuantile } from "../metrics/distributions.js";
import { holm } from "../metrics/index.js";
import type { LeaderboardRow } from "./row.js";

export interface RankedRow {
  readonly rank: number;
  readonly row: LeaderboardRow;
  readonly method: LeaderboardRow["methods"][number];
}

/** Rows of one suite hash only are comparable: each hash is ranked by itself, in the order of first appearance. */
export function ranking(rows: readonly LeaderboardRow[]): RankedRow[] {
  const suites = new Map<string, LeaderboardRow[]>();
  for (const row of rows) {
    const key = `${row.suiteHash} ${row.dataHash}`;
    suites.set(key, [...(suites.get(key) ?? []), row]);
  }
  return [...suites.values()].flatMap(ranked);
}

function ranked(rows: readonly LeaderboardRow[]): RankedRow[] {
  const entries = rows
    .flatMap((row) => row.methods.map((method) => ({ row, method })))
    .sort((a, b) => b.method.hypervolume.value - a.method.hypervolume.value);
  const alpha = 1 - (rows[0]?.confidence ?? 0.95);
  const out: RankedRow[] = [];
  let first = 0;
  while (first < entries.length) {
    const head = entries[first];
    if (head === undefined) break;
    const rivals = entries.slice(first + 1);
    const adjusted = holm(rivals.map((rival) => pValue(head, rival)));
    const shown = adjusted.findIndex((p) => p < alpha);
    const next = shown < 0 ? entries.length : first + 1 + shown;
    for (const entry of entries.slice(first, next)) out.push({ rank: first + 1, ...entry });
    first = next;
  }
  return out;
}

type Entry = Omit<RankedRow, "rank">;

/** Two-sided, of equal hypervolumes. */
function pValue(a: Entry, b: Entry): number {
  const error = Math.hypot(standardError(a), standardError(b));
  const difference = Math.abs(a.method.hypervolume.value - b.method.hypervolume.value);
  if (error === 0) return difference > 0 ? Number.MIN_VALUE : 1;
  return 2 * (1 - normalCdf(difference / error));
}

/** Of the interval's own width: for few seeds it is Student's, and the wider for it. */
function standardError({ row, method }: Entry): number {
  const { low, high } = method.hypervolume;
  return (high - low) / 2 / normalQuantile((1 + row.confidence) / 2);
}
