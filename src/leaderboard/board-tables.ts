/** Boards as tables: the same cells for a terminal, Markdown and HTML. */
import { sanitise } from "../bench/files/sanitise.js";
import { decimal, duration, flops, interval } from "../report/numbers.js";
import { column, type Table } from "../report/table.js";
import type { Board } from "./board.js";
import type { BudgetView } from "./budget-view.js";
import { FEWEST_SEEDS } from "./confidence.js";
import type { RankedRow } from "./ranking.js";
import { seedsText } from "./row.js";
import { shownPairs } from "./shown-pairs.js";

export function boardTitle({ suite, version, suiteHash, budget }: Board): string {
  const spent = budget === null ? "" : `, ${flops(budget.flops)} a ${budget.per} and seed`;
  return `${sanitise(suite)} v${version} (${suiteHash.slice(0, 12)})${spent}`;
}

/** @param every with the mean of each value too, KL, broken text and hypervolume by seed */
export function boardTable({ values, rows }: Board, every = false): Table {
  const names = values.map((value) => sanitise(value));
  return {
    columns: [
      column("rank, method"),
      column("hypervolume", "right"),
      column("interval", "right"),
      ...names.map((name) => column(`best ${name}`, "right")),
      ...(every
        ? [
            ...names.map((name) => column(`mean ${name}`, "right")),
            column("KL mean", "right"),
            column("broken", "right"),
            column("by seed"),
          ]
        : []),
      column("seeds", "right"),
      column("spent", "right"),
      column("time", "right"),
      column("engine"),
      column("date"),
      column("row"),
    ],
    rows: rows.map((entry) => {
      const { rank, row, method } = entry;
      return [
        `${String(rank).padStart(2)}. ${nameOf(entry)}`,
        decimal(method.hypervolume.value),
        interval(method.hypervolume),
        ...names.map((_, k) => decimal(method.best[k])),
        ...(every
          ? [
              ...names.map((_, k) => decimal(method.mean[k])),
              decimal(method.kl?.mean, 1),
              method.broken === null ? "–" : `${decimal(100 * method.broken, 1)} %`,
              method.hypervolumeBySeed.map((x) => decimal(x)).join(" "),
            ]
          : []),
        row.seeds.length > 1 ? `${row.seeds.length} (${seedsText(row.seeds)})` : String(row.seeds[0] ?? ""),
        method.spent === null ? selfReported(entry) : flops(method.spent),
        method.seconds === null ? "–" : duration(method.seconds),
        sanitise(row.engine),
        row.date.slice(0, 10),
        sanitise(row.id),
      ];
    }),
  };
}

/** † few seeds, ‡ undertrained, § from elsewhere: see the notes. */
export function nameOf({ row, method }: RankedRow): string {
  const marks = `${row.seeds.length < FEWEST_SEEDS ? "†" : ""}${method.undertrained.length > 0 ? "‡" : ""}${row.kind === "external" ? "§" : ""}`;
  return `${sanitise(method.id)}${marks === "" ? "" : ` ${marks}`}`;
}

function selfReported({ row }: RankedRow): string {
  return row.budget === null ? "not known" : `~${flops(row.budget.flops * row.seeds.length)}`;
}

/** Rows whose pairs are told below a table. */
const MOST_PAIRED = 3;

/** What the marks of a board mean, only those that are there; and what is shown within its rows. */
export function boardNotes({ rows }: Board): string[] {
  const any = (is: (entry: RankedRow) => boolean) => rows.some(is);
  return [
    "Between rows that share a rank no difference is shown. Hypervolume above the suite's reference, of the candidates that validation selected.",
    ...[...new Set(rows.map(({ row }) => row))].slice(0, MOST_PAIRED).flatMap((row) => {
      const shown = shownPairs(row).map(
        ({ method, over }) => `${sanitise(method)} over ${over.map((id) => sanitise(id)).join(", ")}`,
      );
      return shown.length === 0 ? [] : [`Shown within ${sanitise(row.id)} (paired, Holm): ${shown.join("; ")}.`];
    }),
    ...(any(({ row }) => row.seeds.length < FEWEST_SEEDS)
      ? [
          `† fewer than ${FEWEST_SEEDS} seeds: a statement about these trained models; the interval covers the test prompts, not training anew.`,
        ]
      : []),
    ...(any(({ method }) => method.undertrained.length > 0)
      ? ["‡ undertrained: not each of its vertex policies is shown to beat the base on its own value at this budget."]
      : []),
    ...(any(({ row }) => row.kind === "external")
      ? ["§ external: trained elsewhere; only its scores were seen, what it spent is as its sender says (~)."]
      : []),
  ];
}

export function budgetTitle({ suite, version, dataHash }: BudgetView): string {
  return `${sanitise(suite)} v${version}, data ${dataHash.slice(0, 12)}: hypervolume against budget`;
}

export function budgetTable({ budgets, methods }: BudgetView): Table {
  return {
    columns: [column("method"), ...budgets.map((budget) => column(`${flops(budget.flops)} a ${budget.per}`, "right"))],
    rows: methods.map(({ id, at }) => [
      sanitise(id),
      ...at.map((entry) => {
        if (entry === null) return "–";
        const { hypervolume } = entry.method;
        const seeds = entry.row.seeds.length;
        const words = `${seeds} ${seeds === 1 ? "seed" : "seeds"}`;
        return `${decimal(hypervolume.value)} ${interval(hypervolume)}, ${words}`;
      }),
    ]),
  };
}
