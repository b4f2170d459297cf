/** `leaderboard`: list; `add`, `verify` and `prompts` beside it. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { sanitise } from "../../bench/files/sanitise.js";
import { InputError } from "../../data/errors.js";
import { type Board, type BoardQuery, boardsOf } from "../../leaderboard/board.js";
import { boardsCsv } from "../../leaderboard/board-csv.js";
import { boardsHtml } from "../../leaderboard/board-html.js";
import { boardNotes, boardTable, boardTitle, budgetTable, budgetTitle } from "../../leaderboard/board-tables.js";
import { budgetViews } from "../../leaderboard/budget-view.js";
import { FaultyInput } from "../../leaderboard/faults.js";
import { readRows, type WrittenRow } from "../../leaderboard/store.js";
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { renderTable, type Table } from "../../report/table.js";
import { wrap } from "../../report/text-width.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import { runFolder } from "../run-folder.js";

export interface BoardFlags extends BoardQuery {
  readonly root: string;
  readonly json?: boolean;
}

export interface ListFlags extends BoardFlags {
  readonly every?: boolean;
  readonly budget?: boolean;
  readonly csv?: boolean;
  readonly markdown?: boolean;
  readonly html?: string;
}

export interface AddFlags extends BoardFlags {
  readonly into?: string;
  readonly submission?: string;
  readonly data?: string;
}

/**
 * Ends with 2 where a file from elsewhere is at fault, each fault on a line.
 * @throws InputError with every reason for which this cannot be a row; WriteError
 */
export async function add(names: readonly string[], flags: AddFlags, io: Io): Promise<ExitCode> {
  try {
    return await addRow(names, flags, io);
  } catch (error) {
    if (!(error instanceof FaultyInput)) throw error;
    for (const line of error.lines) io.stderr.write(`mva-bench: ${sanitise(line)}\n`);
    return error.exitCode;
  }
}

async function addRow(names: readonly string[], flags: AddFlags, io: Io): Promise<ExitCode> {
  const root = resolve(io.cwd, flags.root);
  // What checks a row knows every method; a list of rows need not wait for it.
  const { addRuns } = await import("../../leaderboard/add-row.js");
  const written =
    flags.submission === undefined
      ? addRuns(
          names.map((name) => ({ folder: runFolder(name, io.cwd), source: name })),
          { root, ...(flags.into === undefined ? {} : { into: rowPath(flags.into, root, io.cwd) }) },
        )
      : await addSubmission(names, flags, flags.submission, root, io);
  const { row, path, known } = written;
  if (flags.json === true) writeJson(io, { id: row.id, path, known });
  else io.stdout.write(`${sanitise(row.id)} ${known ? "lies there already" : "was added"}: ${sanitise(path)}\n`);
  return exitCodes.fine;
}

async function addSubmission(
  names: readonly string[],
  flags: AddFlags,
  submission: string,
  root: string,
  io: Io,
): Promise<WrittenRow> {
  const [scores, more] = names;
  if (scores === undefined || more !== undefined || flags.into !== undefined) {
    throw new UsageError("leaderboard add --submission takes one CSV of scores by prompt, and no --into");
  }
  const { addExternal } = await import("../../leaderboard/external.js");
  return addExternal(
    {
      scores: { path: resolve(io.cwd, scores), source: scores },
      submission: { path: resolve(io.cwd, submission), source: submission },
    },
    { root, ...(flags.data === undefined ? {} : { data: resolve(io.cwd, flags.data) }) },
  );
}

/** A row by path or id. @throws InputError */
function rowPath(name: string, root: string, cwd: string): string {
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  if (name.endsWith(".json") && isFile(resolve(cwd, name))) return resolve(cwd, name);
  const found = existsSync(root) ? readRows(root).find(({ row }) => row.id === name) : undefined;
  if (found === undefined) throw new InputError(`${join(root)} holds no row "${name}" (give its id or its .json file)`);
  return found.path;
}

/** @throws InputError where a row cannot be read */
export function list(flags: ListFlags, io: Io): ExitCode {
  const rows = readRows(resolve(io.cwd, flags.root), flags.suite).map(({ row }) => row);
  const boards = boardsOf(rows, flags);
  if (flags.html !== undefined) {
    writeFileAtomic(resolve(io.cwd, flags.html), boardsHtml(boards));
    io.stderr.write(`written: ${sanitise(flags.html)}\n`);
    return exitCodes.fine;
  }
  if (flags.json === true) writeJson(io, flags.budget === true ? budgetViews(boards) : boards);
  else if (flags.csv === true) io.stdout.write(boardsCsv(boards));
  else if (rows.length === 0 && flags.suite === undefined)
    io.stdout.write(`${sanitise(flags.root)} holds no rows; add one: leaderboard add RUN\n`);
  else if (boards.length === 0) io.stdout.write(`no row of ${sanitise(flags.root)} is what was asked for\n`);
  else {
    const width = Math.min(140, columnsOf(io.stdout));
    io.stdout.write(
      `${(flags.budget === true ? budgets(boards, flags, width) : tables(boards, flags, width)).join("\n")}\n`,
    );
  }
  return exitCodes.fine;
}

function tables(boards: readonly Board[], { markdown = false, every = false }: ListFlags, width: number): string[] {
  return boards.flatMap((board, at) =>
    [
      ...(at > 0 ? [""] : []),
      markdown ? `### ${boardTitle(board)}` : boardTitle(board),
      "",
      ...lines(boardTable(board, every), markdown, width),
      ...(markdown ? [""] : []),
      ...boardNotes(board).flatMap((note) => (markdown ? [`- ${note}`] : wrap(note, width))),
    ].map(plainSpaces),
  );
}

function budgets(boards: readonly Board[], { markdown = false }: ListFlags, width: number): string[] {
  return budgetViews(boards).flatMap((view, at) =>
    [
      ...(at > 0 ? [""] : []),
      markdown ? `### ${budgetTitle(view)}` : budgetTitle(view),
      "",
      ...lines(budgetTable(view), markdown, width),
    ].map(plainSpaces),
  );
}

function plainSpaces(text: string): string {
  return text.replaceAll("\u00a0", " ");
}

function lines(table: Table, markdown: boolean, width: number): string[] {
  if (!markdown) return renderTable(table, width);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(table.columns.map(({ title }) => title)),
    line(table.columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...table.rows.map(line),
  ];
}
