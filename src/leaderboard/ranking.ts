/**
 * The order of rows within one suite, with rank groups: rows whose difference is not shown share a rank. The difference
 * of two rows is taken as if they shared nothing (they share the prompts, so this errs on the side of one rank).
 */
import { normalCdf, normalQuantile } from "../metrics/distributions.js";
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
    .flatMap((row) => {
      const z = normalQuantile((1 + row.confidence) / 2);
      return row.methods.map((method): Entry => ({ row, method, z }));
    })
    .sort((a, b) => b.method.hypervolume.value - a.method.hypervolume.value);
  const alpha = 1 - (rows[0]?.confidence ?? 0.95);
  const out: RankedRow[] = [];
  let first = 0;
  while (first < entries.length) {
    const head = entries[first];
    if (head === undefined) break;
    const next = first + 1 + firstShown(head, entries.slice(first + 1), alpha);
    for (const { row, method } of entries.slice(first, next)) out.push({ rank: first + 1, row, method });
    first = next;
  }
  return out;
}

interface Entry extends Omit<RankedRow, "rank"> {
  /** Half widths of the row's intervals are this many standard errors. */
  readonly z: number;
}

/**
 * Index of the first rival whose difference from `head` survives Holm's correction over all of them; their number where
 * none does. From the surest difference down, so that few p-values are needed.
 */
function firstShown(head: Entry, rivals: readonly Entry[], alpha: number): number {
  const order = rivals.map((rival, at) => ({ at, z: score(head, rival) })).sort((a, b) => b.z - a.z);
  let first = rivals.length;
  for (const [k, { at, z }] of order.entries()) {
    const p = z > BEYOND ? 0 : 2 * (1 - normalCdf(z));
    if (p * (rivals.length - k) >= alpha) break;
    first = Math.min(first, at);
  }
  return first;
}

/** Standard errors from which on a p-value is below any share of alpha. */
const BEYOND = 8;

/** Standard errors between two hypervolumes. */
function score(a: Entry, b: Entry): number {
  const error = Math.hypot(standardError(a), standardError(b));
  const difference = Math.abs(a.method.hypervolume.value - b.method.hypervolume.value);
  return error > 0 ? difference / error : difference > 0 ? Number.POSITIVE_INFINITY : 0;
}

/** Of the interval's own width: for few seeds it is Student's, and the wider for it. */
function standardError({ method, z }: Entry): number {
  const { low, high } = method.hypervolume;
  return (high - low) / 2 / z;
}
