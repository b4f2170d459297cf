/** `data inspect PATH`. */

import { sanitise } from "../../bench/files/sanitise.js";
import { type Inspection, inspectData, type Quantiles } from "../../data/inspect.js";
import type { DropCounts } from "../../data/pair.js";
import { splits } from "../../data/split.js";
import { integer, NBSP, percent } from "../../report/numbers.js";
import { column, renderTable, type Table } from "../../report/table.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";

/** @throws InputError for data that cannot be read */
export async function inspect(path: string, options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const inspection = await inspectData(path);
  if (options.json === true) writeJson(io, inspection);
  else io.stdout.write(`${renderInspection(inspection, columnsOf(io.stdout)).join("\n")}\n`.replaceAll(NBSP, " "));
  return exitCodes.fine;
}

export function renderInspection(data: Inspection, width: number): string[] {
  const values: Table = {
    columns: [
      column("value"),
      ...splits.map((split) => column(split, "right")),
      column("prompts", "right"),
      column("chosen longer", "right"),
    ],
    rows: data.values.map(({ value, pairs, distinctPrompts, chosenLonger }) => [
      sanitise(value),
      ...splits.map((split) => integer(pairs[split])),
      integer(splits.reduce((sum, split) => sum + distinctPrompts[split], 0)),
      percent(chosenLonger),
    ]),
  };
  const lengths: Table = {
    columns: [
      column("characters"),
      ...(["min", "p10", "p50", "p90", "p99", "max"] as const).map((at) => column(at, "right")),
    ],
    rows: (["prompt", "reply", "whole"] as const).map((part) => [part, ...quantileCells(data.lengths[part])]),
  };
  const conflicts = data.conflicts
    .filter(({ shared }) => shared > 0)
    .map(
      ({ values: [a, b], shared, opposed }) =>
        `${sanitise(a)} and ${sanitise(b)} judge ${integer(shared)} pairs both; they disagree on ${percent(opposed / shared)}.`,
    );
  return [
    `${sanitise(data.path)}: ${integer(data.pairs)} pairs, ${data.values.length} ${data.values.length === 1 ? "value" : "values"}, ${data.files.length} ${data.files.length === 1 ? "file" : "files"}`,
    `hash ${data.hash}`,
    "",
    ...renderTable(values, width),
    "",
    ...renderTable(lengths, width),
    "",
    ...(conflicts.length > 0 ? conflicts : ["No reply pair carries labels of two values."]),
    droppedLine(data.dropped),
  ];
}

function quantileCells({ min, p10, p50, p90, p99, max }: Quantiles): string[] {
  return [min, p10, p50, p90, p99, max].map(integer);
}

function droppedLine(dropped: DropCounts): string {
  const parts = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${integer(count)} ${reason}`);
  return parts.length === 0 ? "No row was dropped." : `Dropped rows: ${parts.join(", ")}.`;
}
