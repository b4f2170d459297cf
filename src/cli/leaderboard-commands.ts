/** `leaderboard` and what stands below it: names, flags, help. */
import { type Command, Option } from "commander";
import type { AddFlags, ListFlags } from "./commands/leaderboard.js";
import type { VerifyFlags } from "./commands/leaderboard-verify.js";
import type { ExitCode } from "./exit-codes.js";
import { parseCount } from "./flags.js";
import type { Io } from "./io.js";

export function addLeaderboardCommands(program: Command, io: Io, answer: (code: ExitCode) => void): void {
  const leaderboard = program
    .command("leaderboard")
    .description("verified rows of many runs, ranked within each suite; rows that cannot be told apart share a rank")
    .option("--root <dir>", "where the rows lie", "reports/leaderboard")
    .option("--suite <name>", "only this suite")
    .option("--method <id>", "only this method")
    .option("--engine <id>", "only rows of this engine (rows from elsewhere: external)")
    .addOption(new Option("--kind <kind>", "only rows that were run here, or elsewhere").choices(["run", "external"]))
    .addOption(new Option("--seeds <n>", "only rows of at least so many seeds").argParser(parseCount("--seeds", 1000)))
    .option(
      "--sort <column>",
      "rank (default), hypervolume, spent, seconds, seeds, date, or a value: its best candidate",
    )
    .option("--every", "every column: mean of each value, KL, broken text, hypervolume by seed")
    .option("--budget", "hypervolume against budget: one suite at several budgets, side by side")
    .addOption(new Option("--json", "print as one JSON document").conflicts(["csv", "markdown", "html"]))
    .addOption(new Option("--csv", "print as CSV, one line a row, method and value").conflicts(["json", "markdown"]))
    .addOption(new Option("--markdown", "print as Markdown").conflicts(["json", "csv"]))
    .addOption(new Option("--html <file>", "write a page that asks for nothing").conflicts(["json", "csv", "markdown"]))
    .action(async (options: ListFlags) => {
      answer((await import("./commands/leaderboard.js")).list(options, io));
    });
  leaderboard
    .command("add")
    .description(
      "check finished runs of one suite (as it ships, budget kept, equal candidates, figures follow) and add their row; or scores from elsewhere",
    )
    .argument(
      "<run...>",
      "run folders or ids of one suite, a seed or more each; with --submission: a CSV of scores by prompt",
    )
    .option("--into <row>", "add these seeds to a row that is there (its id or file); the new row takes its place")
    .option("--submission <file>", "submission.yaml of scores that were made elsewhere")
    .option("--data <dir>", "folder of preference pairs, for submissions to suites that take yours")
    .action(async (runs: string[], _options: unknown, command: Command) => {
      answer(await (await import("./commands/leaderboard.js")).add(runs, command.optsWithGlobals<AddFlags>(), io));
    });
  leaderboard
    .command("verify")
    .description("recompute rows from their scores; exit code 1 where one does not follow")
    .argument("[row]", "the id of one row (default: all)")
    .addOption(
      new Option("--depth <depth>", "how far: the files' hashes, the points, or all figures with intervals")
        .choices(["hashes", "points", "all"])
        .default("all"),
    )
    .option("--rerun", "train and score one row again, and compare; takes as long as it took")
    .option("--data <dir>", "folder of preference pairs, for rows of suites that take yours")
    .action(async (row: string | undefined, _options: unknown, command: Command) => {
      const flags = command.optsWithGlobals<VerifyFlags>();
      answer(await (await import("./commands/leaderboard-verify.js")).verify(row, flags, io));
    });
  leaderboard
    .command("prompts")
    .description("the prompts that a submission must be scored on, as CSV: prompt, split, source, text")
    .argument("<suite>", "a suite that ships")
    .option("--data <dir>", "folder of preference pairs, for suites that take yours")
    .action(async (suite: string, options: { data?: string }) => {
      answer(await (await import("./commands/leaderboard-prompts.js")).prompts(suite, options, io));
    });
}
