/**
 * Runs of one suite and different seeds, put together as if one run had had all seeds. Only what is of the same bits
 * is put together: suite, data, base, judges and lock.
 */
import { averageInterference } from "../bench/interference.js";
import type { SummaryInput } from "../bench/summarise.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import type { FinishedRun } from "./finished-run.js";

/** @throws InputError with everything that keeps them apart */
export function mergeRuns(runs: readonly FinishedRun[]): FinishedRun {
  const [first, ...others] = runs;
  if (first === undefined) throw new InputError("no run to make a row of");
  if (others.length === 0) return first;
  const reasons = [...others.flatMap((run) => differences(first, run)), ...seedsTwice(runs)];
  if (reasons.length > 0) throw new InputError(`these runs cannot be put together: ${reasons.join("; ")}`);
  const ordered = runs.toSorted((a, b) => firstSeed(a) - firstSeed(b));
  const source = runs.map((run) => run.source).join(", ");
  return { ...first, source, origins: ordered.flatMap(({ origins }) => origins), stored: null, input: merged(ordered) };
}

function firstSeed({ input }: FinishedRun): number {
  return Math.min(...input.tables.seeds);
}

function differences(a: FinishedRun, b: FinishedRun): string[] {
  const named = `${b.source} against ${a.source}`;
  const kinds = [
    ["suite", "another suite hash"],
    ["data", "another data hash"],
    ["base", "another base policy"],
    ["scorers", "other judging scorers"],
    ["lock", "other scales and reference points"],
  ] as const;
  const hashes = kinds.flatMap(([key, text]) => (a.hashes[key] === b.hashes[key] ? [] : [`${named}: ${text}`]));
  if (hashes.length > 0) return hashes;
  const keys = ({ input }: FinishedRun) =>
    (["validation", "test"] as const).flatMap((split) => input.tables.prompts[split].map(({ key }) => key)).join();
  const rows = ({ input }: FinishedRun) => input.rows.map(({ id }) => id).join(", ");
  return [
    ...(keys(a) === keys(b) ? [] : [`${named}: other prompts`]),
    ...(rows(a) === rows(b) ? [] : [`${named}: other methods (${rows(b)})`]),
  ];
}

function seedsTwice(runs: readonly FinishedRun[]): string[] {
  const seeds = runs.flatMap(({ input }) => input.tables.seeds);
  const twice = [...new Set(seeds.filter((seed, at) => seeds.indexOf(seed) !== at))];
  return twice.length === 0 ? [] : [`seed ${twice.join(", ")} is in more than one of them`];
}

function merged(runs: readonly FinishedRun[]): SummaryInput {
  const inputs = runs.map(({ input }) => input);
  const [first] = inputs;
  if (first === undefined) throw new InputError("no run to make a row of");
  const seeds = inputs.flatMap(({ tables }) => tables.seeds).toSorted((a, b) => a - b);
  return {
    ...first,
    run: {
      ...first.run,
      seeds,
      command: [],
      seconds: inputs.reduce((sum, { run }) => sum + run.seconds, 0),
    },
    tables: {
      ...first.tables,
      seeds,
      candidates: inputs.flatMap(({ tables }) => tables.candidates),
      preferences: inputs.flatMap(({ tables }) => tables.preferences),
    },
    ledger: inputs.flatMap(({ ledger }) => ledger),
    uncharged: sums(inputs.flatMap(({ uncharged }) => uncharged)),
    interference: interference(inputs),
    failures: inputs.flatMap(({ failures }) => failures),
  };
}

/** Base and judges are trained by the first job and reused by the others: what was spent is spent once. */
function sums(entries: RunSummary["uncharged"]): RunSummary["uncharged"] {
  const kinds = [...new Set(entries.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const own = entries.filter((entry) => entry.kind === kind);
    return {
      kind,
      flops: own.reduce((sum, { flops }) => sum + flops, 0),
      seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  });
}

/** Means over seeds, each run counting as often as it has seeds. */
function interference(inputs: readonly SummaryInput[]): RunSummary["interference"] {
  const methods = [...new Set(inputs.flatMap((input) => input.interference.map(({ method }) => method)))];
  return methods.map((method) => {
    const found = inputs.flatMap((input) => {
      const own = input.interference.find((entry) => entry.method === method);
      return own === undefined ? [] : input.tables.seeds.map(() => own);
    });
    return { method, ...averageInterference(found) };
  });
}
