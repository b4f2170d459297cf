/**
 * The order of rows within one board, with rank groups: rows whose difference is not shown share a rank. Methods of one row are
 * compared as they were measured, paired by seed and prompt; across rows as if they shared nothing (they share the prompts,
 * so this errs on the side of one rank).
 */
import { normalCdf, normalQuantile } from "../metrics/distributions.js";
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

function ranked(rows: readonly LeaderboardRow[]): RankedRow[] {
  const entries = rows.flatMap(entriesOf).sort((a, b) => volume(b) - volume(a) || order(a, b));
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

/**
 * Index of the first rival whose difference from `head` survives Holm's correction over all of them; their number where
 * none does.
 */
function firstShown(head: Entry, rivals: readonly Entry[], alpha: number): number {
  const ordered = rivals.map((rival, at) => ({ at, p: pValue(head, rival) })).sort((a, b) => a.p - b.p);
  let first = rivals.length;
  for (const [k, { at, p }] of ordered.entries()) {
    if (p * (rivals.length - k) >= alpha) break;
    first = Math.min(first, at);
  }
  return first;
}

/** Standard errors from which on a p-value is below any share of alpha. */
const BEYOND = 8;

/** Two-sided, of equal hypervolumes. */
function pValue(a: Entry, b: Entry): number {
  const paired = a.row === b.row ? a.pairs.get(b.method.id) : undefined;
  if (paired !== undefined) return paired;
  const error = Math.hypot(a.standardError, b.standardError);
  const difference = Math.abs(volume(a) - volume(b));
  if (error === 0) return difference > 0 ? 0 : 1;
  const z = difference / error;
  return z > BEYOND ? 0 : 2 * (1 - normalCdf(z));
}
