/**
 * Hypervolume against budget: one suite, version and data at several budgets. Each budget is a board of its own (another suite
 * hash); here they stand side by side, one line a method.
 */
import type { Board } from "./board.js";
import type { RankedRow } from "./ranking.js";

export interface BudgetView {
  readonly suite: string;
  readonly version: number;
  readonly dataHash: string;
  /** Ascending. */
  readonly budgets: readonly { readonly flops: number; readonly per: "method" | "policy" }[];
  readonly methods: readonly {
    readonly id: string;
    readonly title: string;
    /** One a budget; of several rows the one with most seeds, then the newest; null where there is none. */
    readonly at: readonly (RankedRow | null)[];
  }[];
}

/** Rows from elsewhere are left out: nobody has measured what they spent. */
export function budgetViews(boards: readonly Board[]): BudgetView[] {
  const groups = new Map<string, Board[]>();
  for (const board of boards) {
    if (board.budget === null) continue;
    const key = `${board.suite} ${board.version} ${board.dataHash} ${board.budget.per}`;
    groups.set(key, [...(groups.get(key) ?? []), board]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [viewOf(first, group)];
  });
}

function viewOf({ suite, version, dataHash }: Board, group: readonly Board[]): BudgetView {
  const boards = group.toSorted((a, b) => (a.budget?.flops ?? 0) - (b.budget?.flops ?? 0));
  const run = (board: Board) => board.rows.filter(({ row }) => row.kind === "run");
  const titles = new Map(boards.flatMap((board) => run(board).map(({ method }) => [method.id, method.title] as const)));
  return {
    suite,
    version,
    dataHash,
    budgets: boards.flatMap(({ budget }) => (budget === null ? [] : [budget])),
    methods: [...titles].map(([id, title]) => ({
      id,
      title,
      at: boards.map((board) => {
        const own = run(board).filter(({ method }) => method.id === id);
        return own.toSorted(bySeedsThenDate)[0] ?? null;
      }),
    })),
  };
}

function bySeedsThenDate(a: RankedRow, b: RankedRow): number {
  return b.row.seeds.length - a.row.seeds.length || (a.row.date < b.row.date ? 1 : -1);
}
