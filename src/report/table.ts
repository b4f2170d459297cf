/** A table as data, and its plain-text form. Cells hold sanitise text already. */
import { clip, padEnd, padStart, textWidth } from "./text-width.js";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export function column(title: string, align: Column["align"] = "left"): Column {
  return { title, align };
}

/**
 * Lines of at most `width` columns, header first, then a rule. Columns that do not fit beside one another are carried
 * into further blocks, each of which repeats the first column, so that no figure is ever cut.
 */
export function renderTable(table: Table, width: number): string[] {
  const widths = table.columns.map((head, at) =>
    Math.max(textWidth(head.title), ...table.rows.map((row) => textWidth(row[at] ?? ""))),
  );
  const first = Math.min(widths[0] ?? 0, Math.max(8, Math.floor(width * 0.4)));
  const blocks: number[][] = [];
  let block: number[] = [];
  let used = first;
  for (let at = 1; at < table.columns.length; at++) {
    const need = GAP + (widths[at] ?? 0);
    if (used + need > width && block.length > 0) {
      blocks.push(block);
      block = [];
      used = first;
    }
    block.push(at);
    used += need;
  }
  if (block.length > 0 || blocks.length === 0) blocks.push(block);
  return blocks.flatMap((columns, index) => {
    const line = (cells: readonly string[]): string =>
      [
        padEnd(clip(cells[0] ?? "", first), first),
        ...columns.map((at) => {
          const size = Math.min(widths[at] ?? 0, width - first - GAP);
          const cell = clip(cells[at] ?? "", size);
          return table.columns[at]?.align === "right" ? padStart(cell, size) : padEnd(cell, size);
        }),
      ]
        .join(" ".repeat(GAP))
        .trimEnd();
    const head = line(table.columns.map(({ title }) => title));
    const total = columns.reduce((sum, at) => sum + GAP + (widths[at] ?? 0), first);
    const rule = "─".repeat(Math.min(width, total));
    return [...(index > 0 ? [""] : []), head, rule, ...table.rows.map(line)];
  });
}

const GAP = 2;
