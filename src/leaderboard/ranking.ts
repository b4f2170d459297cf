/**
 * The order of rows within one board, with rank groups: between no two rows of a group is a difference shown. Methods of one
 * row are compared as they were measured, paired by seed and prompt; across rows as if they shared nothing (they share the
 * prompts, so this errs on the side of one rank).
 */
import { normalQuantile } from "../metrics/distributions.js";
import type { LeaderboardRow } from "./row.js";

export interface RankedRow {
  readonly rank: number;
  readonly row: LeaderboardRow;
  readonly method: LeaderboardRow["methods"][number];
}

/** What may be ranked together: one suite hash, one data hash. */
export function boardOf({ suiteHash, dataHash }: LeaderboardRow): string {
  return `${suiteHash} ${dataHash}`;
}

/** Each board is ranked by itself; boards in the order of first appearance. */
export function ranking(rows: readonly LeaderboardRow[]): RankedRow[] {
  const boards = new Map<string, LeaderboardRow[]>();
  for (const row of rows) {
    const board = boards.get(boardOf(row));
    if (board === undefined) boards.set(boardOf(row), [row]);
    else board.push(row);
  }
  return [...boards.values()].flatMap(ranked);
}

interface Entry extends Omit<RankedRow, "rank"> {
  /** Of the interval's own width: for few seeds it is Student's, and the wider for it. */
  readonly standardError: number;
  /** p-values against other methods of the same row, by id. */
  readonly pairs: ReadonlyMap<string, number>;
}

/** A group ends before the first row that is shown to lie below any of its rows. */
function ranked(rows: readonly LeaderboardRow[]): RankedRow[] {
  const entries = rows.flatMap(entriesOf).sort((a, b) => volume(b) - volume(a) || order(a, b));
  const alpha = 1 - (rows[0]?.confidence ?? 0.95);
  // Each row is held against all below it: Bonferroni over these.
  const alphas = entries.map((_, at) => alpha / roundedUp(Math.max(1, entries.length - at - 1)));
  // Thousands of rows make millions of comparisons: plain numbers, and squares in place of roots.
  const volumes = Float64Array.from(entries, volume);
  const variances = Float64Array.from(entries, ({ standardError }) => standardError ** 2);
  const quantiles = new Map([...new Set(alphas)].map((own) => [own, normalQuantile(1 - own / 2) ** 2]));
  const enough = Float64Array.from(alphas, (own) => quantiles.get(own) ?? Number.NaN);
  const indices = new Map(rows.map((row, at) => [row, at]));
  const rowOf = Int32Array.from(entries, ({ row }) => indices.get(row) ?? -1);
  const shownBelow = (upper: number, lower: number): boolean => {
    if (rowOf[upper] === rowOf[lower]) {
      const paired = entries[upper]?.pairs.get(entries[lower]?.method.id ?? "");
      if (paired !== undefined) return paired < (alphas[upper] as number);
    }
    const difference = (volumes[upper] as number) - (volumes[lower] as number);
    const variance = (variances[upper] as number) + (variances[lower] as number);
    return difference * difference > (enough[upper] as number) * variance;
  };
  let first = 0;
  return entries.map(({ row, method }, at) => {
    for (let upper = first; upper < at; upper++) {
      if (!shownBelow(upper, at)) continue;
      first = at;
      break;
    }
    return { rank: first + 1, row, method };
  });
}

/** To two digits beyond a hundred: thousands of quantiles would take longer than all else. */
function roundedUp(count: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / step) * step;
}

function entriesOf(row: LeaderboardRow): Entry[] {
  const z = normalQuantile((1 + row.confidence) / 2);
  return row.methods.map((method) => {
    const { low, high } = method.hypervolume;
    const pairs = row.pairs.flatMap(({ a, b, p }): [string, number][] =>
      a === method.id ? [[b, p]] : b === method.id ? [[a, p]] : [],
    );
    return { row, method, standardError: (high - low) / 2 / z, pairs: new Map(pairs) };
  });
}

function volume({ method }: Entry): number {
  return method.hypervolume.value;
}

/** Of equal hypervolumes: whatever order the rows came in. */
function order(a: Entry, b: Entry): number {
  const key = ({ row, method }: Entry) => `${row.id} ${method.id}`;
  return key(a) < key(b) ? -1 : 1;
}
