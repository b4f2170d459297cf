/** `score FILE`. */
import { resolve } from "node:path";
import { sanitise } from "../../bench/files/sanitise.js";
import { scoreFile } from "../../bench/score.js";
import { InputError } from "../../data/errors.js";
import { MetricsError } from "../../metrics/index.js";
import { renderScore, scoreCsv } from "../../report/score.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import type { ScoreFlags } from "../program.js";

/**
 * @throws InputError where the file, or an option for it, makes no sense
 * @throws UsageError for flags that do not fit together
 */
export function score(file: string, flags: ScoreFlags, io: Io): ExitCode {
  if (flags.json === true && flags.csv === true) throw new UsageError("score prints either --json or --csv");
  const list = (text: string | undefined): string[] | undefined => text?.split(",").map((part) => part.trim());
  const piped = file === "-";
  const path = piped ? "standard input" : resolve(io.cwd, file);
  const report = scored(path, () =>
    scoreFile(path, {
      bytes: piped ? io.stdin() : undefined,
      sense: flags.sense,
      reference: flags.reference,
      values: list(flags.values),
      groupBy: list(flags.groupBy),
      split: flags.split,
      select: flags.select,
      run: flags.run,
    }),
  );
  for (const notice of report.notices) io.stderr.write(`mva-bench: ${sanitise(notice)}\n`);
  if (flags.json === true) writeJson(io, { ...report, file: piped ? path : file });
  else if (flags.csv === true) io.stdout.write(scoreCsv(report));
  else io.stdout.write(renderScore({ ...report, file: piped ? path : file }, Math.min(100, columnsOf(io.stdout))));
  return exitCodes.fine;
}

/** What the numbers of the file do not allow is a fault of the file, not of the program. */
function scored<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MetricsError) throw new InputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
