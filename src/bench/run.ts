/**
 * A run from end to end: what is asked is checked while nothing is lost yet, then the folder is taken, and the run goes through
 * its stages (`suite-run.ts`).
 */
import { resolve } from "node:path";
import { InputError } from "../data/errors.js";
import { modelHash } from "../lm/huggingface.js";
import { initWeights } from "../lm/init.js";
import { halfPrecisionNotice, precisionOf, refuseOtherPrecision } from "./base-precision.js";
import { countsOf, countsText } from "./data-counts.js";
import { commandOf, environment, fastestEngine, requireEngine } from "./environment.js";
import { givenBase } from "./given-base.js";
import { scratchConfig } from "./job-runner.js";
import { knownLock } from "./known-lock.js";
import { simplexLattice } from "./lattice.js";
import { lockHash } from "./lock.js";
import { pilotsAmong } from "./pilot-seeds.js";
import { prepareData, trainTokenizer } from "./prepare.js";
import { rehearse } from "./rehearse.js";
import { openRunFolder, readRunRecord, refuseTaken } from "./run-folder.js";
import type { RunOptions, RunResult } from "./run-options.js";
import { loadSuite, type Suite, suiteHash } from "./suite.js";
import { readSuiteData } from "./suite-data.js";
import { SuiteRun } from "./suite-run.js";
import { checkTextLimits } from "./text-limits.js";
import { trainedRows } from "./trained-rows.js";

export type { RunOptions, RunProgress, RunResult } from "./run-options.js";

/**
 * Runs a suite, or goes on with an interrupted run.
 * @throws InputError for bad input; AbortError when `signal` fires (the folder stays resumable).
 */
export async function runSuite(options: RunOptions): Promise<RunResult> {
  const before = options.resume === undefined ? undefined : readRunRecord(options.resume);
  const suite = before?.suite ?? withBudgetRule(loadSuite(options.suite), options.budgetPer);
  // What can be wrong with the question is found before a folder is made for the answer.
  const rows = trainedRows(suite);
  if (options.resume === undefined && options.out !== undefined) refuseTaken(resolve(options.cwd, options.out));
  // Said once the folder is this run's: an error stays one line.
  const notices: string[] = [];
  const wanted = before?.engine ?? options.engine ?? "cpu";
  let engine = wanted === "auto" ? undefined : await requireEngine(wanted);
  const basePrecision = before === undefined ? (options.basePrecision ?? "float32") : precisionOf(before);
  const dataPath = options.data ?? before?.data ?? undefined;
  const { pairs, prompts, hash: dataContent, dropped } = await readSuiteData(suite, dataPath);
  if (before !== undefined && before.dataHash !== dataContent) {
    throw new InputError(
      `${dataPath ?? "the embedded data"}: not the data that this run was started on (hash ${dataContent.slice(0, 12)}, not ${before.dataHash.slice(0, 12)})`,
    );
  }
  if (before === undefined && options.reuse !== undefined) refuseOtherPrecision(options.reuse, basePrecision);
  const given = givenBase(options, before, suite, dataContent);
  const tokenizer = given?.model.tokenizer ?? (await trainTokenizer(pairs, suite, options.signal));
  const config = given?.model.config ?? scratchConfig(suite, tokenizer);
  if (engine === undefined) {
    const choice = await fastestEngine(suite, { config, tokenizer }, options.threads, options.onNotice);
    notices.push(`engine: ${choice.why}`);
    engine = choice.probe;
  }
  if (basePrecision === "float16") notices.push(await halfPrecisionNotice(engine.id));
  const data = await prepareData(pairs, prompts, suite, tokenizer, options.signal);
  const seeds = [...(before?.seeds ?? options.seeds ?? suite.seeds)];
  const pilots = pilotsAmong(seeds);
  if (pilots !== undefined) notices.push(`${pilots}: for looking, not for reporting`);
  if (before === undefined) {
    const where = options.base ?? `suite "${suite.suite}"`;
    checkTextLimits({ where, config, eosId: tokenizer.eosId, suite, rows, data });
    await rehearse({
      rows,
      values: suite.values.map((value) => value.name),
      lattice: simplexLattice(suite.candidates.lattice, suite.values.length),
      budget: suite.budget,
      seed: seeds[0] ?? 0,
      model: given?.model ?? { config, weights: initWeights(config, suite.base.seed), tokenizer },
      data,
      signal: options.signal,
    });
  }
  const counts = countsOf(data, dropped);
  if (suite.data.source === "folder") notices.push(`data: ${countsText(counts)}`);
  const foreign = given?.foreign === true ? modelHash(given.model) : undefined;
  const lock = knownLock(
    {
      suite,
      dataHash: dataContent,
      resume: options.resume,
      reuse: before === undefined ? options.reuse : (before.reuse ?? undefined),
      foreign,
    },
    (line) => notices.push(line),
  );
  const record = before ?? {
    schema: 1 as const,
    started: new Date(options.now()).toISOString(),
    suite,
    suiteArgument: options.suite,
    suiteHash: suiteHash(suite, { lock: lock?.values, base: foreign }),
    dataHash: dataContent,
    dataCounts: counts,
    baseHash: null,
    scorersHash: null,
    lockHash: lock === undefined ? null : lockHash(lock),
    data: options.data ?? null,
    base: options.base ?? null,
    reuse: options.reuse ?? null,
    budgetPer: options.budgetPer ?? null,
    ...(options.probes === undefined || options.probes === 0 ? {} : { probes: options.probes }),
    ...(basePrecision === "float32" ? {} : { basePrecision }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    engine: engine.id,
    threads: options.threads,
    seeds,
    command: [] as string[],
    ...environment(engine),
  };
  const command = commandOf(record);
  const folder = openRunFolder({
    resume: options.resume,
    out: options.out,
    cwd: options.cwd,
    record: { ...record, command },
    now: options.now,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  try {
    options.onFolder(folder.dir);
    for (const line of notices) options.onNotice(line);
    const run = new SuiteRun(suite, folder, options, {
      data,
      tokenizer,
      given: given?.model,
      foreign,
      lock,
      record: { ...record, command, id: folder.id },
    });
    return { folder: folder.dir, summary: await run.execute() };
  } finally {
    folder.close();
  }
}

function withBudgetRule(suite: Suite, per: RunOptions["budgetPer"]): Suite {
  return per === undefined ? suite : { ...suite, budget: { ...suite.budget, per } };
}
