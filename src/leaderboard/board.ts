/** The leaderboard as it is asked for: which rows, in which order, one board a suite hash and data hash. */
import { InputError } from "../data/errors.js";
import { boardOf, type RankedRow, ranking } from "./ranking.js";
import type { LeaderboardRow } from "./row.js";

export interface BoardQuery {
  readonly suite?: string | undefined;
  readonly method?: string | undefined;
  readonly engine?: string | undefined;
  readonly kind?: "run" | "external" | undefined;
  /** At least so many. */
  readonly seeds?: number | undefined;
  /** `rank` (default), `hypervolume`, `spent`, `seconds`, `seeds`, `date`, or a value: its best candidate. */
  readonly sort?: string | undefined;
}

export interface Board {
  readonly suite: string;
  readonly version: number;
  readonly suiteHash: string;
  readonly dataHash: string;
  readonly values: readonly string[];
  /** Of the rows that were run here; null where all are from elsewhere. */
  readonly budget: LeaderboardRow["budget"];
  /** Ranks are among all rows of the board, whatever is shown of it. */
  readonly rows: readonly RankedRow[];
}

/**
 * @param rows all there are
 * @throws InputError for an order that no board knows
 */
export function boardsOf(rows: readonly LeaderboardRow[], query: BoardQuery = {}): Board[] {
  const boards = new Map<string, RankedRow[]>();
  for (const entry of ranking(rows)) {
    const key = boardOf(entry.row);
    const board = boards.get(key);
    if (board === undefined) boards.set(key, [entry]);
    else board.push(entry);
  }
  refuseUnknownOrder(rows, query.sort);
  return [...boards.values()]
    .flatMap((all): Board[] => {
      const own = all.filter((entry) => wanted(entry, query));
      const [first] = own;
      if (first === undefined) return [];
      const { suite, version, suiteHash, dataHash, values } = first.row;
      const budget = all.find(({ row }) => row.kind === "run")?.row.budget ?? null;
      return [{ suite, version, suiteHash, dataHash, values, budget, rows: sorted(own, query.sort ?? "rank") }];
    })
    .sort((a, b) => compareTexts(a.suite, b.suite) || b.version - a.version || flopsOf(a) - flopsOf(b));
}

function wanted({ row, method }: RankedRow, query: BoardQuery): boolean {
  return (
    (query.suite === undefined || row.suite === query.suite) &&
    (query.method === undefined || method.id === query.method) &&
    (query.engine === undefined || row.engine === query.engine) &&
    (query.kind === undefined || row.kind === query.kind) &&
    row.seeds.length >= (query.seeds ?? 0)
  );
}

const ORDERS = ["rank", "hypervolume", "spent", "seconds", "seeds", "date"];

function refuseUnknownOrder(rows: readonly LeaderboardRow[], sort: string | undefined): void {
  const values = [...new Set(rows.flatMap((row) => row.values))];
  if (sort === undefined || ORDERS.includes(sort) || values.includes(sort) || rows.length === 0) return;
  throw new InputError(`--sort takes ${[...ORDERS, ...values].join(", ")}, not "${sort}"`);
}

/** Best first; what is cheaper first; what is newer first. What is not known comes last. */
function sorted(rows: readonly RankedRow[], by: string): RankedRow[] {
  if (by === "rank" || by === "hypervolume") return [...rows];
  if (by === "date") return rows.toSorted((a, b) => compareTexts(b.row.date, a.row.date));
  const key = ({ row, method }: RankedRow): number => {
    if (by === "spent") return method.spent ?? Number.POSITIVE_INFINITY;
    if (by === "seconds") return method.seconds ?? Number.POSITIVE_INFINITY;
    if (by === "seeds") return -row.seeds.length;
    return -(method.best[row.values.indexOf(by)] ?? Number.NEGATIVE_INFINITY);
  };
  return rows.toSorted((a, b) => (key(a) === key(b) ? 0 : key(a) - key(b)));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function flopsOf({ budget }: Board): number {
  return budget?.flops ?? 0;
}
