/** The leaderboard as one self-contained page: no script, no request; opens from disk, light and dark. */
import { createHash } from "node:crypto";
import type { Chart } from "../report/charts/chart.js";
import { renderBlock } from "../report/html/blocks.js";
import { STYLE } from "../report/html/style.js";
import type { Block } from "../report/model.js";
import { decimal, interval } from "../report/numbers.js";
import { element, escapeMarkup } from "../report/svg/markup.js";
import type { Board } from "./board.js";
import { boardNotes, boardTable, boardTitle, budgetTable, budgetTitle, nameOf } from "./board-tables.js";
import { type BudgetView, budgetViews } from "./budget-view.js";

/** Rows of one picture; the table has all. */
const MOST_ROWS = 30;

export function boardsHtml(boards: readonly Board[]): string {
  const style = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
  const sections = [
    ...boards.map((board) => section(boardTitle(board), boardBlocks(board))),
    ...budgetViews(boards)
      .filter(({ budgets }) => budgets.length > 1)
      .map((view) => section(budgetTitle(view), budgetBlocks(view))),
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(`default-src 'none'; style-src ${style}`)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>mva-bench leaderboard</title>",
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    element(
      "div",
      { class: "page" },
      element("header", {}, element("h1", {}, "mva-bench leaderboard")),
      element("main", {}, ...(sections.length > 0 ? sections : [element("p", {}, "No rows.")])),
    ),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function section(title: string, blocks: readonly Block[]): string {
  return element(
    "section",
    {},
    element("h2", {}, escapeMarkup(title)),
    ...blocks.map((block) => renderBlock(block, title)),
  );
}

function boardBlocks(board: Board): Block[] {
  return [
    {
      kind: "figure",
      figure: {
        name: "hypervolume",
        title: "Hypervolume",
        caption: `Intervals at ${Math.round(100 * (board.rows[0]?.row.confidence ?? 0.95))} %; small marks: one seed each${board.rows.length > MOST_ROWS ? `; the first ${MOST_ROWS} rows` : ""}.`,
        chart: volumes(board),
      },
    },
    { kind: "table", table: boardTable(board, true), notes: boardNotes(board) },
  ];
}

function volumes({ rows }: Board): Chart {
  const methods = [...new Set(rows.map(({ method }) => method.id))];
  return {
    kind: "intervals",
    axis: "hypervolume",
    zero: false,
    rows: rows.slice(0, MOST_ROWS).map((entry) => {
      const { method, rank, row } = entry;
      const colour = methods.indexOf(method.id) % 8;
      return {
        label: `${rank}. ${nameOf(entry)}`,
        style: { colour, marker: row.kind === "external" ? "diamond" : "circle" },
        ...method.hypervolume,
        parts: method.hypervolumeBySeed.length > 1 ? method.hypervolumeBySeed : [],
        pale: method.undertrained.length > 0,
        detail: `${nameOf(entry)}\n${decimal(method.hypervolume.value)} ${interval(method.hypervolume)}\n${row.id}`,
      };
    }),
  };
}

function budgetBlocks(view: BudgetView): Block[] {
  const style = (at: number) => ({ colour: at % 8, marker: "circle" as const });
  return [
    {
      kind: "figure",
      figure: {
        name: "budget",
        title: "Hypervolume against budget",
        caption: "Intervals stand in the table.",
        chart: {
          kind: "curves",
          axis: `log10 FLOP a ${view.budgets[0]?.per ?? "method"} and seed`,
          legend: view.methods.map(({ id }, at) => ({ label: id, style: style(at) })),
          panels: [
            {
              title: "hypervolume",
              lines: view.methods.map(({ at }, series) => ({
                series,
                points: at.flatMap((entry, b): [number, number][] =>
                  entry === null ? [] : [[Math.log10(view.budgets[b]?.flops ?? 1), entry.method.hypervolume.value]],
                ),
              })),
            },
          ],
        },
      },
    },
    { kind: "table", table: budgetTable(view), notes: [] },
  ];
}
