/** `run [suite]`. */
import { resolve } from "node:path";
import { sanitise } from "../../bench/files/sanitise.js";
import { type RunOptions, runSuite } from "../../bench/run.js";
import { chooseEngine, probeEngines } from "../../engine/probe.js";
import { shellCommand } from "../../report/shell.js";
import { type ExitCode, UsageError } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Io } from "../io.js";
import { machineText, thisMachine } from "../machine.js";
import type { RunFlags } from "../program.js";
import { ProgressMeter } from "../progress.js";
import { runFolder } from "../run-folder.js";
import { checkoutCommit, packageVersion } from "../version.js";
import { showReport } from "./report.js";

/**
 * @throws UsageError for flags that do not fit together
 * @throws Interrupted after Ctrl-C or SIGTERM
 */
export async function run(suite: string | undefined, flags: RunFlags, io: Io): Promise<ExitCode> {
  if (flags.resume !== undefined) refuseWithResume(suite, flags);
  const options = await runOptions(suite, flags, io);
  const meter = new ProgressMeter(io);
  let folder: string | undefined;
  const farewell = (): void => {
    meter.end();
    if (folder === undefined) io.stderr.write("Stopped before the run began.\n");
    else io.stderr.write(`Stopped. Go on with: ${shellCommand(["mva-bench", "run", "--resume", folder])}\n`);
  };
  try {
    await interruptible(io, farewell, (signal) =>
      runSuite({
        ...options,
        signal,
        onProgress: (progress) => {
          if (progress.type === "run") folder = progress.folder;
          meter.on(progress);
        },
      }),
    );
  } finally {
    meter.end();
  }
  if (folder === undefined) throw new Error("the run ended without a folder");
  const code = await showReport(folder, { json: flags.json === true, files: true }, io);
  io.stderr.write(`The run is in ${sanitise(folder)}\n`);
  return code;
}

async function runOptions(
  suite: string | undefined,
  flags: RunFlags,
  io: Io,
): Promise<Omit<RunOptions, "signal" | "onProgress">> {
  const machine = thisMachine();
  const path = (given: string | undefined): string | undefined =>
    given === undefined ? undefined : resolve(io.cwd, given);
  const engine = flags.engine === "auto" ? chooseEngine(await probeEngines()) : flags.engine;
  const threads = flags.threads ?? machine.threads;
  const given = {
    out: path(flags.out),
    data: path(flags.data),
    seeds: flags.seeds,
    budgetPer: flags.budgetPer,
    base: path(flags.base),
    reuse: flags.reuse === undefined ? undefined : runFolder(flags.reuse, io.cwd),
    resume: flags.resume === undefined ? undefined : runFolder(flags.resume, io.cwd),
  };
  const name = suite ?? "quick";
  return {
    ...defined(given),
    suite: name,
    engine,
    threads,
    cwd: io.cwd,
    now: io.now,
    command: [
      "mva-bench",
      "run",
      name,
      ...(flags.data === undefined ? [] : ["--data", flags.data]),
      ...(flags.seeds === undefined ? [] : ["--seeds", flags.seeds.join(",")]),
      ...(flags.budgetPer === undefined ? [] : ["--budget-per", flags.budgetPer]),
      ...(flags.base === undefined ? [] : ["--base", flags.base]),
      ...(flags.reuse === undefined ? [] : ["--reuse", flags.reuse]),
      "--engine",
      engine,
      "--threads",
      String(threads),
    ],
    packageVersion: packageVersion(),
    hardware: machineText(machine),
    commit: checkoutCommit(),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Flags that were not given are absent, not `undefined`. */
function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** A resumed run is the run it was: what would change its numbers cannot be given anew. */
function refuseWithResume(suite: string | undefined, flags: RunFlags): void {
  const surplus = [
    ...(suite === undefined ? [] : [`the suite ${suite}`]),
    ...(flags.out === undefined ? [] : ["--out"]),
    ...(flags.seeds === undefined ? [] : ["--seeds"]),
    ...(flags.budgetPer === undefined ? [] : ["--budget-per"]),
    ...(flags.base === undefined ? [] : ["--base"]),
    ...(flags.reuse === undefined ? [] : ["--reuse"]),
  ];
  if (surplus.length > 0) {
    const them = surplus.length === 1 ? "it" : "them";
    throw new UsageError(`--resume takes ${surplus.join(", ")} from the run itself: leave ${them} out`);
  }
}
