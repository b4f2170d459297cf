/** `leaderboard`, `leaderboard add RUN`, `leaderboard verify`. */
import { resolve } from "node:path";
import { formatNumber, formatRecord } from "../../bench/files/csv.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { type RankedRow, ranking } from "../../leaderboard/ranking.js";
import { addRow, readRows, verifyRow } from "../../leaderboard/store.js";
import { decimal, duration, flops, interval } from "../../report/numbers.js";
import { column, renderTable, type Table } from "../../report/table.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import { runFolder } from "../run-folder.js";

export interface LeaderboardFlags {
  readonly root: string;
  readonly suite?: string;
  readonly method?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly markdown?: boolean;
}

/** @throws InputError with every reason for which the run cannot be a row; WriteError */
export function add(run: string, flags: LeaderboardFlags, io: Io): ExitCode {
  const { row, path, known } = addRow(runFolder(run, io.cwd), resolve(io.cwd, flags.root), run);
  if (flags.json === true) writeJson(io, { id: row.id, path, known });
  else io.stdout.write(`${sanitise(row.id)} ${known ? "lies there already" : "was added"}: ${sanitise(path)}\n`);
  return exitCodes.fine;
}

/** @throws InputError where a row cannot be read */
export function list(flags: LeaderboardFlags, io: Io): ExitCode {
  const rows = ranking(readRows(resolve(io.cwd, flags.root), flags.suite).map(({ row }) => row)).filter(
    ({ method }) => flags.method === undefined || method.id === flags.method,
  );
  if (flags.json === true) writeJson(io, rows);
  else if (flags.csv === true) io.stdout.write(csv(rows));
  else if (rows.length === 0) io.stdout.write(`${sanitise(flags.root)} holds no rows; add one: leaderboard add RUN\n`);
  else io.stdout.write(`${tables(rows, flags.markdown === true, Math.min(120, columnsOf(io.stdout))).join("\n")}\n`);
  return exitCodes.fine;
}

/** @throws InputError where a row cannot be read */
export function verify(flags: LeaderboardFlags, io: Io): ExitCode {
  const rows = readRows(resolve(io.cwd, flags.root), flags.suite);
  const faulty = rows.flatMap((stored) => {
    const faults = verifyRow(stored);
    return faults.length === 0 ? [] : [{ id: stored.row.id, path: stored.path, faults }];
  });
  if (flags.json === true) writeJson(io, { rows: rows.length, faulty });
  else {
    for (const { id, faults } of faulty) io.stdout.write(`${sanitise(id)}: ${sanitise(faults.join("; "))}\n`);
    io.stdout.write(`${rows.length - faulty.length} of ${rows.length} rows follow from their scores.\n`);
  }
  return faulty.length === 0 ? exitCodes.fine : exitCodes.failed;
}

/** One table a suite hash. */
function tables(rows: readonly RankedRow[], markdown: boolean, width: number): string[] {
  const hashes = [...new Set(rows.map(({ row }) => row.suiteHash))];
  return hashes.flatMap((hash, at) => {
    const own = rows.filter(({ row }) => row.suiteHash === hash);
    const first = own[0]?.row;
    const title = `${sanitise(first?.suite ?? "")} v${first?.version} (${hash.slice(0, 12)}); rows that share a rank differ by less than is shown`;
    const table = tableOf(own);
    return [
      ...(at > 0 ? [""] : []),
      markdown ? `### ${title}` : title,
      "",
      ...(markdown ? markdownLines(table) : renderTable(table, width).map((line) => line.replaceAll("\u00a0", " "))),
    ];
  });
}

function tableOf(rows: readonly RankedRow[]): Table {
  const values = rows[0]?.row.values ?? [];
  return {
    columns: [
      column("rank, method"),
      column("hypervolume", "right"),
      column("interval", "right"),
      ...values.map((value) => column(`best ${sanitise(value)}`, "right")),
      column("seeds", "right"),
      column("spent", "right"),
      column("time", "right"),
      column("engine"),
      column("date"),
      column("run"),
    ],
    rows: rows.map(({ rank, row, method }) => [
      `${String(rank).padStart(2)}. ${sanitise(method.id)}${method.undertrained.length > 0 ? " (undertrained)" : ""}`,
      decimal(method.hypervolume.value),
      interval(method.hypervolume),
      ...values.map((_, k) => decimal(method.best[k])),
      String(row.seeds.length),
      flops(method.spent),
      duration(method.seconds),
      sanitise(row.engine),
      row.started.slice(0, 10),
      sanitise(row.id),
    ]),
  };
}

function markdownLines({ columns, rows }: Table): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...rows.map(line),
  ];
}

/** One line a row and value: suites differ in their values. */
function csv(rows: readonly RankedRow[]): string {
  const head = ["suite", "version", "suite_hash", "rank", "run", "method", "hypervolume", "low", "high", "seeds"];
  return [
    formatRecord([...head, "spent_flops", "seconds", "engine", "started", "value", "best", "mean"]),
    ...rows.flatMap(({ rank, row, method }) =>
      row.values.map((value, k) =>
        formatRecord([
          row.suite,
          String(row.version),
          row.suiteHash,
          String(rank),
          row.id,
          method.id,
          ...[method.hypervolume.value, method.hypervolume.low, method.hypervolume.high].map(formatNumber),
          String(row.seeds.length),
          formatNumber(method.spent),
          formatNumber(method.seconds),
          row.engine,
          row.started,
          value,
          formatNumber(method.best[k] ?? 0),
          formatNumber(method.mean[k] ?? 0),
        ]),
      ),
    ),
  ].join("");
}
