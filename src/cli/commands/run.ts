/** `run [suite]`. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { runFiles } from "../../bench/files/run-files.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { runSuite } from "../../bench/run.js";
import { shellCommand } from "../../report/shell.js";
import { type ExitCode, UsageError } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Io } from "../io.js";
import type { RunFlags } from "../program.js";
import { runDisplay } from "../run-display.js";
import { runFolder } from "../run-folder.js";
import { showReport } from "./report.js";

/**
 * @throws UsageError for flags that do not fit together
 * @throws Interrupted after Ctrl-C or SIGTERM
 */
export async function run(suite: string | undefined, flags: RunFlags, io: Io): Promise<ExitCode> {
  if (flags.resume !== undefined) {
    refuseWithResume(suite, flags);
    const finished = runFolder(flags.resume, io.cwd);
    if (existsSync(runFiles(finished).summary)) {
      io.stderr.write("This run has finished: nothing is left to do.\n");
      return showReport(finished, { ...reportFlags(flags), files: true }, io);
    }
  }
  const path = (given: string | undefined): string | undefined =>
    given === undefined ? undefined : resolve(io.cwd, given);
  // An unset variable in a script would else fill the working folder.
  if (flags.out === "") throw new UsageError("--out is empty; name the run folder");
  const display = runDisplay(io, flags);
  let folder: string | undefined;
  const farewell = (): void => {
    display.end();
    if (folder === undefined) io.stderr.write("Stopped before the run began.\n");
    else io.stderr.write(`Stopped. Go on with: ${shellCommand(["mva-bench", "run", "--resume", folder])}\n`);
  };
  try {
    const result = await interruptible(io, farewell, (signal) =>
      runSuite({
        suite: suite ?? "quick",
        out: path(flags.out),
        data: path(flags.data),
        seeds: flags.seeds,
        engine: flags.engine ?? "auto",
        threads: flags.threads ?? availableParallelism(),
        budgetPer: flags.budgetPer,
        probes: flags.probes,
        base: path(flags.base),
        basePrecision: flags.basePrecision,
        batch: flags.batch === "auto" ? undefined : flags.batch,
        reuse: flags.reuse === undefined ? undefined : runFolder(flags.reuse, io.cwd),
        resume: flags.resume === undefined ? undefined : runFolder(flags.resume, io.cwd),
        cwd: io.cwd,
        now: io.now,
        signal,
        onFolder: (chosen) => {
          folder = chosen;
        },
        onEvent: (event) => display.onEvent(event),
        onProgress: (progress) => display.onProgress(progress),
        onNotice: (line) => display.say(line),
      }),
    );
    display.end();
    const code = await showReport(result.folder, { ...reportFlags(flags), files: true }, io);
    io.stderr.write(`The run is in ${sanitise(result.folder)}\n`);
    return code;
  } finally {
    display.end();
  }
}

/** How the report at the run's end is shown: `--display` is of the run while it goes on. */
function reportFlags({ json, charset, accessible }: RunFlags) {
  return {
    json: json === true,
    ...(charset === undefined ? {} : { charset }),
    ...(accessible === undefined ? {} : { accessible }),
  };
}

/** A resumed run is the run it was: what would change its numbers cannot be given anew. */
function refuseWithResume(suite: string | undefined, flags: RunFlags): void {
  const surplus = [
    ...(suite === undefined ? [] : [`the suite ${suite}`]),
    ...(flags.out === undefined ? [] : ["--out"]),
    ...(flags.seeds === undefined ? [] : ["--seeds"]),
    ...(flags.budgetPer === undefined ? [] : ["--budget-per"]),
    ...(flags.probes === undefined ? [] : ["--probes"]),
    ...(flags.base === undefined ? [] : ["--base"]),
    ...(flags.basePrecision === undefined ? [] : ["--base-precision"]),
    ...(flags.batch === undefined ? [] : ["--batch"]),
    ...(flags.reuse === undefined ? [] : ["--reuse"]),
    ...(flags.engine === undefined ? [] : ["--engine"]),
    ...(flags.threads === undefined ? [] : ["--threads"]),
  ];
  if (surplus.length > 0) {
    const them = surplus.length === 1 ? "it" : "them";
    throw new UsageError(`--resume takes ${surplus.join(", ")} from the run itself: leave ${them} out`);
  }
}
