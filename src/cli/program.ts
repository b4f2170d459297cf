/**
 * The command line: names, flags, help. Each command's work lies in `commands/`, imported only when it is chosen, so
 * that `--help` does not wait for tensors.
 */
import { Command, CommanderError, Option } from "commander";
import { packageVersion } from "../bench/environment.js";
import { sanitise } from "../bench/files/sanitise.js";
import { CHARSETS, DISPLAYS, type DisplayFlags } from "../ui/app/capability.js";
import type { CheckFlags } from "./commands/check.js";
import type { GateFlags } from "./commands/compare.js";
import type { ReportFlags } from "./commands/report.js";
import type { VerifyFlags } from "./commands/verify-engine.js";
import { addEngineCommands } from "./engine-commands.js";
import { type ExitCode, exitCodeOf, exitCodes, UsageError } from "./exit-codes.js";
import { parseCount, parseSeeds, parseShare, parseUnits } from "./flags.js";
import type { Io } from "./io.js";
import { addLeaderboardCommands } from "./leaderboard-commands.js";

const ENGINES = ["auto", "cpu", "webgpu", "cuda", "tfjs-cpu", "tfjs-node", "tfjs-node-gpu"] as const;

/** Parses, runs, and answers with the exit code; never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCodes.fine;
  const program = createProgram(io, (answer) => {
    code = answer;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    return reportError(error, io);
  }
}

/** One clear line; the stack only on request, or where the fault is ours: an error that asks for no exit code. */
function reportError(error: unknown, io: Io): ExitCode {
  const code = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const ours =
    code === exitCodes.internal && !(error instanceof Error && typeof Reflect.get(error, "exitCode") === "number");
  io.stderr.write(`mva-bench: ${ours ? "internal error: " : ""}${sanitise(message)}\n`);
  if (io.env.MVA_BENCH_DEBUG !== undefined && error instanceof Error && error.stack !== undefined) {
    io.stderr.write(`${sanitise(error.stack, { lineEnds: "keep" })}\n`);
  } else if (ours) {
    io.stderr.write("Set MVA_BENCH_DEBUG=1 to see where; a run can be continued with `mva-bench run --resume RUN`.\n");
  }
  return code;
}

function createProgram(io: Io, answer: (code: ExitCode) => void): Command {
  const program = new Command("mva-bench");
  program
    .description(
      "Trains multi-value alignment methods under one budget, scores every candidate on every value, and says who wins, by how much, and whether the difference is real.",
    )
    .version(packageVersion(), "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Commander's hint comes on a line of its own; ours are one line, and quote what the user typed.
      outputError: (text, write) =>
        write(
          `mva-bench: ${sanitise(
            text
              .replace(/^error: /, "")
              .trim()
              .replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?"),
          )}\n`,
        ),
      getOutHelpWidth: () => Math.min(100, io.stdout.columns ?? 80),
    })
    .addHelpText(
      "after",
      `
Start here:
  $ mva-bench run                    the quick benchmark: a few minutes on two cores, no GPU
  $ mva-bench run hh --data DIR      the same on human preference pairs
  $ mva-bench dash                   watch a run from another terminal
  $ mva-bench report RUN             what a finished run says

Exit codes: 0 fine, 1 a method or the gate failed, 2 usage or bad input, 3 inconclusive, 70 internal error or disk full,
130 interrupted, 143 terminated (after the last three a run can be resumed).`,
    );

  program
    .command("run")
    .description("train every method of a suite, score the candidates, report")
    .argument("[suite]", "a suite's name (see: suite list) or a path to its .yaml; default: quick")
    .option("--out <dir>", "the run folder (default: reports/runs/<id>)")
    .option("--data <dir>", "folder of preference pairs, for suites that take yours")
    .addOption(new Option("--seeds <seeds>", "7, 1,2,5 or 1..5 (default: the suite's)").argParser(parseSeeds))
    .addOption(new Option("--engine <engine>", "where tensors run (default: auto)").choices([...ENGINES]))
    .addOption(
      new Option("--threads <n>", "threads in all (default: the cores)").argParser(parseCount("--threads", 1024)),
    )
    .addOption(
      new Option("--budget-per <unit>", "what each share of the budget goes to (default: the suite's)").choices([
        "method",
        "policy",
      ]),
    )
    .addOption(
      new Option(
        "--probes <n>",
        "look at each policy n times while it trains: not charged, no figure changes",
      ).argParser(parseCount("--probes", 1000)),
    )
    .option("--base <dir>", "Hugging Face folder of the base model instead of the suite's own")
    .addOption(
      new Option(
        "--batch <rows>",
        "rows of one call at most; auto begins large and halves where a card's memory lacks (default: auto)",
      ).argParser((text) => (text === "auto" ? text : parseCount("--batch", 1_000_000)(text))),
    )
    .addOption(
      new Option(
        "--base-precision <format>",
        "how the frozen base is stored; float16 rounds it (default: float32)",
      ).choices(["float32", "float16"]),
    )
    .option("--reuse <run>", "take base, scorers and scales from another run")
    .option("--resume <run>", "go on with an interrupted run")
    .addOption(displayOption())
    .addOption(charsetOption())
    .option("--accessible", "lines that stay, words for signs (or ACCESSIBLE=1)")
    .option("--json", "print the summary as one JSON document")
    .action(async (suite: string | undefined, options: RunFlags) => {
      answer(await (await import("./commands/run.js")).run(suite, options, io));
    });

  program
    .command("dash")
    .description("watch a run, live or finished: training, frontier, interference, leaderboard, samples")
    .argument("[run]", "a run folder, or the id of one in reports/runs (default: choose from these)")
    .addOption(displayOption())
    .addOption(charsetOption())
    .option("--accessible", "lines that stay, words for signs (or ACCESSIBLE=1)")
    .action(async (run: string | undefined, options: DisplayFlags) => {
      answer(await (await import("./commands/dash.js")).dash(run, options, io));
    });

  program
    .command("report")
    .description("print what a run says; write report.md, report.html and figures into its folder")
    .argument("<run>", "a run folder, or the id of one in reports/runs")
    .option("--json", "print the report as one JSON document")
    .option("--no-files", "print only, write nothing")
    .option("--plots", "with pictures, wherever the output goes (default: on a terminal)")
    .option("--no-plots", "sentences and tables only")
    .addOption(charsetOption())
    .option("--accessible", "no pictures (or ACCESSIBLE=1)")
    .action(async (run: string, options: ReportFlags) => {
      answer(await (await import("./commands/report.js")).report(run, options, io));
    });

  program
    .command("score")
    .description("the whole metric table of any CSV of points or of scores by prompt, trained wherever")
    .argument("<file>", "long form (columns value and score) or wide form (one column a value); - for standard input")
    .option("--sense <sense>", "max, min, one for each value (max,min) or by name (kl=min); default: max")
    .option("--reference <point>", "0,0.5 or helpful=0,harmless=0.5; default: nadir − 0.1 range, from the file")
    .option("--values <names>", "the values that count; in wide form: which columns are values")
    .option("--group-by <columns>", "what makes a row of the table; default: method")
    .option("--split <name>", "default: test, where there is a column split")
    .addOption(
      new Option("--select <how>", "all candidates, or those non-dominated on validation (default: all)").choices([
        "all",
        "validation",
      ]),
    )
    .option("--no-run", "pass over the run.json beside the file (its scale, reference and selection)")
    .option("--json", "print the table as one JSON document")
    .option("--csv", "print the table as CSV")
    .action(async (file: string, options: ScoreFlags) => {
      answer((await import("./commands/score.js")).score(file, options, io));
    });

  gateFlags(
    program
      .command("compare")
      .description("two runs of one suite, paired by seed and prompt: what changed, and is it real")
      .argument("<a>", "the baseline: a run folder or id, or a file that check --accept wrote")
      .argument("<b>", "the run that is held against it"),
  ).action(async (a: string, b: string, options: GateFlags) => {
    answer((await import("./commands/compare.js")).compare(a, b, options, io));
  });

  gateFlags(
    program
      .command("check")
      .description("the regression gate: exit code 0 ok, 1 regressed, 2 not comparable, 3 inconclusive")
      .argument("[run]", "a run folder or id; default: the newest of reports/runs")
      .option("--baseline <file>", "hold the run against this baseline")
      .option("--accept <file>", "write the run as baseline, its scores included")
      .option("--junit <file>", "write the verdict as JUnit XML too")
      .option("--markdown <file>", "write the verdict as Markdown too")
      .option("--github", "print annotations too, and append to the step summary of GITHUB_STEP_SUMMARY"),
  ).action(async (run: string | undefined, options: CheckFlags) => {
    answer((await import("./commands/check.js")).check(run, options, io));
  });

  addLeaderboardCommands(program, io, answer);

  const suite = program.command("suite").description("the benchmark definitions");
  suite
    .command("list")
    .description("suites that ship with the package")
    .option("--json", "print as one JSON document")
    .action(async (options: { json?: boolean }) => {
      answer((await import("./commands/suite.js")).list(options, io));
    });
  suite
    .command("show")
    .description("a suite in full, defaults filled in")
    .argument("<suite>", "name or path")
    .option("--json", "print as one JSON document")
    .action(async (name: string, options: { json?: boolean }) => {
      answer((await import("./commands/suite.js")).show(name, options, io));
    });
  suite
    .command("validate")
    .description("check a suite file")
    .argument("<suite>", "name or path")
    .option("--json", "print as one JSON document")
    .action(async (name: string, options: { json?: boolean }) => {
      answer((await import("./commands/suite.js")).validate(name, options, io));
    });

  program
    .command("data")
    .description("preference data")
    .command("inspect")
    .description("what a data folder or file holds: values, pairs, splits, lengths, conflicts, dropped rows")
    .argument("<path>", "a CSV, JSONL or JSONL.gz file, or a folder of them")
    .option("--json", "print as one JSON document")
    .action(async (path: string, options: { json?: boolean }) => {
      answer(await (await import("./commands/data.js")).inspect(path, options, io));
    });

  program
    .command("doctor")
    .description("what this machine can do: each engine, available or why not and what to do")
    .option(
      "--verify-engine <engine>",
      "train and generate on it and on cpu from one seed; exit code 1 where they disagree",
    )
    .addOption(
      new Option(
        "--verify-scale <scale>",
        "the smoke suite's decoder, or a smaller one (default: small on drivers in software)",
      ).choices(["suite", "small"]),
    )
    .option("--json", "print as one JSON document")
    .action(async (options: VerifyFlags & { verifyEngine?: string }) => {
      if (options.verifyEngine !== undefined) {
        const { verify } = await import("./commands/verify-engine.js");
        answer(await verify(options.verifyEngine, options, io));
        return;
      }
      if (options.verifyScale !== undefined)
        throw new UsageError("--verify-scale is for --verify-engine: name an engine");
      answer(await (await import("./commands/doctor.js")).doctor(options, io));
    });

  addEngineCommands(program, io, answer);

  program
    .command("export")
    .description("write a candidate or any mixture of a run as a PEFT adapter or as merged weights")
    .argument("<run>", "a run folder, or the id of one in reports/runs")
    .requiredOption("--out <dir>", "folder to write")
    .requiredOption("--method <id>", "whose adapters")
    .option("--candidate <name>", "a candidate of candidates.csv")
    .option("--mix <numbers>", "coefficients over the method's value vectors, in suite order: 1,0.5,0")
    .addOption(new Option("--seed <n>", "which seed's (default: the run's first)").argParser(parseSeed))
    .addOption(new Option("--as <form>", "what to write").choices(["adapter", "merged"]).default("adapter"))
    .option("--json", "print what was written as one JSON document")
    .action(async (run: string, options: ExportFlags) => {
      answer(await (await import("./commands/export.js")).exportMixture(run, options, io));
    });

  for (const command of everyCommand(program)) {
    command.exitOverride();
    command.copyInheritedSettings(program);
  }
  return program;
}

function gateFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--tolerance <share>", "loss of hypervolume that is none (default: 2%)").argParser(
        parseShare("--tolerance"),
      ),
    )
    .addOption(
      new Option(
        "--value-tolerance <units>",
        "the same for values, utility and IGD+, in units of the suite's scale (default: --tolerance)",
      ).argParser(parseUnits("--value-tolerance")),
    )
    .addOption(
      new Option("--alpha <p>", "one-sided error of a verdict (default: 0.05)").argParser(parseShare("--alpha")),
    )
    .option(
      "--guard <value=limit>",
      "harmless=0.05: its mean may not fall by more, in units of the scale; best.harmless=0.05; may be repeated",
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option("--weights <numbers>", "preference that the utility is for, in suite order (default: the lattice's)")
    .addOption(
      new Option("--fail-on <verdict>", "the mildest verdict that fails (default: regressed)").choices([
        "regressed",
        "inconclusive",
      ]),
    )
    .option("--json", "print the verdict as one JSON document");
}

function displayOption(): Option {
  const words = "what is shown while it goes on (default: full on a terminal, else log)";
  return new Option("--display <how>", words).choices([...DISPLAYS]);
}

function charsetOption(): Option {
  return new Option("--charset <set>", "what pictures are made of (default: what the terminal has)").choices([
    ...CHARSETS,
  ]);
}

function parseSeed(text: string): number {
  const [seed, more] = parseSeeds(text);
  if (seed === undefined || more !== undefined) throw new CommanderError(2, "mva.seed", "--seed takes one seed");
  return seed;
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

/** Flags of `run` as commander hands them over. */
export interface RunFlags extends DisplayFlags {
  readonly out?: string;
  readonly data?: string;
  readonly seeds?: readonly number[];
  readonly engine?: (typeof ENGINES)[number];
  readonly threads?: number;
  readonly budgetPer?: "method" | "policy";
  readonly probes?: number;
  readonly base?: string;
  readonly basePrecision?: "float32" | "float16";
  readonly batch?: number | "auto";
  readonly reuse?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

export interface ScoreFlags {
  readonly sense?: string;
  readonly reference?: string;
  readonly values?: string;
  readonly groupBy?: string;
  readonly split?: string;
  readonly select?: "all" | "validation";
  readonly run: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export interface ExportFlags {
  readonly out: string;
  readonly method: string;
  readonly candidate?: string;
  readonly mix?: string;
  readonly seed?: number;
  readonly as: "adapter" | "merged";
  readonly json?: boolean;
}
