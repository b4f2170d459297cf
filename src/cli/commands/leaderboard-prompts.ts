/** `leaderboard prompts SUITE`: what a model that was trained elsewhere has to answer. */
import { resolve } from "node:path";
import { formatRecord } from "../../bench/files/csv.js";
import { loadSuite } from "../../bench/suite.js";
import { suitePrompts } from "../../leaderboard/suite-prompts.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import type { Io } from "../io.js";

/** @throws InputError for a suite or data that is not there */
export async function prompts(name: string, flags: { readonly data?: string }, io: Io): Promise<ExitCode> {
  const found = await suitePrompts(loadSuite(name), flags.data === undefined ? undefined : resolve(io.cwd, flags.data));
  const lines = (["validation", "test"] as const).flatMap((split) =>
    found[split].map(({ key, source, text }) => formatRecord([key, split, source, text])),
  );
  io.stdout.write([formatRecord(["prompt", "split", "source", "text"]), ...lines].join(""));
  return exitCodes.fine;
}
