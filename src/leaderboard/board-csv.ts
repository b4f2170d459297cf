/** Boards as CSV: one line a row, method and value, because suites differ in their values. */
import { formatNumber, formatRecord } from "../bench/files/csv.js";
import type { Board } from "./board.js";

const HEAD = [
  "suite",
  "version",
  "suite_hash",
  "data_hash",
  "rank",
  "row",
  "kind",
  "method",
  "hypervolume",
  "low",
  "high",
  "seeds",
  "budget_flops",
  "spent_flops",
  "seconds",
  "engine",
  "date",
  "undertrained",
  "value",
  "best",
  "mean",
];

/** Empty cells: not known. Texts are those of the rows, as they are. */
export function boardsCsv(boards: readonly Board[]): string {
  const number = (x: number | null | undefined) => (x === null || x === undefined ? "" : formatNumber(x));
  const lines = boards.flatMap((board) =>
    board.rows.flatMap(({ rank, row, method }) =>
      row.values.map((value, k) =>
        formatRecord([
          row.suite,
          String(row.version),
          row.suiteHash,
          row.dataHash,
          String(rank),
          row.id,
          row.kind,
          method.id,
          ...[method.hypervolume.value, method.hypervolume.low, method.hypervolume.high].map(number),
          String(row.seeds.length),
          number(row.budget?.flops),
          number(method.spent),
          number(method.seconds),
          row.engine,
          row.date,
          method.undertrained.join(" "),
          value,
          number(method.best[k]),
          number(method.mean[k]),
        ]),
      ),
    ),
  );
  return [formatRecord(HEAD), ...lines].join("");
}
